"""
What is answered, as models: for the API's description, and for nothing else.

The functions of `shapes` and its neighbours make the answers; a test lays each of them
beside its model here, so that neither can change without the other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from fettled.app.views import QuietState
from fettled.core.permissions import Role
from fettled.core.quiet import Scope
from fettled.core.words import (
    Code,
    Impact,
    Level,
    MemberState,
    Ownership,
    Phase,
    Priority,
    Severity,
    Source,
    Status,
    SubjectType,
    Urgency,
    Verdict,
)
from fettled.web.answers_catalogue import ChangeAnswer, LinkOfTicket

T = TypeVar("T")


class Shape(BaseModel):
    """What is answered: every key is there, and no other."""

    model_config = ConfigDict(extra="forbid")


class Page(Shape, Generic[T]):
    """A page of a list; `next` is the cursor of the one after it."""

    items: list[T]
    next: str | None


class FaultAnswer(Shape):
    """One field that cannot be taken, and why."""

    field: str
    detail: str


class ProblemAnswer(Shape):
    """An error, after RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FaultAnswer] = Field(default_factory=list)


class ActorAnswer(Shape):
    """Who did it; the machine's own parts have no name."""

    type: str
    name: str | None = None


class SubjectName(Shape):
    """What a ticket is about; `id` and `type` are null once it was removed."""

    id: int | None
    key: str
    name: str
    type: SubjectType | None


class ResolutionAnswer(Shape):
    """How a ticket was resolved."""

    code: Code
    summary: str
    by: ActorAnswer
    at: datetime


class MemberAnswer(Shape):
    """A line of a checklist."""

    subject: str
    check: str
    state: MemberState
    joined_at: datetime
    recovered_at: datetime | None
    ticket: int | None


class HoldAnswer(Shape):
    """Why a ticket waits, and until when."""

    reason: str | None
    until: datetime | None


class SnoozeAnswer(Shape):
    """How long a ticket's notifications are quiet."""

    until: datetime | None
    until_change: bool


class TicketAnswer(Shape):
    """A ticket."""

    number: int
    reference: str
    title: str
    kind: str
    source: Source
    status: Status
    priority: Priority
    level: Level
    subject: SubjectName | None
    check: str | None
    team: str | None
    assignee: str | None
    reporter: str | None
    resolution: ResolutionAnswer | None
    reopen_count: int
    flap_count: int
    escalation_level: int
    previous: int | None
    merged_into: int | None
    members: list[MemberAnswer]
    member_count: int
    done_count: int
    links: list[LinkOfTicket]
    labels: dict[str, str]
    sla: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    version: int
    uuid: str
    description: str
    occurred_at: datetime | None
    recovered_at: datetime | None
    responded_at: datetime | None
    shift: str | None
    supplier: str | None
    severity: Severity | None
    impact: Impact | None
    urgency: Urgency | None
    category: str | None
    ownership: Ownership | None
    region: str | None
    project: str | None
    application: str | None
    service_interrupted: bool | None
    hold: HoldAnswer | None
    snooze: SnoozeAnswer | None
    deduplication_key: str | None
    #: Where one ticket is shown.
    changes: list[ChangeAnswer] | None = None


class EntryAnswer(Shape):
    """A line of a timeline; what `data` holds depends on the event."""

    seq: int
    at: datetime
    event: str
    actor: ActorAnswer
    data: dict[str, Any]


class AdoptedAnswer(Shape):
    """The list ticket, and the checks that are on it since."""

    ticket: TicketAnswer | None
    adopted: list[str]


class CheckAnswer(Shape):
    """A check of a subject."""

    name: str
    type: str
    phase: Phase
    verdict: Verdict | None
    reason: str | None
    last_at: datetime | None
    next_at: datetime | None
    message: str
    gate: str | None
    gate_until: datetime | None


class SpanAnswer(Shape):
    """A stretch of looks that said the same."""

    check: str
    verdict: Verdict
    reason: str
    message: str
    since: datetime = Field(alias="from")
    until: datetime = Field(alias="to")
    count: int


class SubjectAnswer(Shape):
    """A subject with its checks."""

    id: int
    key: str
    name: str
    type: SubjectType
    phase: Phase
    since: datetime | None
    parent: str | None
    labels: dict[str, str]
    checks: list[CheckAnswer]
    ticket: int | None
    runbook: str | None


class SilenceAnswer(Shape):
    """A silence."""

    id: str
    subject: str | None
    selector: dict[str, str] | None
    scope: Scope
    state: QuietState
    starts_at: datetime | None
    ends_at: datetime | None
    reason: str
    author: str | None
    matches: int
    notes: list[str]
    file: str | None
    created_at: datetime | None
    ended_at: datetime | None


class WindowAnswer(SilenceAnswer):
    """A maintenance window."""

    name: str | None
    cron: str | None
    duration: str | None
    zone: str | None


class NotesAnswer(Shape):
    """What is legal, and may surprise."""

    notes: list[str]


class TokenAnswer(Shape):
    """A token, without what proves it."""

    id: str
    user: str
    role: Role | None
    scope: list[str] | None
    created_at: datetime
    expires_at: datetime | None


class NewTokenAnswer(TokenAnswer):
    """A new token; its text is told here and never again."""

    token: str


class HealthAnswer(Shape):
    """The daemon's own health."""

    status: Literal["pass", "warn", "fail"]
    serviceId: str  # noqa: N815 - the standard's name
    version: str
    checks: dict[str, list[dict[str, Any]]]
    #: At the address of the API of team incidents only.
    active_incidents: int | None = None
    rules: list[dict[str, Any]] | None = None
    webhooks: list[dict[str, Any]] | None = None
