"""
Whom an event concerns, and which receivers are told of it because of that.

Pure: who is on call, in a team, or reached by an escalation is looked up before
(`fettled.app.concern`). Which events and tickets a receiver wants at all is its filter's
(`fettled.core.routing`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fettled.core import self_test
from fettled.core.chain import UNATTENDED
from fettled.core.events import told_as
from fettled.core.routing import Audience, Receiver
from fettled.core.tickets import Entry, Ticket

#: What people are told of a ticket although it is snoozed: that it is over, or not any more.
_TOLD_ANYWAY = frozenset({"resolved", "closed", "reopened"})


@dataclass(frozen=True, slots=True)
class Concern:
    """
    Whom an event of a ticket concerns.

    Attributes:
        people: whose ticket it is: its assignee, or whoever is on call of its shift.
        team: receivers that tell the team of the ticket.
        reached, reached_team: people, and receivers of teams, that an escalation goes to.
        given: whom this event gave the ticket to, or took it from.
        unfit: people who may not read this event, though the ticket is theirs.
        seeing: who may know of the ticket at all; None: that was not asked.
    """

    people: frozenset[str] = frozenset()
    team: frozenset[str] = frozenset()
    reached: frozenset[str] = frozenset()
    reached_team: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    unfit: frozenset[str] = frozenset()
    seeing: frozenset[str] | None = None


def is_told(receiver: Receiver, ticket: Ticket, entry: Entry, concern: Concern) -> bool:
    """Whether *receiver* is told of *entry*, after which the ticket is as it is given."""
    if _is_own(receiver, entry) or receiver.user in concern.unfit:
        return False
    if is_reached(receiver, ticket, entry, concern):
        return True
    if not receiver.wants(told_as(entry.event), ticket):
        return False
    if entry.event == self_test.EVENT:
        return True  # it is nobody's ticket, and each lane is to be tested
    if receiver.for_people and is_quiet(ticket, entry) and receiver.user not in concern.given:
        return False
    return _CONCERNS[receiver.audience](receiver, concern)


def is_reached(receiver: Receiver, ticket: Ticket, entry: Entry, concern: Concern) -> bool:
    """
    Whether an escalation goes to *receiver*: told whatever events it is told of otherwise.

    Of tickets that its filter leaves out it is not told by an escalation either.
    """
    is_meant = (
        receiver.user in concern.reached
        if receiver.user is not None
        else receiver.name in concern.reached_team
    )
    return is_meant and not _is_own(receiver, entry) and receiver.filter.covers(ticket)


def is_reminded(receiver: Receiver, ticket: Ticket, concern: Concern) -> bool:
    """
    Whether *ticket*, of which *receiver* was told, is still its matter.

    A person's it is while it is nobody else's, for those whom an escalation reached do not own
    it; but not once it is out of their sight.
    """
    if not receiver.filter.covers(ticket):
        return False
    user, seeing = receiver.user, concern.seeing
    is_seen = user is not None and (seeing is None or user in seeing)
    return (is_seen and not concern.people) or _CONCERNS[receiver.audience](receiver, concern)


def is_unattended(ticket: Ticket, at: datetime) -> bool:
    """Whether nobody has started, held or snoozed *ticket*, which is open."""
    return ticket.status in UNATTENDED and not is_snoozed(ticket, at)


def is_snoozed(ticket: Ticket, at: datetime) -> bool:
    """Whether people are to be left alone with *ticket* at *at*."""
    snooze = ticket.snooze
    return snooze is not None and (snooze.until is None or snooze.until > at)


def is_quiet(ticket: Ticket, entry: Entry) -> bool:
    """Whether people are not told of *entry* because the ticket is snoozed."""
    return is_snoozed(ticket, entry.at) and entry.event not in _TOLD_ANYWAY


def _is_own(receiver: Receiver, entry: Entry) -> bool:
    """Whether the receiver's person did it, and so knows."""
    is_theirs = receiver.user is not None and entry.actor.name == receiver.user
    return is_theirs and entry.actor.is_person


#: Whether an event concerns a receiver, by whom it is for.
_CONCERNS: Mapping[Audience, Callable[[Receiver, Concern], bool]] = {
    Audience.EVERYONE: lambda _receiver, _concern: True,
    Audience.TEAM: lambda receiver, concern: receiver.name in concern.team,
    Audience.PERSON: lambda receiver, concern: (
        receiver.user in concern.people or receiver.user in concern.given
    ),
}
