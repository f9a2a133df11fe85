"""
What the use cases need of the world, as protocols.

Adapters in `probes`, `store`, `telemetry` and `clock` fit these; the suites in
`tests/contracts` hold probes and stores to what is promised here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from fettled.core.condition import Condition
from fettled.core.observations import Observation, Outcome
from fettled.core.policy import Policy
from fettled.core.spans import Span
from fettled.core.tickets import Change, Entry, Ticket
from fettled.core.words import Phase, SubjectType

T = TypeVar("T")

#: Looks once at its target. Bounded from outside by one deadline; cancels cleanly.
Probe = Callable[[], Awaitable[Outcome]]


class Clock(Protocol):
    """
    The three readings of time; `fettled.clock` is the only reader of the system's.

    `now` is anchored to UTC at the start and driven by CLOCK_BOOTTIME: it counts
    suspends and never goes back. Everything observed is timed by it. `wall` is the
    system's idea of UTC, which may jump; tickets, reopen windows and silences use it.
    """

    def now(self) -> datetime:
        """The daemon's own time, aware, UTC, never going back."""
        ...

    def wall(self) -> datetime:
        """Wall time, aware, UTC."""
        ...


@dataclass(frozen=True, slots=True)
class SubjectSpec:
    """What a ticket can be about, as configured."""

    key: str
    name: str
    type: SubjectType
    parent: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    team: str | None = None
    #: The key it had before it was renamed; its state is carried over.
    formerly: str | None = None


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """
    One scheduled probe of a subject, as configured.

    Attributes:
        key: `subject/name`.
        probe: None for passive checks, whose evidence is pushed to us.
        host: what the in-flight cap per host counts by; empty for none.
        formerly: the whole key it had before a rename; its state is carried over.
        fingerprint: changes when a reload must replace the probe.
        keep_on_removal: `on_remove: keep`, else its untouched ticket is resolved.
    """

    key: str
    subject: str
    name: str
    type: str
    primary: bool
    interval: timedelta
    timeout: timedelta
    retry_interval: timedelta
    policy: Policy
    probe: Probe | None
    host: str = ""
    formerly: str | None = None
    keep_on_removal: bool = False
    fingerprint: str = ""
    heartbeat: HeartbeatSpec | None = None


@dataclass(frozen=True, slots=True)
class HeartbeatSpec:
    """A device or job that must report every *period*."""

    period: timedelta
    grace: timedelta
    misses: int = 2
    resolve_beats: int = 1


@dataclass(frozen=True, slots=True)
class Fleet:
    """Everything that is watched, as one value that a reload swaps."""

    subjects: dict[str, SubjectSpec]
    checks: dict[str, CheckSpec]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """
    What is remembered of a passive check.

    Attributes:
        last_seen: the last beat; None: never heard of.
        listened: how long was listened since then, in this and all earlier processes.
        counted: how long this process had been listening when *listened* was right; what
            it listened later comes on top. Not stored: a new process begins at nothing.
    """

    check: str
    last_seen: datetime | None
    listened: timedelta = timedelta()
    counted: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class KnownCheck:
    """What the store knows of a check's configuration: what counts once it is gone."""

    key: str
    type: str
    keep_on_removal: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject as the store knows it: with its number, also after its removal."""

    id: int
    key: str
    name: str
    type: SubjectType
    parent: str | None
    labels: dict[str, str]
    team: str | None
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, without its secret: *digest* is the SHA-256 of it, in hex."""

    id: str
    digest: str
    user: str
    role: str | None
    created_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets to list; every field that is set must match."""

    status: frozenset[str] = frozenset()
    priority: frozenset[str] = frozenset()
    kind: frozenset[str] = frozenset()
    source: frozenset[str] = frozenset()
    subject: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """
    A fact that the world is to be told, written in the transaction of the change.

    Attributes:
        id: the same on every try and after every restart.
        position: the store's own running number.
        ticket: the ticket as it was after the change, in the API's shape of fields.
    """

    id: str
    position: int
    event: str
    at: datetime
    number: int
    seq: int
    ticket: dict[str, Any]
    actor: dict[str, Any]
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Input:
    """An input other than an observation, as it was logged: what makes a replay exact."""

    position: int
    kind: str
    at: datetime
    actor: str
    data: dict[str, Any]


class Reader(Protocol):
    """What can be asked of the store; each call is one statement."""

    def condition(self, check: str) -> Condition | None: ...
    def conditions(self) -> list[Condition]: ...
    def ticket(self, number: int) -> Ticket | None: ...
    def last_ticket(self, check: str) -> Ticket | None:
        """The condition's open ticket, else the one resolved last."""
        ...

    def last_tickets(self) -> dict[str, Ticket]:
        """`last_ticket` of every condition that has one, by check."""
        ...

    def tickets(self, which: TicketFilter, *, before: int | None, limit: int) -> list[Ticket]:
        """Newest first, with numbers below *before*."""
        ...

    def open_tickets(self) -> list[Ticket]: ...
    def ticket_counts(self) -> dict[tuple[str, str, str, str], int]:
        """How many by (status, priority, kind, source)."""
        ...

    def timeline(self, number: int, *, after: int, limit: int) -> list[Entry]:
        """Entries with a sequence number above *after*, in order."""
        ...

    def spans(self, check: str, *, since: datetime) -> list[Span]: ...
    def subjects(self) -> list[Subject]: ...
    def heartbeats(self) -> dict[str, Heartbeat]: ...
    def checks(self) -> dict[str, KnownCheck]:
        """Those of the configuration that was adopted last, by key."""
        ...

    def inputs(self, *, after: int, limit: int) -> list[Input]:
        """The log of other inputs from *after* on, in its order."""
        ...

    def token(self, token_id: str) -> Token | None: ...
    def token_count(self) -> int: ...
    def outbox(self, *, after: int, limit: int) -> list[OutboxEvent]: ...


class UnitOfWork(Reader, Protocol):
    """
    A unit of the writer: reads that decide, and writes that commit together.

    Runs on the writer's thread, may be run again from its start, and must not wait
    for anything but the store. On PostgreSQL its single-row reads lock the row.
    """

    def put_condition(self, condition: Condition) -> None: ...
    def apply(self, change: Change) -> Change:
        """
        Insert or update the ticket, append its entries, and write its outbox rows.

        Returns:
            The change with the ticket's number, version and sequence numbers.

        Raises:
            ConflictError: another ticket with the same open_key is open.
        """
        ...

    def put_spans(self, spans: Iterable[Span]) -> None:
        """Insert, or lengthen where (check, order) is there already."""
        ...

    def put_heartbeats(self, beats: Iterable[Heartbeat]) -> None: ...
    def log_input(self, kind: str, at: datetime, actor: str, data: dict[str, Any]) -> None:
        """Record an input other than an observation: a person's action, a reload, a start."""
        ...

    def sync_subjects(self, specs: Sequence[SubjectSpec], at: datetime) -> None:
        """Number the new, update the changed, mark the removed."""
        ...

    def rename_subject(self, old: str, new: str) -> None:
        """
        Carry number and tickets of *old* over to *new*.

        A removed subject that went by *new* loses its number to it.
        """
        ...

    def put_checks(self, checks: Iterable[KnownCheck]) -> None: ...
    def rename_check(self, old: str, new: str) -> None:
        """
        Carry condition, tickets, spans and heartbeat of *old* over to *new*.

        What a removed check left at *new* gives way: its history is forgotten, its
        tickets belong to no check any more.
        """
        ...

    def delete_check(self, check: str) -> None:
        """Forget what is believed and known of a check; its tickets and spans stay."""
        ...

    def add_token(self, token: Token) -> None: ...
    def next_incarnation(self) -> int:
        """Count this start of the daemon."""
        ...

    def forget(self, *, spans_before: datetime, outbox_before: datetime, limit: int) -> int:
        """Delete at most *limit* rows of each kind that ended before; how many were."""
        ...


class Store(Protocol):
    """The SQL store behind one writer thread and a few reader threads."""

    async def write(self, unit: Callable[[UnitOfWork], T]) -> T:
        """
        Run *unit* in the writer's next transaction; answer after COMMIT.

        Raises:
            StoreDownError: nothing of the unit was kept.
            StoreUnsureError: it may have been kept; it is a StoreDownError too.
        """
        ...

    async def read(self, ask: Callable[[Reader], T]) -> T:
        """Run *ask* on a reader's thread."""
        ...

    @property
    def last_commit(self) -> float:
        """When the writer last proved to be alive, in `time.monotonic` seconds."""
        ...


class EventSink(Protocol):
    """Who wants to know, after the commit: logs, metrics, the live table."""

    def observed(self, seen: Observation, phase: Phase) -> None: ...
    def phase_changed(self, before: Condition, after: Condition) -> None: ...
    def gated(self, condition: Condition) -> None: ...
    def changed(self, change: Change) -> None: ...
    def faulted(self, where: str, error: BaseException) -> None:
        """Something of our own went wrong and was survived."""
        ...
