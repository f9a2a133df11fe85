"""
The monitor's own tickets: opened, kept up and resolved as those of checks are.

They are about no check, so no observation drives them and nothing gates them; the six
rules of `reopening` and the grace of tickets that people work on are the same. A
condition under their key remembers when the trouble was last over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fettled.core import lifecycle
from fettled.core.condition import Condition
from fettled.core.lifecycle import then
from fettled.core.observations import Reason
from fettled.core.policy import Policy
from fettled.core.reopening import Attach, Case, OpenNew, ReopenIt, StayQuiet, decide
from fettled.core.tickets import MONITOR, Change, Entry, Resolution, Ticket
from fettled.core.words import Code, Kind, Phase, Priority, Source, Verdict

POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Trouble:
    """
    What is wrong with the monitor.

    Attributes:
        title: of the ticket.
        titles: all that it may have had from us; another one was written by a person.
    """

    title: str
    message: str
    reason: Reason
    priority: Priority
    titles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Moment:
    """When a decision is taken: by the daemon's own clock, and by the one on the wall."""

    now: datetime
    wall: datetime


def begin(
    condition: Condition, ticket: Ticket | None, trouble: Trouble, at: Moment
) -> tuple[Condition, Change | None]:
    """Have a ticket open about *trouble*; asked again and again while it lasts."""
    after = _fail(condition, trouble, at)
    if ticket is not None and ticket.is_open:
        return after, _keep_up(condition, ticket, trouble, at)
    if ticket is None:
        return after, _alarmed(_open(after, None, trouble, at))
    case = Case(
        ticket=ticket,
        policy=POLICY,
        first=after.first or at.wall,
        healthy_until=after.healthy_until,
        at=at.wall,
        now=at.wall,
    )
    match decide(case):
        case StayQuiet(gate, until):
            return replace(after, gate=gate, gate_until=until), None
        case ReopenIt(cause):
            data = {"kind": ticket.kind, "priority": trouble.priority.value, **_told(after)}
            change = lifecycle.reopened(_titled(ticket, trouble), cause, at.wall, MONITOR, data)
            if not ticket.priority_by_person:
                change = replace(change, ticket=replace(change.ticket, priority=trouble.priority))
        case OpenNew():
            change = _open(after, ticket, trouble, at)
        case Attach():
            return after, None
    return replace(after, gate=None, gate_until=None), _alarmed(change)


def _alarmed(change: Change) -> Change:
    """Say once more what has happened, for those who listen to the monitor's own trouble alone."""
    last = change.entries[-1]
    alarm = Entry("impaired", last.at, MONITOR, {"title": change.ticket.title})
    return replace(change, entries=(*change.entries, alarm))


def end(condition: Condition, ticket: Ticket | None, at: Moment) -> tuple[Condition, Change | None]:
    """Have no ticket open any more, but for one that people want kept."""
    after = condition
    if condition.phase is Phase.FIRING:
        after = replace(
            condition,
            phase=Phase.HEALTHY,
            verdict=Verdict.UP,
            reason=Reason.OK,
            message="",
            since=at.now,
            changed=at.now,
            first=None,
            gate=None,
            gate_until=None,
        )
    if ticket is None or not ticket.is_open or ticket.kept_open:
        return after, None
    well_since = after.since or at.now
    if ticket.touched and at.now - well_since < POLICY.touched_grace:
        if ticket.recovered_at is not None:
            return after, None
        recovered = replace(ticket, recovered_at=at.wall)
        return after, lifecycle.note(recovered, "recovered", at.wall, MONITOR)
    recovered_at = ticket.recovered_at or at.wall
    resolution = Resolution(Code.AUTO_RECOVERED, at.wall, MONITOR)
    return after, lifecycle.resolved(replace(ticket, recovered_at=recovered_at), resolution)


def _fail(condition: Condition, trouble: Trouble, at: Moment) -> Condition:
    if condition.phase is Phase.FIRING:
        return condition
    was_well = condition.phase is Phase.HEALTHY
    return replace(
        condition,
        phase=Phase.FIRING,
        verdict=Verdict.DOWN,
        reason=trouble.reason,
        kind=Kind.MONITOR_IMPAIRED,
        message=trouble.message,
        since=at.now,
        changed=at.now,
        first=at.wall,
        healthy_until=at.wall if was_well else condition.healthy_until,
    )


def _told(condition: Condition) -> dict[str, Any]:
    return {
        "check": condition.check,
        "reason": condition.reason.value,
        "message": condition.message,
    }


def _open(condition: Condition, previous: Ticket | None, trouble: Trouble, at: Moment) -> Change:
    ticket = Ticket(
        title=trouble.title,
        kind=Kind.MONITOR_IMPAIRED,
        source=Source.HEALTH_MONITOR,
        priority=trouble.priority,
        created_at=at.wall,
        updated_at=at.wall,
        description=trouble.message,
        check=condition.check,
        open_key=condition.check,
        occurred_at=condition.first,
        previous=previous.number if previous is not None else None,
    )
    told = {"kind": ticket.kind, "priority": ticket.priority.value, **_told(condition)}
    if previous is not None:
        told["previous"] = previous.number
    return Change(ticket, (Entry("opened", at.wall, MONITOR, told),))


def _titled(ticket: Ticket, trouble: Trouble) -> Ticket:
    return replace(ticket, title=trouble.title) if ticket.title in trouble.titles else ticket


def _keep_up(before: Condition, ticket: Ticket, trouble: Trouble, at: Moment) -> Change | None:
    change: Change | None = None
    if before.phase is not Phase.FIRING and ticket.recovered_at is not None:
        failed = replace(ticket, recovered_at=None)
        data = {"reason": trouble.reason.value}
        change = lifecycle.note(failed, "recovery_withdrawn", at.wall, MONITOR, data)
    if before.phase is not Phase.FIRING and ticket.kept_open:
        kept = replace(change.ticket if change is not None else ticket, kept_open=False)
        change = Change(kept, change.entries if change is not None else ())
    now = change.ticket if change is not None else ticket
    if not now.priority_by_person and trouble.priority.rank > now.priority.rank:
        data = {"from": now.priority.value, "to": trouble.priority.value}
        raised = replace(_titled(now, trouble), priority=trouble.priority)
        change = then(change, lifecycle.note(raised, "priority_changed", at.wall, MONITOR, data))
    return change
