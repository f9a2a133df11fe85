"""What the wording of a notification needs of the store beyond the ticket itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from fettled.core.tickets import SYSTEM, Actor
from fettled.core.whose import Whose


@dataclass(frozen=True, slots=True)
class Turn:
    """
    That a ticket was opened, reopened or resolved.

    Attributes:
        event: as on the timeline, with its *data*.
        actor: who did it.
        whose: the ticket is, as of now.
    """

    ticket: int
    event: str
    at: datetime
    data: dict[str, Any] = field(default_factory=dict)
    actor: Actor = SYSTEM
    whose: Whose = field(default_factory=Whose)


class NoticesReader(Protocol):
    """How a fault came and went before."""

    def turns(self, check: str, *, tickets: int, limit: int) -> list[Turn]:
        """The turns of the newest tickets of a check, the newest turn first."""
        ...

    def turns_alike(self, subject: str, kind: str, *, tickets: int, limit: int) -> list[Turn]:
        """The same of the newest tickets about a subject, of one kind."""
        ...
