"""What the store remembers, beside conditions, tickets and spans: values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fettled.core.words import Gate, SubjectType


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
    """
    A bearer token, without its secret: *digest* is the SHA-256 of it, in hex.

    Attributes:
        scope: permissions beyond which it does not go; None: all of its role's.
    """

    id: str
    digest: str
    user: str
    role: str | None
    created_at: datetime
    expires_at: datetime | None = None
    scope: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, where not every ticket may be seen: those of theirs are."""

    name: str
    teams: frozenset[str] = frozenset()
    shifts: frozenset[str] = frozenset()


#: What the number of tickets is kept by.
COUNTED = ("status", "priority", "kind", "source")


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """
    Which tickets to list: one of the values of every field that is set.

    Attributes:
        viewer: None for one who may see every ticket.
        member: subjects on its checklist.
        level: P1 to P5; a ticket without one goes by its priority.
        filed_for: teams that it was filed for, whoever has it since.
        link: what it is linked to: (type, name).
        label: `key=value`; of several with one key any will do, and every key must.
        opened_from, opened_until: of `created_at`, the end excluded; the others likewise.
        sla: how much time its running clocks have left: green, orange or red.
        overdue: whether one of them has run out.
        q: words that all occur, the last one perhaps with more letters behind.
    """

    viewer: Viewer | None = None
    status: frozenset[str] = frozenset()
    priority: frozenset[str] = frozenset()
    kind: frozenset[str] = frozenset()
    source: frozenset[str] = frozenset()
    subject: frozenset[str] = frozenset()
    member: frozenset[str] = frozenset()
    level: frozenset[str] = frozenset()
    team: frozenset[str] = frozenset()
    assignee: frozenset[str] = frozenset()
    reporter: frozenset[str] = frozenset()
    shift: frozenset[str] = frozenset()
    application: frozenset[str] = frozenset()
    region: frozenset[str] = frozenset()
    project: frozenset[str] = frozenset()
    category: frozenset[str] = frozenset()
    severity: frozenset[str] = frozenset()
    impact: frozenset[str] = frozenset()
    escalation_level: frozenset[int] = frozenset()
    sla: frozenset[str] = frozenset()
    overdue: bool | None = None
    label: frozenset[str] = frozenset()
    opened_from: datetime | None = None
    opened_until: datetime | None = None
    resolved_from: datetime | None = None
    resolved_until: datetime | None = None
    updated_since: datetime | None = None
    q: str | None = None
    filed_for: frozenset[str] = frozenset()
    deduplication_key: frozenset[str] = frozenset()
    link: frozenset[tuple[str, str]] = frozenset()

    @property
    def is_counted(self) -> bool:
        """Whether it asks for nothing but what the number of tickets is kept by."""
        kept = {name: getattr(self, name) for name in COUNTED}
        return self == TicketFilter(**kept)


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
class Gating:
    """
    A stretch of time in which a gate held a check that was down; history, for the account.

    Attributes:
        since, until: wall time; until None while it holds.
    """

    check: str
    gate: Gate
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """
    An input other than an observation, as it was logged: what makes a replay exact.

    It is a row of the audit log too; see `fettled.core.audit`.

    Attributes:
        actor: the person's or token's name, else the type.
        actor_type: as `Actor.type`.
        about: what it is about, such as `ticket:42`; empty: the daemon.
        hash: of this row onto the one before it; empty where nothing is chained.
    """

    position: int
    kind: str
    at: datetime
    actor: str
    data: dict[str, Any]
    actor_type: str = ""
    about: str = ""
    hash: str = ""
