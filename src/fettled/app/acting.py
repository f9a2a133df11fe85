"""
What people do to tickets, as units of the writer: one action, one transaction.

Each finds the ticket, asks whether the caller may know of it and may do that, and lets
`core` decide; so between the question and the deed nothing can change. Memory and those
who listen are told by `app.tickets`, after COMMIT.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from fettled.app.callers import Caller, find, require_version
from fettled.app.deciding import apply_whole
from fettled.app.desk import Desk
from fettled.core.actions import Action, Comment, Reopen, Resolve, word_of
from fettled.core.checklist import DOWN
from fettled.core.condition import Condition
from fettled.core.effects import Moment
from fettled.core.engine import resolved_by_person
from fettled.core.errors import ConflictError, ForbiddenError, InvalidError
from fettled.core.keys import stands_for_many
from fettled.core.moves import MOVES, SAME_CLICK, act
from fettled.core.permissions import Principal, may_act, need_of, sees
from fettled.core.tickets import Change, Ticket
from fettled.core.words import Phase, Status
from fettled.ports import Reader, UnitOfWork

#: What others, and the machine, may have written meanwhile.
_MEANWHILE = 20


@dataclass(frozen=True, slots=True)
class Acted:
    """
    What an action committed.

    Attributes:
        ticket: as it is after.
        change: None when there was nothing to do.
        newest: the ticket that the condition goes by from now on.
        condition: as it is after; None for a ticket without one.
    """

    ticket: Ticket
    change: Change | None
    newest: Ticket | None
    condition: Condition | None


def perform(
    uow: UnitOfWork,
    *,
    ref: str,
    action: Action,
    caller: Caller,
    desk: Desk,
    wall: Callable[[], datetime],
) -> Acted:
    """Do *action* in a unit; see `Tickets.act` for what it raises."""
    ticket = find(uow, ref, caller.who)
    if caller.who is not None and not may_act(caller.who, ticket, action):
        need = need_of(action)
        msg = f"your token does not allow {word_of(action)} on this ticket: it needs {need}"
        raise ForbiddenError(msg)
    require_version(ticket, caller)
    condition = uow.condition(ticket.check) if ticket.check is not None else None
    at = wall()
    now = Moment(
        caller.actor,
        at,
        _phase(uow, ticket, condition),
        reopen_to=desk.reopen_to,
        parent=desk.parent_of(ticket.team),
    )
    if ticket.status in MOVES[type(action)]:  # else it is refused, whomever it names
        action = desk.settled(action, at)
    change = None if _is_repeated(uow, ticket, action, now) else act(ticket, action, now)
    if change is None:
        return Acted(ticket, None, None, condition)
    _check_others(uow, ticket, action, caller.who)
    applied = apply_whole(uow, change, at)
    if condition is not None and isinstance(action, Resolve):
        condition = resolved_by_person(condition)
        uow.put_condition(condition)
    data = {"ticket": ticket.number, **asdict(action), **escalated_to(applied)}
    if isinstance(action, Reopen) and desk.reopen_to is not None:
        data["reopen_to"] = desk.reopen_to.value
    uow.log_input(f"ticket.{word_of(action)}", at, caller.actor, data)
    newest = uow.last_ticket(ticket.check) if ticket.check is not None else None
    return Acted(applied.ticket, applied, newest, condition)


def _is_repeated(reader: Reader, ticket: Ticket, action: Action, now: Moment) -> bool:
    """Whether a comment was just made in the same words: it has no state to tell that by."""
    if not isinstance(action, Comment) or ticket.status is Status.CLOSED:
        return False
    after = max(ticket.last_seq - _MEANWHILE, 0)
    last = reader.timeline(ticket.number, after=after, limit=_MEANWHILE)
    said = {"body": action.body, "visibility": action.visibility}
    return any(
        entry.event == "comment_added"
        and entry.actor == now.actor
        and entry.data == said
        and abs(now.at - entry.at) < SAME_CLICK
        for entry in last
    )


def _phase(reader: Reader, ticket: Ticket, condition: Condition | None) -> Phase:
    """Give the phase of what the ticket is about; of many, whether any is still down."""
    if stands_for_many(ticket.check):
        is_down = any(_counts(reader, line.check) for line in reader.members(ticket.number))
        return Phase.FIRING if is_down else Phase.HEALTHY
    return condition.phase if condition is not None else Phase.UNKNOWN


def _counts(reader: Reader, check: str) -> bool:
    """Whether a member is down, and has no ticket of its own that says so."""
    belief, own = reader.condition(check), reader.last_ticket(check)
    is_down = belief is not None and belief.phase in DOWN
    return is_down and not (own is not None and own.is_open)


def _check_others(reader: Reader, ticket: Ticket, action: Action, who: Principal | None) -> None:
    key = ticket.deduplication_key
    if isinstance(action, Reopen) and (ticket.check is not None or key is not None):
        of_check = ticket.check is not None
        newest = (
            reader.last_ticket(ticket.check or "") if of_check else reader.ticket_of_key(key or "")
        )
        if newest is not None and newest.is_open and newest.number != ticket.number:
            msg = f"#{ticket.number} was superseded by #{newest.number}, which is open"
            raise ConflictError(msg)
    other = action.duplicate_of if isinstance(action, Resolve) else None
    if other is not None:
        named = reader.ticket(other)
        if named is None or not (who is None or sees(who, named)):
            msg = f"there is no ticket #{other}"
            raise InvalidError(msg, "duplicate_of")


def escalated_to(change: Change) -> dict[str, str]:
    """Tell the log which team was above: the configuration may say otherwise one day."""
    for entry in change.entries:
        if entry.event == "escalated" and entry.data["mode"] == "hierarchical":
            return {"escalated_to": entry.data["team"]}
    return {}
