"""Statements about the care of tokens: listing and revoking; the rest is `sql_fleet`'s."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from fettled.ports import Token
from fettled.store.link import Link
from fettled.store.rows import load_token
from fettled.store.tables import tokens

_LIST = (
    select(tokens)
    .where(tokens.c.id > bindparam("after"))
    .order_by(tokens.c.id)
    .limit(bindparam("limit"))
)
_REVOKE = delete(tokens).where(tokens.c.id == bindparam("id"))


def listed(link: Link, *, after: str, limit: int) -> list[Token]:
    """List tokens by id."""
    return [load_token(row) for row in link.all(_LIST, {"after": after, "limit": limit})]


def revoke(link: Link, token_id: str) -> bool:
    """Delete one; whether there was one."""
    return int(link.run(_REVOKE, {"id": token_id}).rowcount) > 0
