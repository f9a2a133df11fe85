"""
Statements about comments and attachments.

A file's content is cut into pieces of a few hundred kilobytes: a download asks for one
after the other and holds one at a time, and no row is as large as to hold up a database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, delete, select

from fettled.core.attachments import Attachment
from fettled.core.tickets import Actor, Entry
from fettled.store.link import Link, Row
from fettled.store.rows import load_entry
from fettled.store.statements import add
from fettled.store.tables import attachment_bytes, attachments, timeline

PIECE = 256 * 1024

_ALL_COMMENTS = (
    select(timeline)
    .where(
        timeline.c.ticket == bindparam("ticket"),
        timeline.c.seq > bindparam("after"),
        timeline.c.event == "comment_added",
    )
    .order_by(timeline.c.seq)
    .limit(bindparam("limit"))
)
#: By whether internal ones are among them.
_COMMENTS = {
    True: _ALL_COMMENTS,
    False: _ALL_COMMENTS.where(timeline.c.data["visibility"].as_string() == "public"),
}
_OF_TICKET = (
    select(attachments)
    .where(attachments.c.ticket == bindparam("ticket"))
    .order_by(attachments.c.id)
)
_ONE = select(attachments).where(
    attachments.c.ticket == bindparam("ticket"), attachments.c.id == bindparam("ident")
)
_PIECE_OF = select(attachment_bytes.c.content).where(
    attachment_bytes.c.attachment == bindparam("ident"),
    attachment_bytes.c.piece == bindparam("piece"),
)
_ADD = add(attachments, "id").returning(attachments.c.id)
_ADD_PIECE = add(attachment_bytes)
_DELETE = delete(attachments).where(attachments.c.id == bindparam("ident"))


def comments(
    link: Link, ticket: int, *, after: int, limit: int, with_internal: bool
) -> list[Entry]:
    """List a ticket's comments, in order."""
    given = {"ticket": ticket, "after": after, "limit": limit}
    return [load_entry(row) for row in link.all(_COMMENTS[with_internal], given)]


def attachments_of(link: Link, ticket: int) -> list[Attachment]:
    """List a ticket's attachments, in order."""
    return [_load(row) for row in link.all(_OF_TICKET, {"ticket": ticket})]


def attachment(link: Link, ticket: int, ident: int) -> Attachment | None:
    """Read what is known of one attachment."""
    row = link.one(_ONE, {"ticket": ticket, "ident": ident})
    return None if row is None else _load(row)


def piece_of(link: Link, ident: int, piece: int) -> bytes | None:
    """Read one piece of a content."""
    row = link.one(_PIECE_OF, {"ident": ident, "piece": piece})
    return None if row is None else bytes(row["content"])


def add_attachment(link: Link, new: Attachment, content: bytes) -> Attachment:
    """Insert an attachment with its content."""
    ident = link.told(_ADD, _dump(new))
    whole = memoryview(content)
    link.many(
        _ADD_PIECE,
        (
            {"attachment": ident, "piece": n, "content": bytes(whole[at : at + PIECE])}
            for n, at in enumerate(range(0, len(whole), PIECE))
        ),
    )
    return replace(new, id=ident)


def delete_attachments(link: Link, idents: Sequence[int]) -> None:
    """Delete attachments; their content goes with them."""
    for ident in idents:
        link.run(_DELETE, {"ident": ident})


def _dump(one: Attachment) -> Row:
    given: dict[str, Any] = {
        name: getattr(one, name) for name in ("ticket", "name", "media_type", "size", "sha256")
    }
    return given | {"by_type": one.by.type, "by_name": one.by.name, "at": one.at}


def _load(row: Row) -> Attachment:
    by = Actor(row.pop("by_type"), row.pop("by_name"))
    return Attachment(**row, by=by)
