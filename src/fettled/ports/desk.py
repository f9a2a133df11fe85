"""
What people's work needs of the store beyond what the engine does.

Each feature declares what it reads and writes in a protocol of its own, beside this file
or in it; here they come together. The simulation's ledger has only the engine's ports.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from fettled.core.holds import HeldBy
from fettled.ports.alarms import AlarmsReader, AlarmsUnit
from fettled.ports.audit import AuditReader
from fettled.ports.catalogue import CatalogueReader, CatalogueUnit
from fettled.ports.deliveries import DeliveriesReader, DeliveriesUnit
from fettled.ports.escalations import EscalationsReader, EscalationsUnit
from fettled.ports.feed import FeedReader
from fettled.ports.files import FilesReader, FilesUnit
from fettled.ports.notices import NoticesReader
from fettled.ports.once import OnceReader, OnceUnit
from fettled.ports.people import PeopleReader, PeopleUnit
from fettled.ports.retention import RetentionUnit
from fettled.ports.search import SearchReader
from fettled.ports.signed_links import SignedLinksReader, SignedLinksUnit
from fettled.ports.sla import SlaReader, SlaUnit
from fettled.ports.store import Reader, UnitOfWork
from fettled.ports.tokens import TokensReader, TokensUnit
from fettled.ports.workflows import WorkflowsReader, WorkflowsUnit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TicketAction:
    """
    Something done for a ticket: a delivery, an escalation, an automation.

    Attributes:
        number: given by the store; 0 before that.
        type: `escalation`, `delivery`, or what a caller calls it.
        target: whom or what it is for.
        outcome: `pending`, `sending`, `done`, `failed`, `cancelled`, `not_configured`.
        at, done_at: wall time; when it came to be, and when it ended.
        data: what else there is to tell, as JSON values.
        event, seq: that a delivery tells of, and its place in the timeline.
        due_at: when it is tried next; None: it is being tried, waits for its turn, or ended.
        calm: of a delivery that is owed, as `fettled.core.pacing` counts.
        held_by: why it is not tried before that; None: nothing but the time holds it.
        behind: the event of the same ticket that its receiver is to be told first.
    """

    ticket: int
    type: str
    target: str
    at: datetime
    outcome: str = "pending"
    tries: int = 0
    done_at: datetime | None = None
    data: dict[str, Any] = field(default_factory=dict)
    number: int = 0
    uuid: str = ""
    event: str | None = None
    seq: int | None = None
    due_at: datetime | None = None
    calm: int | None = None
    held_by: HeldBy | None = None
    behind: str | None = None


class ActionsReader(Protocol):
    """Actions of tickets."""

    def actions(self, ticket: int, *, after: int, limit: int) -> list[TicketAction]:
        """Those numbered above *after*, in order."""
        ...


class ActionsUnit(ActionsReader, Protocol):
    """Actions of tickets, to be written."""

    def put_action(self, action: TicketAction) -> TicketAction:
        """Insert it (number 0), or overwrite the one of its number; with number and uuid."""
        ...


class DeskReader(
    Reader,
    ActionsReader,
    SlaReader,
    CatalogueReader,
    PeopleReader,
    EscalationsReader,
    FilesReader,
    AuditReader,
    TokensReader,
    OnceReader,
    FeedReader,
    SearchReader,
    DeliveriesReader,
    AlarmsReader,
    WorkflowsReader,
    NoticesReader,
    SignedLinksReader,
    Protocol,
):
    """Everything that can be asked of the store."""

    def ticket_of_uuid(self, uuid: str) -> int | None:
        """The number of the ticket with that uuid."""
        ...

    def holds_over(self, at: datetime, limit: int) -> list[int]:
        """Numbers of pending tickets whose hold ended at *at* or before, the oldest first."""
        ...

    def snoozes_over(self, at: datetime, limit: int) -> list[int]:
        """Numbers of tickets whose snooze ended at *at* or before, the oldest first."""
        ...

    def resolved_before(self, at: datetime, limit: int) -> list[int]:
        """Numbers of resolved, not closed, tickets; the oldest resolution first."""
        ...


class DeskUnit(
    UnitOfWork,
    DeskReader,
    ActionsUnit,
    SlaUnit,
    CatalogueUnit,
    PeopleUnit,
    EscalationsUnit,
    FilesUnit,
    RetentionUnit,
    TokensUnit,
    OnceUnit,
    DeliveriesUnit,
    AlarmsUnit,
    WorkflowsUnit,
    SignedLinksUnit,
    Protocol,
):
    """A unit of the writer that may do everything; see `UnitOfWork`."""

    def delete_ticket(self, number: int) -> None:
        """Delete a ticket and all that hangs from it; its number is never given again."""
        ...


class DeskStore(Protocol):
    """The whole store; see `Store`."""

    async def write(self, unit: Callable[[DeskUnit], T]) -> T: ...
    async def read(self, ask: Callable[[DeskReader], T]) -> T: ...
