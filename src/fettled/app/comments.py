"""What people wrote about a ticket, read without the rest of its timeline."""

from __future__ import annotations

from fettled.app.seen import seen
from fettled.core.errors import NotFoundError
from fettled.core.permissions import Permission, Principal
from fettled.core.tickets import Entry, Ticket
from fettled.ports import DeskReader, DeskStore

#: One action writes no more entries than this at once.
_AT_ONCE = 8


class Comments:
    """The comments of tickets; they are made by an action (`app.tickets`)."""

    def __init__(self, store: DeskStore) -> None:
        self._store = store

    async def ticket(self, ref: str, who: Principal) -> Ticket:
        """A ticket that *who* may see; NotFoundError for any other."""
        return await self._store.read(lambda r: seen(r, ref, who))

    async def newest(self, after: Ticket) -> Entry:
        """The comment that the action wrote which left its ticket as *after*."""

        def ask(reader: DeskReader) -> list[Entry]:
            since = max(after.last_seq - _AT_ONCE, 0)
            return reader.comments(after.number, after=since, limit=_AT_ONCE, internal=True)

        found = [each for each in await self._store.read(ask) if each.seq <= after.last_seq]
        if not found:
            msg = "there is no such ticket"  # deleted since
            raise NotFoundError(msg)
        return found[-1]

    # Last, as it hides the builtin for what follows it in the class.
    async def list(self, ref: str, who: Principal, after: int, limit: int) -> list[Entry]:
        """Those with sequence numbers above *after*, in order; internal ones by permission."""
        internal = Permission.TICKET_COMMENT_INTERNAL in who.permissions

        def ask(reader: DeskReader) -> list[Entry]:
            number = seen(reader, ref, who).number
            return reader.comments(number, after=after, limit=limit, internal=internal)

        return await self._store.read(ask)
