"""What people wrote about a ticket, read without the rest of its timeline."""

from __future__ import annotations

from dataclasses import asdict

from fettled.app.callers import find
from fettled.core.actions import Comment
from fettled.core.errors import NotFoundError
from fettled.core.permissions import Permission, Principal
from fettled.core.tickets import Actor, Entry, Ticket
from fettled.ports import DeskReader, DeskStore

#: A second click comes so soon that its comment stands among the last of these.
_NEAR = 200


class Comments:
    """The comments of tickets; they are made by an action (`app.tickets`)."""

    def __init__(self, store: DeskStore) -> None:
        self._store = store

    async def made(self, after: Ticket, comment: Comment, actor: Actor) -> Entry:
        """
        The entry of *comment*, which *actor* made by an action that left its ticket as *after*.

        That action may have written more than it, or nothing where it was a second click.
        """

        def ask(reader: DeskReader) -> list[Entry]:
            since = max(after.last_seq - _NEAR, 0)
            return reader.comments(after.number, after=since, limit=_NEAR, internal=True)

        told = asdict(comment)
        for entry in reversed(await self._store.read(ask)):
            if entry.seq <= after.last_seq and entry.actor == actor and entry.data == told:
                return entry
        msg = "there is no such comment"  # its ticket was deleted since
        raise NotFoundError(msg)

    # Last, as it hides the builtin for what follows it in the class.
    async def list(self, ref: str, who: Principal, after: int, limit: int) -> list[Entry]:
        """Those with sequence numbers above *after*, in order; internal ones by permission."""
        internal = Permission.TICKET_COMMENT_INTERNAL in who.permissions

        def ask(reader: DeskReader) -> list[Entry]:
            number = find(reader, ref, who).number
            return reader.comments(number, after=after, limit=limit, internal=internal)

        return await self._store.read(ask)
