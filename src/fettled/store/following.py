"""
What follows from every change of a ticket, whoever makes it, in the same transaction.

So that the SLA's clocks and the deliveries of what happened are committed with it and can
be forgotten by none. What is stamped and who is told is not known here; the composition
root says. Both run on the writer's thread, and must neither wait nor raise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from fettled.core.condition import Condition
from fettled.core.subject_events import SubjectEvent
from fettled.core.tickets import Change, Entry, Ticket
from fettled.ports import TicketAction

Stamp = Callable[[Ticket], Ticket]
#: Names the receivers that an entry which triggers is due to, with the ticket as it is after.
Route = Callable[[Ticket, Entry], Iterable[str]]
#: Makes the action that an entry comes to beside its deliveries; None: there is none.
Record = Callable[[Ticket, Entry], TicketAction | None]
#: Says what a condition's change of phase comes to; None: nobody is told of it.
Phases = Callable[[Condition, Condition], SubjectEvent | None]


def unstamped(ticket: Ticket) -> Ticket:
    """Leave *ticket* as it is."""
    return ticket


def nowhere(ticket: Ticket, entry: Entry) -> Iterable[str]:
    """Tell nobody."""
    del ticket, entry
    return ()


def unrecorded(ticket: Ticket, entry: Entry) -> None:
    """Record nothing."""
    del ticket, entry


@dataclass(frozen=True, slots=True)
class Following:
    """
    What follows.

    Attributes:
        stamp: what every ticket passes through on its way into the store.
        route: to whom each of its events is due.
        record: what is an action of the ticket besides.
        phases: what a change of phase comes to; None: nobody asks for those.
        wall: reads the clock on the wall; None: events are owed when they happened.
    """

    stamp: Stamp = unstamped
    route: Route = nowhere
    record: Record = unrecorded
    phases: Phases | None = None
    wall: Callable[[], datetime] | None = None

    def owed_at(self, entry: Entry) -> datetime:
        """
        When an event is owed: when it happened, and never later than now.

        A ticket that was touched while the clock was ahead goes on from there.
        """
        return entry.at if self.wall is None else min(entry.at, self.wall())


def stamped(change: Change, stamp: Stamp) -> Change:
    """Give *change* with its ticket stamped."""
    ticket = stamp(change.ticket)
    if ticket is change.ticket:
        return change
    return Change(ticket, change.entries, change.members, change.merged, change.beliefs)
