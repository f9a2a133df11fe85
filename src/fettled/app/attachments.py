"""
What people do with files on tickets: list, fetch, add and remove them.

Whether the ticket may be seen and still takes files is judged in the unit that writes,
so that of two who send the eleventh file one is refused. A file that is there already
under its name is not kept twice: a lost answer may be asked for again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any

from fettled.app.callers import find
from fettled.app.committing import Committing
from fettled.app.memory import Memory
from fettled.core.attachments import MOST_FILES, Attachment, judge, may_attach, may_remove
from fettled.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fettled.core.lifecycle import note, refuse_closed, then
from fettled.core.permissions import Principal
from fettled.core.tickets import Change, Ticket
from fettled.ports import Clock, DeskReader, DeskStore, DeskUnit, EventSink

# Named here, since the method `list` hides the type below itself.
Attachments = list[Attachment]


@dataclass(frozen=True, slots=True)
class Judged:
    """A file that may be attached: its cleaned name, and what its content was found to be."""

    name: str
    media_type: str
    sha256: str
    content: bytes


def judge_all(files: Sequence[tuple[str, bytes]]) -> list[Judged]:
    """
    Judge files by name and content; takes a while, so not on the loop.

    Raises:
        InvalidError: one of them cannot be attached; its text names the file.
    """
    found: list[Judged] = []
    for given, content in files:
        try:
            name, media_type = judge(given, content)
        except InvalidError as error:
            if len(files) == 1:
                raise
            msg = f"number {len(found) + 1} of {len(files)}: {error}"
            raise InvalidError(msg, error.field) from None
        found.append(Judged(name, media_type, sha256(content).hexdigest(), content))
    return found


class AttachmentDesk:
    """The desk at which files are handed in and out."""

    def __init__(self, store: DeskStore, clock: Clock, memory: Memory, sink: EventSink) -> None:
        self._store = store
        self._clock = clock
        self._committing = Committing(store, memory, sink)

    async def list(self, ref: str, who: Principal) -> Attachments:
        """A ticket's attachments, in the order in which they came."""
        return await self._store.read(lambda r: r.attachments(find(r, ref, who).number))

    async def get(self, ref: str, who: Principal, ident: int) -> Attachment:
        """One of them; NotFoundError where there is none."""
        return await self._store.read(lambda r: one_of(r, find(r, ref, who), ident))

    async def piece(self, ident: int, piece: int) -> bytes | None:
        """A piece of a content, from 0; None behind the last one."""
        return await self._store.read(lambda r: r.attachment_piece(ident, piece))

    async def expect(self, ref: str, who: Principal) -> None:
        """
        Refuse, before anything is sent, what would be refused afterwards anyway.

        Raises:
            NotFoundError, ForbiddenError, ConflictError: see `add`.
        """
        await self._store.read(lambda r: _receiving(r, ref, who))

    async def add(
        self, ref: str, who: Principal, files: Sequence[tuple[str, bytes]]
    ) -> Attachments:
        """
        Attach *files*, all of them or none; each a name and its content.

        Returns:
            The attachments in the order of *files*, those that were there before among them.

        Raises:
            InvalidError: a file is nothing that can be attached.
            NotFoundError: there is no ticket that *who* may see.
            ForbiddenError: *who* may not attach to it.
            ConflictError: it is closed, or has as many as it may.
            StoreDownError: nothing was done.
            StoreUnsureError: it may have been done.
        """
        judged = await asyncio.to_thread(judge_all, files)
        unit = partial(attach, ref=ref, who=who, files=judged, wall=self._clock.wall)
        return await self._committing.commit(unit)

    async def remove(self, ref: str, who: Principal, ident: int) -> None:
        """
        Remove an attachment and its content; the timeline keeps that it was there.

        Raises:
            NotFoundError: there is no such ticket or attachment.
            ForbiddenError: it is not one's own, or was attached too long ago.
            ConflictError: the ticket is closed.
            StoreDownError, StoreUnsureError: see `add`.
        """
        unit = partial(detach, ref=ref, who=who, ident=ident, wall=self._clock.wall)
        await self._committing.commit(unit)


def attach(
    uow: DeskUnit,
    *,
    ref: str,
    who: Principal,
    files: Sequence[Judged],
    wall: Callable[[], datetime],
) -> tuple[Attachments, Change | None]:
    """Attach *files* in a unit; see `AttachmentDesk.add` for what it raises."""
    ticket, at = _receiving(uow, ref, who), wall()
    kept = {(one.sha256, one.name): one for one in uow.attachments(ticket.number)}
    fresh = {(file.sha256, file.name): file for file in files}.keys() - kept.keys()
    if len(kept) + len(fresh) > MOST_FILES:
        msg = f"#{ticket.number} has {len(kept)} attachments; at most {MOST_FILES} are possible"
        raise ConflictError(msg, "file")
    change: Change | None = None
    for file in files:
        key = (file.sha256, file.name)
        if key in kept:
            continue
        new = Attachment(
            ticket=ticket.number,
            name=file.name,
            media_type=file.media_type,
            size=len(file.content),
            sha256=file.sha256,
            by=who.actor,
            at=at,
        )
        kept[key] = uow.add_attachment(new, file.content)
        before = replace(ticket if change is None else change.ticket, touched=True)
        told = _told(kept[key]) | {"size": new.size, "media_type": new.media_type}
        change = then(change, note(before, "attachment_added", at, who.actor, told))
        said = {"ticket": ticket.number, "sha256": new.sha256, **told}
        uow.log_input("ticket.attachment_added", at, who.actor, said)
    applied = None if change is None else uow.apply(change)
    return [kept[file.sha256, file.name] for file in files], applied


def detach(
    uow: DeskUnit, *, ref: str, who: Principal, ident: int, wall: Callable[[], datetime]
) -> tuple[Attachment, Change]:
    """Remove an attachment in a unit; see `AttachmentDesk.remove` for what it raises."""
    ticket, at = find(uow, ref, who), wall()
    one = one_of(uow, ticket, ident)
    if not may_remove(who, ticket, one, at):
        msg = (
            "removing an attachment needs the permission ticket.delete, "
            "or that you attached it yourself within the last hour"
        )
        raise ForbiddenError(msg)
    refuse_closed(ticket)
    uow.delete_attachments([one.id])
    touched = replace(ticket, touched=True)
    change = note(touched, "attachment_removed", at, who.actor, _told(one))
    said = {"ticket": ticket.number, "sha256": one.sha256, **_told(one)}
    uow.log_input("ticket.attachment_removed", at, who.actor, said)
    return one, uow.apply(change)


def one_of(reader: DeskReader, ticket: Ticket, ident: int) -> Attachment:
    """
    An attachment of *ticket*.

    Raises:
        NotFoundError: it has none with that id.
    """
    found = reader.attachment(ticket.number, ident)
    if found is None:
        msg = "there is no such attachment"
        raise NotFoundError(msg)
    return found


def _receiving(reader: DeskReader, ref: str, who: Principal) -> Ticket:
    ticket = find(reader, ref, who)
    if not may_attach(who, ticket):
        msg = "attaching files needs the permission ticket.update, or that you reported the ticket"
        raise ForbiddenError(msg)
    refuse_closed(ticket)
    return ticket


def _told(one: Attachment) -> dict[str, Any]:
    return {"id": one.id, "name": one.name}
