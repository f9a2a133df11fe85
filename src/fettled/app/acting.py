"""
What people do to tickets, as units of the writer: one action, one transaction.

Each finds the ticket, asks whether the caller may know of it and may do that, and lets
`core` decide; so between the question and the deed nothing can change. Memory and those
who listen are told by `app.tickets`, after COMMIT.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from fettled.app.deciding import apply_whole
from fettled.core.actions import (
    Action,
    Assign,
    Comment,
    Escalate,
    Reopen,
    Resolve,
    SnoozeFor,
    word_of,
)
from fettled.core.checklist import DOWN
from fettled.core.condition import Condition
from fettled.core.engine import resolved_by_person
from fettled.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StaleError,
)
from fettled.core.keys import stands_for_many
from fettled.core.lifecycle import then
from fettled.core.moves import MOVES, Moment, act
from fettled.core.permissions import Permission, Principal, may_act, sees
from fettled.core.references import parse_reference
from fettled.core.tickets import Actor, Change, Ticket
from fettled.core.words import Phase, Status
from fettled.ports import Directory, Reader, UnitOfWork, Viewer

#: The same words by the same person so soon are a second click, or a reply that was lost.
_SAME_CLICK = timedelta(minutes=1)
#: What others, and the machine, may have written meanwhile.
_MEANWHILE = 20


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Who asks for a change, and of which version of the ticket.

    Attributes:
        who: None where nobody is to be asked (the simulation, the daemon's own chores).
        version: what the ticket must be at; None: whatever it is.
    """

    actor: Actor
    who: Principal | None = None
    version: int | None = None


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


def find(reader: Reader, ref: str, who: Principal | None = None) -> Ticket:
    """
    The ticket that *ref* names: `42`, `#42` or `INC-20261121-000042`.

    Raises:
        NotFoundError: there is none, the reference's day is another one's, or it is not
            for *who* to see: in the same words.
    """
    named = parse_reference(ref)
    if named is not None:
        ticket = reader.ticket(named.number)
        if (
            ticket is not None
            and named.day in {None, ticket.created_at.date()}
            and (who is None or sees(who, ticket))
        ):
            return ticket
    msg = f"there is no ticket {ref}" if named is not None else "there is no such ticket"
    raise NotFoundError(msg)


def viewer_of(who: Principal) -> Viewer | None:
    """Give what a list is narrowed by; None for one who may see every ticket."""
    if Permission.TICKET_VIEW_ANY in who.permissions:
        return None
    return Viewer(who.name, who.teams, who.shifts)


def find_for(reader: Reader, ref: str, caller: Caller) -> Ticket:
    """
    The ticket that *caller* means to change.

    Raises:
        NotFoundError: see `find`.
        StaleError: it is not at the caller's version.
    """
    ticket = find(reader, ref, caller.who)
    require_version(ticket, caller)
    return ticket


def require_version(ticket: Ticket, caller: Caller) -> None:
    """
    See that *ticket* is as the caller knows it, once it is known that the caller may.

    Raises:
        StaleError: it is not at the caller's version.
    """
    if caller.version is not None and ticket.version != caller.version:
        msg = f"#{ticket.number} is at version {ticket.version}, not {caller.version}"
        raise StaleError(msg)


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
        msg = f"your token does not allow {word_of(action)} on this ticket"
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


@dataclass(frozen=True, slots=True)
class Desk:
    """
    The house's rules for people's work.

    Attributes:
        directory: who there is; where nobody is configured, any name will do.
        reopen_to: the status that a reopening leads to; None: the one before.
        escalates_enterprise: whether impact `enterprise` escalates at once.
        next_office: when office hours begin next; None where none are configured.
        check_fields: judges what is chosen from the catalogue; InvalidError names the field.
        has_subject: whether something of that key is watched.
    """

    directory: Directory
    reopen_to: Status | None = None
    escalates_enterprise: bool = True
    next_office: Callable[[datetime], datetime | None] = lambda _: None
    check_fields: Callable[[Mapping[str, object]], None] = lambda _: None
    has_subject: Callable[[str], bool] = lambda _: True

    def parent_of(self, team: str | None) -> str | None:
        """Name the team above *team*; None at the top, or where there is no team."""
        known = self.directory.team(team) if team is not None else None
        return known.parent if known is not None else None

    def settled(self, action: Action, at: datetime) -> Action:
        """
        Judge whom *action* names, and find what it leaves to be found.

        Raises:
            InvalidError: nobody is called that, or there are no office hours.
        """
        if isinstance(action, Assign):
            if action.shift_of is not None:
                shift = find_shift(self.directory, *action.shift_of)
                action = Assign(action.assignee, action.team, shift)
            self.check_owners(action.assignee, action.team, action.shift)
        if isinstance(action, Escalate) and action.is_supplier:
            self.check_fields({"supplier": action.to})
        elif isinstance(action, Escalate) and action.mode == "functional":
            self.check_owners(None, action.to, None)
        if isinstance(action, SnoozeFor) and action.office_hours:
            opens = self.next_office(at)
            if opens is None:
                msg = "no office hours are configured: give a time instead"
                raise InvalidError(msg, "office_hours")
            return SnoozeFor(until=opens)
        return action

    def check_subject(self, subject: str | None) -> None:
        """
        Judge the key of a subject.

        Raises:
            InvalidError: nothing is called that.
        """
        if subject is not None and not self.has_subject(subject):
            msg = f"there is no subject {subject!r}"
            raise InvalidError(msg, "subject")

    def check_owners(self, assignee: str | None, team: str | None, shift: str | None) -> None:
        """
        Judge the names of owners.

        Raises:
            InvalidError: nobody is called that.
        """
        if not self.directory.is_configured:
            return
        asked = (
            ("assignee", assignee, self.directory.user, "user"),
            ("team", team, self.directory.team, "team"),
            ("shift", shift, self.directory.schedule, "on-call schedule"),
        )
        for field, name, find_one, what in asked:
            if name is not None and find_one(name) is None:
                msg = f"there is no {what} {name!r}"
                raise InvalidError(msg, field)


def find_shift(directory: Directory, scenario: str, role: str) -> str:
    """
    Name the on-call schedule for a scenario and a role.

    Raises:
        InvalidError: there is none.
    """
    for each in directory.schedules():
        if (each.scenario, each.role) == (scenario, role):
            return each.name
    msg = f"there is no on-call schedule for scenario {scenario} and role {role}"
    raise InvalidError(msg, "shift")


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
        and abs(now.at - entry.at) < _SAME_CLICK
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
    if isinstance(action, Reopen) and ticket.check is not None:
        newest = reader.last_ticket(ticket.check)
        if newest is not None and newest.is_open and newest.number != ticket.number:
            msg = f"#{ticket.number} was superseded by #{newest.number}, which is open"
            raise ConflictError(msg)
    other = action.duplicate_of if isinstance(action, Resolve) else None
    if other is not None:
        named = reader.ticket(other)
        if named is None or not (who is None or sees(who, named)):
            msg = f"there is no ticket #{other}"
            raise InvalidError(msg, "duplicate_of")


def escalated_at_once(change: Change, desk: Desk, actor: Actor, at: datetime) -> Change:
    """Join the escalation that impact `enterprise` asks for, where there is a team above."""
    parent = desk.parent_of(change.ticket.team)
    if not desk.escalates_enterprise or parent is None:
        return change
    action = Escalate("hierarchical", "impact is enterprise", parent)
    further = act(change.ticket, action, Moment(actor, at, parent=parent))
    if further is None:
        return change
    return then(change, further)


def escalated_to(change: Change) -> dict[str, str]:
    """Tell the log which team was above: the configuration may say otherwise one day."""
    for entry in change.entries:
        if entry.event == "escalated" and entry.data["mode"] == "hierarchical":
            return {"escalated_to": entry.data["team"]}
    return {}
