"""What the web needs of receivers; see `fettled.web.keys`."""

from __future__ import annotations

from typing import Protocol

from fettled.app.receivers import Letters, ReceiverView, Tested
from fettled.core.tickets import Actor
from fettled.ports import TicketAction


class Receivers(Protocol):
    """Who is told; NotFoundError for a name that is not configured."""

    async def get(self, name: str) -> ReceiverView:
        """Show one."""
        ...

    def held(self, action: TicketAction) -> TicketAction:
        """Say of a delivery until when it is held."""
        ...

    async def test(self, name: str, by: Actor) -> Tested:
        """Send a sample; ConflictError while one is on its way."""
        ...

    async def enable(self, name: str, by: Actor) -> ReceiverView:
        """Tell one again."""
        ...

    async def letters(
        self, receiver: str | None, ticket: int | None, before: int | None, limit: int
    ) -> Letters:
        """Dead letters, the newest first, with numbers below *before*."""
        ...

    async def resend(self, number: int, by: Actor) -> None:
        """Send one again; ConflictError where its receiver is told nothing."""
        ...

    async def resend_all(self, name: str, by: Actor) -> int:
        """Send all of a receiver again; how many."""
        ...

    # Last, as it hides the builtin for what follows it in the class.
    async def list(self, after: str, limit: int) -> list[ReceiverView]:
        """Those whose names come after *after*, by name."""
        ...
