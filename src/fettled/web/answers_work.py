"""What is answered beside tickets and subjects, as models; see `fettled.web.answers`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from fettled.core.permissions import Role
from fettled.web.answers import ActorAnswer, Page, Shape, TicketAnswer


class TicketsAnswer(Page[TicketAnswer]):
    """A page of tickets; `count` is there if it was asked for."""

    count: int | Literal["1000+"] = 0


class UserAnswer(Shape):
    """A person; `contacts` is null for whoever may not see them."""

    id: int
    uuid: str
    name: str
    full_name: str
    roles: list[Role]
    teams: list[str]
    contacts: dict[str, str] | None


class TeamAnswer(Shape):
    """A team with its members' names."""

    id: int
    uuid: str
    name: str
    parent: str | None
    members: list[str]
    notify: list[str]


class AuditAnswer(Shape):
    """A row of the audit log; whoever has them all can verify the chain."""

    position: int
    at: str
    actor: ActorAnswer
    kind: str
    object: str | None
    data: dict[str, Any]
    hash: str | None


class LengthsAnswer(Shape):
    """What some lengths of time have in common, in seconds; null where there are none."""

    count: int
    mean: float | None
    median: float | None
    p90: float | None


class OutcomesAnswer(Shape):
    """How clocks ended; `compliance` is the share of those met among those met or missed."""

    met: int
    missed: int
    not_required: int
    compliance: float | None


class BothClocksAnswer(Shape):
    """How the two clocks ended."""

    response: OutcomesAnswer
    resolution: OutcomesAnswer


class FalseAlarmsAnswer(Shape):
    """How many tickets had nothing behind them, and their share of those resolved."""

    count: int
    share: float | None


class RecurringAnswer(Shape):
    """A subject that came again: tickets about it, how often reopened, and the last one."""

    subject: str
    tickets: int
    reopened: int
    last: int


class StatsAnswer(Shape):
    """What the tickets of a stretch of time add up to."""

    since: str
    until: str
    opened: int
    resolved: int
    reopened: int
    mtta: LengthsAnswer
    mttr: LengthsAnswer
    sla: BothClocksAnswer
    false_alarms: FalseAlarmsAnswer
    recurring: list[RecurringAnswer]
    truncated: bool


class RanAnswer(Shape):
    """How a workflow ran last; `error` says what failed."""

    at: datetime
    ticket: int | None
    event: str | None
    outcome: Literal["done", "failed"]
    error: str | None


class WorkflowAnswer(Shape):
    """A workflow; `last` is null for one that was never set off."""

    name: str
    on: list[str]
    if_: dict[str, list[str]] = Field(alias="if")
    do: list[str]
    runs: int
    failures: int
    last: RanAnswer | None
