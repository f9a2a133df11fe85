"""
The ticket as a value, its timeline entries, and a change of both.

A change is what a decision returns and what the store commits whole: the ticket as
it is after, and the entries that tell how it came to be so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fettled.core.condition import Condition
from fettled.core.sla_values import UNTOUCHED, Clocks
from fettled.core.words import Code, MemberState, Priority, Source, Status


@dataclass(frozen=True, slots=True)
class Actor:
    """
    Who did it.

    Attributes:
        type: health_monitor, user, token, system or workflow.
        name: the person's or token's name; None for the machine's own parts.
    """

    type: str
    name: str | None = None

    @property
    def is_person(self) -> bool:
        """Whether this counts as a person's touch."""
        return self.type in {"user", "token"}


#: The type of an actor that is a workflow, ours or another engine's: it triggers none.
WORKFLOW = "workflow"
MONITOR = Actor("health_monitor")
SYSTEM = Actor("system")

#: Fields of a ticket that sort it, plain values all: as they are given they are kept and shown.
SORTED_BY = (
    "severity",
    "impact",
    "urgency",
    "category",
    "ownership",
    "region",
    "project",
    "application",
    "service_interrupted",
)
OPEN_STATUSES = frozenset({Status.OPEN, Status.ASSIGNED, Status.IN_PROGRESS, Status.PENDING})
OVER_STATUSES = frozenset({Status.RESOLVED, Status.CLOSED})


@dataclass(frozen=True, slots=True)
class Resolution:
    """How, by whom and when a ticket was resolved, and how long that is to be accepted."""

    code: Code
    at: datetime
    by: Actor
    summary: str = ""
    duplicate_of: int | None = None
    #: Until when `wont_fix` or `workaround` keeps the monitor quiet; None: for good.
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """
    One line of a ticket's checklist: a check whose outage the ticket stands for.

    Attributes:
        joined_at, recovered_at: wall time.
        ticket: its own ticket, merged into this one or kept beside it; None without one.
    """

    check: str
    subject: str
    joined_at: datetime
    state: MemberState = MemberState.DOWN
    recovered_at: datetime | None = None
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class Snooze:
    """How long a ticket's notifications are quiet: until a time, or until it changes."""

    until: datetime | None = None
    on_change: bool = False


@dataclass(frozen=True, slots=True)
class Escalation:
    """The last escalation of a ticket, so that a second click is told from a second step."""

    mode: str
    to: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """
    The people's record of an incident. Times are wall time, aware, UTC.

    Attributes:
        number: `#42`, given by the store and never reused; 0 before that.
        check: the condition it is about, `subject/check`; None for people's tickets.
        open_key: what may be open only once; None when resolved or closed.
        deduplication_key: what a caller knows it by; of one key at most one is open.
        priority_by_person: a person set it, so the monitor does not touch it.
        occurred_at, recovered_at: the first failure; the first success after it.
        status_before: what a reopening goes back to.
        touched: a person commented, assigned, started, linked, attached or edited.
        kept_open: a person reopened it while its subject was healthy.
        unstable_since: when the reopen budget was used up.
        relapses: when it was reopened by the monitor because the fault came back.
        generation: of the SLA clocks; 1 for the first.
        member_count, done_count: of its checklist; done are those that are not down.
        level: P1 to P5, where a person gave it; else it goes by the priority.
        service_interrupted: None: nobody said.
        filed_for: the team that it was filed for, whoever has it since.
        shift: the on-call schedule that owns it, instead of a person.
        supplier: outside the house, to whom it was escalated.
        hold_until, hold_reason: of a ticket that is pending.
        responded_at: when it was first started; taken back by `move_to_open`.
        sla: its clocks, as they were when it was written last.
        version: counts changes, for optimistic locking.
        last_seq: of its timeline.
    """

    title: str
    kind: str
    source: Source
    priority: Priority
    created_at: datetime
    updated_at: datetime
    number: int = 0
    uuid: str = ""
    status: Status = Status.OPEN
    description: str = ""
    subject: str | None = None
    check: str | None = None
    open_key: str | None = None
    deduplication_key: str | None = None
    priority_by_person: bool = False
    assignee: str | None = None
    team: str | None = None
    reporter: str | None = None
    occurred_at: datetime | None = None
    recovered_at: datetime | None = None
    status_before: Status | None = None
    resolution: Resolution | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    touched: bool = False
    kept_open: bool = False
    unstable_since: datetime | None = None
    relapses: tuple[datetime, ...] = ()
    reopen_count: int = 0
    flap_count: int = 0
    escalation_level: int = 0
    generation: int = 1
    previous: int | None = None
    merged_into: int | None = None
    labels: dict[str, str] = field(default_factory=dict)
    member_count: int = 0
    done_count: int = 0
    level: str | None = None
    severity: str | None = None
    impact: str | None = None
    urgency: str | None = None
    category: str | None = None
    ownership: str | None = None
    region: str | None = None
    project: str | None = None
    application: str | None = None
    service_interrupted: bool | None = None
    filed_for: str | None = None
    shift: str | None = None
    supplier: str | None = None
    hold_until: datetime | None = None
    hold_reason: str | None = None
    snooze: Snooze | None = None
    responded_at: datetime | None = None
    escalated: Escalation | None = None
    sla: Clocks = UNTOUCHED
    version: int = 1
    last_seq: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it is neither resolved nor closed."""
        return self.status in OPEN_STATUSES

    @property
    def reference(self) -> str:
        """`INC-YYYYMMDD-000042`, from the day it was created (UTC) and its number."""
        return f"INC-{self.created_at:%Y%m%d}-{self.number:06d}"


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One line of a ticket's timeline.

    Attributes:
        seq: given by the store, from 1, without holes; 0 before that.
        triggers: whether it is also an event that receivers are told of.
    """

    event: str
    at: datetime
    actor: Actor
    data: dict[str, Any] = field(default_factory=dict)
    triggers: bool = True
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Membership:
    """A check's line on the checklist of an open ticket, which stands for its outage."""

    ticket: Ticket
    member: Member


@dataclass(frozen=True, slots=True)
class Change:
    """
    A ticket as it is to be after, with the entries that say why; committed whole.

    Attributes:
        members: lines of its checklist that are new or changed.
        merged: open tickets that it takes in: they are resolved, with a link to it.
        beliefs: conditions of groups that change with it.
    """

    ticket: Ticket
    entries: tuple[Entry, ...]
    members: tuple[Member, ...] = ()
    merged: tuple[Ticket, ...] = ()
    beliefs: tuple[Condition, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether the ticket is still to be inserted."""
        return self.ticket.number == 0
