"""Statements about the links in notifications: their key, and which of them were used."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, select

from fettled.store.link import Link
from fettled.store.statements import add
from fettled.store.tables import secrets, used_links

_SECRET = select(secrets.c.value).where(secrets.c.name == bindparam("name"))
_KEEP = add(secrets).on_conflict_do_nothing(index_elements=["name"])
_USED = select(used_links.c.used_at).where(used_links.c.id == bindparam("id"))
_USE = add(used_links).on_conflict_do_nothing(index_elements=["id"])
_FORGET = delete(used_links).where(
    used_links.c.id.in_(
        select(used_links.c.id)
        .where(used_links.c.expires_at < bindparam("before"))
        .limit(bindparam("limit"))
    )
)


def secret(link: Link, name: str) -> str | None:
    """Read a secret."""
    row = link.one(_SECRET, {"name": name})
    return None if row is None else str(row["value"])


def put_secret(link: Link, name: str, value: str, at: datetime) -> None:
    """Insert a secret that is not there yet."""
    link.run(_KEEP, {"name": name, "value": value, "created_at": at})


def used_at(link: Link, ident: str) -> datetime | None:
    """Read when a link was used."""
    row = link.one(_USED, {"id": ident})
    return None if row is None else row["used_at"]


def use(link: Link, ident: str, at: datetime, expires_at: datetime) -> bool:
    """Insert a link that is not there yet."""
    row = {"id": ident, "used_at": at, "expires_at": expires_at}
    return bool(link.run(_USE, row).rowcount)


def forget(link: Link, before: datetime, *, limit: int) -> int:
    """Delete those that expired before."""
    return int(link.run(_FORGET, {"before": before, "limit": limit}).rowcount)
