"""
One step of a workflow, done in the unit that keeps what came of it.

A step that is refused (nobody of that name, no legal move) is an outcome with the reason in
words. What is not our doing, such as a store that goes away, is left to the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fettled.app.acting import Acted, perform
from fettled.app.callers import Caller
from fettled.app.desk import Desk
from fettled.app.opening import is_new, open_ticket
from fettled.core.actions import Action, SnoozeFor
from fettled.core.durations import format_duration
from fettled.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fettled.core.filing import NewTicket
from fettled.core.tickets import Ticket
from fettled.core.words import Status
from fettled.core.workflows import Deliver, OpenTicket, ResolveTicket, Snooze, Step, touches
from fettled.ports import DeskUnit, OutboxEvent


@dataclass(frozen=True, slots=True)
class Came:
    """
    What came of a step.

    Attributes:
        outcome: `done`, `failed` or `cancelled`.
        data: what else there is to tell.
        acted: what it committed, for memory to learn; None where it changed no ticket.
    """

    outcome: str
    data: dict[str, Any] = field(default_factory=dict)
    acted: Acted | None = None


@dataclass(frozen=True, slots=True)
class House:
    """What steps go by: the house's rules, who has a new ticket, the time, and who is told."""

    desk: Desk
    team_for: Callable[[NewTicket], str | None]
    wall: Callable[[], datetime]
    receivers: Container[str]


#: Does a step of one type.
Work = Callable[[DeskUnit, Any, OutboxEvent, Caller, House], Came]


def do(unit: DeskUnit, step: Step, event: OutboxEvent, caller: Caller, house: House) -> Came:
    """Do *step*, whose texts are filled in, for the ticket of *event*."""
    if touches(step):
        ticket = unit.ticket(event.number)
        if ticket is None or ticket.status is Status.CLOSED:
            return Came("cancelled", {"error": "the ticket is closed"})
    try:
        work: Work = _DO.get(type(step), _act)
        return work(unit, step, event, caller, house)
    except InvalidError as refused:
        where = refused.field
        return Came("failed", {"error": f"{where}: {refused}" if where else str(refused)})
    except (ConflictError, ForbiddenError, NotFoundError) as refused:
        # Their field is the API's, which no step names; what they say stands by itself.
        return Came("failed", {"error": str(refused)})


def _act(unit: DeskUnit, step: Any, event: OutboxEvent, caller: Caller, house: House) -> Came:  # noqa: ANN401 - one of those that are actions
    return _performed(unit, event.number, step, caller, house)


def _performed(unit: DeskUnit, number: int, action: Action, caller: Caller, house: House) -> Came:
    ref = str(number)
    acted = perform(unit, ref=ref, action=action, caller=caller, desk=house.desk, wall=house.wall)
    return Came("done", {} if acted.change is not None else {"changed": False}, acted)


def _snooze(unit: DeskUnit, step: Snooze, event: OutboxEvent, caller: Caller, house: House) -> Came:
    until = None if step.lasting is None else house.wall() + step.lasting
    action = SnoozeFor(until, step.on_change, step.office_hours)
    return _performed(unit, event.number, action, caller, house)


def _open(
    unit: DeskUnit, step: OpenTicket, _event: OutboxEvent, caller: Caller, house: House
) -> Came:
    acted = open_ticket(
        unit,
        new=step.new,
        reopen_within=step.reopen_within,
        caller=caller,
        desk=house.desk,
        wall=house.wall,
        default_team=house.team_for(step.new),
    )
    told: dict[str, Any] = {"ticket": acted.ticket.number}
    if not is_new(acted):
        told["was"] = "open" if acted.change is None else "resolved"
    return Came("done", told, acted)


def _resolve(
    unit: DeskUnit, step: ResolveTicket, event: OutboxEvent, caller: Caller, house: House
) -> Came:
    if step.key is None:
        now = unit.ticket(event.number)
        if now is not None and now.is_open:
            _refuse_circle(unit, now, caller, house.wall())
        return _performed(unit, event.number, step.how, caller, house)
    ticket: Ticket | None = unit.ticket_of_key(step.key)
    if ticket is None:
        return Came("done", {"changed": False, "detail": "no ticket has this deduplication key"})
    if not ticket.is_open:
        over = f"#{ticket.number} is {ticket.status} already"
        return Came("done", {"ticket": ticket.number, "changed": False, "detail": over})
    _refuse_circle(unit, ticket, caller, house.wall())
    came = _performed(unit, ticket.number, step.how, caller, house)
    return Came(came.outcome, {**came.data, "ticket": ticket.number}, came.acted)


#: So often a workflow resolves what is about one check, within so long: what comes back each
#: time is down, and the monitor and the workflow would go on for ever.
_RESOLVES, _WITHIN = 3, timedelta(hours=1)
#: What is looked at of the check's past.
_TICKETS, _TURNS = 20, 200


def _refuse_circle(unit: DeskUnit, ticket: Ticket, caller: Caller, now: datetime) -> None:
    """
    Judge whether the monitor takes back what this workflow does.

    A clock that was set back must not hide it, so that times ahead of *now* count, too.

    Raises:
        ConflictError: it was resolved by it often enough lately.
    """
    if ticket.check is None:
        return  # the monitor reopens none of those
    turns = unit.turns(ticket.check, tickets=_TICKETS, limit=_TURNS)
    ends = [turn for turn in turns if turn.event == "resolved" and turn.actor == caller.actor]
    if sum(turn.at > now - _WITHIN for turn in ends) >= _RESOLVES:
        msg = (
            f"it resolved {ticket.check} {_RESOLVES} times within {format_duration(_WITHIN)}, and"
            " each time it came back: it is down, so the ticket stays open"
        )
        raise ConflictError(msg)


#: More than a ticket has before the event of a workflow is worked on.
_MOST_ACTIONS = 10_000


def _deliver(
    unit: DeskUnit, step: Deliver, event: OutboxEvent, _caller: Caller, house: House
) -> Came:
    if step.receiver not in house.receivers:
        # One that a reload took out, while this waited: what is owed to nobody is never told.
        why = f"there is no receiver {step.receiver}: name one that `fettled receivers` lists"
        return Came("failed", {"error": why})
    if any(each.name == step.receiver for each in unit.disabled_receivers()):
        return Came("failed", {"error": f"the receiver {step.receiver} is disabled"})
    if not unit.add_delivery(step.receiver, event.number, event.seq, house.wall()):
        owed = unit.actions(event.number, after=0, limit=_MOST_ACTIONS)
        if any((each.target, each.seq) == (step.receiver, event.seq) for each in owed):
            return Came("done", {"receiver": step.receiver, "changed": False})
        return Came("failed", {"error": "the event is not kept any more"})
    return Came("done", {"receiver": step.receiver})


_DO: dict[type, Work] = {
    Snooze: _snooze,
    OpenTicket: _open,
    ResolveTicket: _resolve,
    Deliver: _deliver,
}
