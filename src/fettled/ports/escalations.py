"""What the escalation chain needs of the store: which tickets are due, and how far each is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fettled.core.chain import Stage


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a ticket as the outbox has it, without what it carries."""

    position: int
    ticket: int
    event: str
    at: datetime


class EscalationsReader(Protocol):
    """How far chains have come."""

    def told(self, *, after: int, limit: int) -> list[Told]:
        """Events at outbox positions above *after*, in order."""
        ...

    def last_position(self) -> int:
        """The newest position of the outbox; 0 for one that is empty."""
        ...

    def escalations_due(self, at: datetime, *, limit: int) -> list[Stage]:
        """Those due by then, the longest due first."""
        ...

    def escalation(self, ticket: int) -> Stage | None:
        """How far the chain of a ticket has come."""
        ...


class EscalationsUnit(EscalationsReader, Protocol):
    """How far chains have come, to be written."""

    def put_escalation(self, stage: Stage) -> None:
        """Insert it, or overwrite that of its ticket."""
        ...

    def drop_escalation(self, ticket: int) -> None:
        """Forget how far a ticket's chain has come."""
        ...

    def drop_escalations(self) -> None:
        """Forget all of them."""
        ...
