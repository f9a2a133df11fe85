"""
Whom an event of a ticket concerns: owners, whoever is on call, teams, and people reached.

Asked on the writer's thread within the transaction of each change, so it reads nothing but
memory. What follows from it for a receiver is `fettled.core.audience`'s to say.
"""

from __future__ import annotations

from datetime import datetime

from fettled.core.audience import Concern
from fettled.core.permissions import Permission, Principal, permissions_of, sees
from fettled.core.tickets import Actor, Entry, Ticket
from fettled.ports import Directory, TicketAction

#: What an escalation comes to where no receiver tells any of those that it reached.
UNTOLD = "no receiver tells any of those whom it is for"
NOBODY = "nobody could be told"


def principal(people: Directory, name: str) -> Principal | None:
    """Say what a person may, as of now; None for whom nobody knows."""
    user = people.user(name)
    if user is None:
        return None
    actor, may = Actor("user", name), permissions_of(user.roles)
    return Principal(name, actor, may, people.teams_of(name), people.shifts_of(name))


def concern(people: Directory, ticket: Ticket, entry: Entry) -> Concern:
    """Find whom *entry* concerns, after which the ticket is as it is given."""
    reached, team = _reached(people, entry)
    return Concern(
        people=owners(people, ticket, entry.at),
        team=notified(people, ticket.team),
        reached=reached,
        reached_team=team,
        given=_given(people, entry),
        unfit=_unfit(people, entry),
    )


def standing(people: Directory, ticket: Ticket, at: datetime) -> Concern:
    """Find whose matter *ticket* is at *at*, whatever happened to it."""
    mine, team = owners(people, ticket, at), notified(people, ticket.team)
    return Concern(people=mine, team=team, seeing=_seeing(people, ticket))


def owners(people: Directory, ticket: Ticket, at: datetime) -> frozenset[str]:
    """Name whose ticket it is at *at*: its assignee, or whoever is on call of its shift."""
    on_call = None if ticket.shift is None else people.on_call(ticket.shift, at)
    return _some(ticket.assignee, on_call)


def notified(people: Directory, team: str | None) -> frozenset[str]:
    """Name the receivers that tell a team."""
    known = None if team is None else people.team(team)
    return frozenset() if known is None else frozenset(known.notify)


def reached(people: Directory, to: str, at: datetime) -> tuple[str, ...]:
    """Name the users that a step's *to* means at *at*: of a schedule, team, or role, or one."""
    if people.schedule(to) is not None:
        on_call = people.on_call(to, at)
        return () if on_call is None else (on_call,)
    if people.team(to) is not None:
        return tuple(user.name for user in people.users() if to in user.teams)
    if people.user(to) is not None:
        return (to,)
    return tuple(user.name for user in people.users() if to in user.roles)


def escalation(ticket: Ticket, entry: Entry, receivers: list[str]) -> TicketAction | None:
    """
    Make the action that *entry* comes to, if it is an escalation within the house.

    It is pending until one of *receivers*, those of whom it reached, was told.
    """
    if entry.event != "escalated" or "supplier" in entry.data:
        return None
    target = entry.data.get("to") or entry.data.get("team")
    is_found = bool(receivers) or bool(entry.data.get("people", True))
    outcome = "pending" if receivers else "not_configured" if is_found else "failed"
    data = {**entry.data, "seq": entry.seq, "receivers": receivers}
    if not receivers:
        data["error"] = UNTOLD if is_found else NOBODY
    return TicketAction(
        ticket=ticket.number,
        type="escalation",
        target=str(target),
        at=entry.at,
        outcome=outcome,
        done_at=None if receivers else entry.at,
        data=data,
    )


def _reached(people: Directory, entry: Entry) -> tuple[frozenset[str], frozenset[str]]:
    """Name people and receivers of teams that an escalation goes to, whoever made it."""
    data = entry.data
    if entry.event != "escalated" or "supplier" in data:
        return frozenset(), frozenset()
    if data.get("mode") == "chain":
        # They were found when the step was taken, and are named on the timeline.
        to = data.get("to")
        # A schedule and a team may not share a name, so this is a team or nothing.
        return frozenset(data.get("people", ())), notified(people, to)
    to = data.get("team")
    found = reached(people, to, entry.at) if to is not None and people.team(to) else ()
    return frozenset(found), notified(people, to)


def _given(people: Directory, entry: Entry) -> frozenset[str]:
    """Name whom the entry gave the ticket to, and whom it took it from."""
    before = entry.data.get("from")
    was = before if isinstance(before, dict) else {}
    if entry.event not in _GIVES:
        return frozenset()
    shifts = [shift for shift in (entry.data.get("shift"), was.get("shift")) if shift]
    on_call = [people.on_call(shift, entry.at) for shift in shifts]
    return _some(entry.data.get("assignee"), was.get("assignee"), *on_call)


#: Events that may hand a ticket over.
_GIVES = frozenset({"assigned", "started", "escalated"})


def _unfit(people: Directory, entry: Entry) -> frozenset[str]:
    """Name who must not read *entry*: internal comments are not for everybody."""
    if entry.data.get("visibility") != "internal":
        return frozenset()
    needed = Permission.TICKET_COMMENT_INTERNAL
    return frozenset(
        user.name for user in people.users() if needed not in permissions_of(user.roles)
    )


def _seeing(people: Directory, ticket: Ticket) -> frozenset[str]:
    """Name who may know of *ticket* at all."""
    known = ((user.name, principal(people, user.name)) for user in people.users())
    return frozenset(name for name, who in known if who is not None and sees(who, ticket))


def _some(*names: str | None) -> frozenset[str]:
    return frozenset(name for name in names if name is not None)
