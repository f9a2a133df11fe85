"""A ticket's life in hours, through the real actions, with its clocks reckoned at each step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from fettled.core import lifecycle
from fettled.core.actions import Action
from fettled.core.effects import Moment
from fettled.core.intervals import Piece
from fettled.core.moves import act
from fettled.core.sla import Terms, due_events, reckoned, told_as
from fettled.core.sla_values import Clocks, Reading
from fettled.core.tickets import MONITOR, Actor, Change, Resolution, Ticket
from fettled.core.words import Cause, Code, Priority, Source

#: A Monday.
START = datetime(2026, 11, 16, tzinfo=UTC)
ANN = Actor("user", "ann")
MOMENT = timedelta(microseconds=1)


def hour(hours: float) -> datetime:
    """So many hours after the start."""
    return START + timedelta(hours=hours)


def windows(*pairs: tuple[float, float]) -> Terms:
    """Terms with maintenance windows at these hours."""
    pieces = [(hour(start), hour(end)) for start, end in pairs]

    def over(since: datetime) -> Iterator[Piece]:
        return (piece for piece in pieces if piece[1] > since)

    return Terms(windows=over)


@dataclass
class Life:
    """One ticket: every change passes through `reckoned`, as every write does."""

    ticket: Ticket
    terms: Terms = Terms()  # noqa: RUF009 - frozen

    @classmethod
    def begun(
        cls,
        priority: Priority = Priority.HIGH,
        source: Source = Source.USER,
        terms: Terms = Terms(),  # noqa: B008 - frozen
    ) -> Life:
        """Open a ticket at hour 0."""
        fresh = Ticket("a ticket", "device_offline", source, priority, START, START)
        return cls(replace(reckoned(fresh, terms, START), number=1), terms)

    @property
    def clocks(self) -> Clocks:
        """Its clocks as they were written last."""
        return self.ticket.sla

    def do(self, at: float | datetime, action: Action) -> Life:
        """Let Ann act."""
        when = at if isinstance(at, datetime) else hour(at)
        change = act(self.ticket, action, Moment(ANN, when))
        assert change is not None
        return self.take(change)

    def take(self, change: Change) -> Life:
        """Write a change."""
        self.ticket = reckoned(change.ticket, self.terms, change.ticket.updated_at)
        return self

    def prioritise(self, at: float, priority: Priority, *, by_person: bool) -> Life:
        """Give it another priority."""
        now = replace(self.ticket, priority=priority)
        if by_person:
            now = replace(now, priority_by_person=True)
        actor = ANN if by_person else MONITOR
        return self.take(lifecycle.note(now, "priority_changed", hour(at), actor))

    def resolve_itself(self, at: float, code: Code = Code.AUTO_RECOVERED) -> Life:
        """Let the monitor resolve it."""
        return self.take(lifecycle.resolved(self.ticket, Resolution(code, hour(at), MONITOR)))

    def come_back(self, at: float, cause: Cause) -> Life:
        """Let the monitor reopen it."""
        return self.take(lifecycle.reopened(self.ticket, cause, hour(at), MONITOR))

    def at(self, when: float | datetime) -> Clocks:
        """What its clocks say then, if nothing happens until then."""
        at = when if isinstance(when, datetime) else hour(when)
        return reckoned(self.ticket, self.terms, at).sla

    def response(self, when: float | datetime) -> Reading:
        """Its clock of the response."""
        return self.at(when).response

    def resolution(self, when: float | datetime) -> Reading:
        """Its clock of the resolution."""
        return self.at(when).resolution

    def tell(self, when: float) -> list[str]:
        """Tell what is due, as the chore does."""
        fresh = reckoned(self.ticket, self.terms, hour(when))
        words = [told_as(clock, event) for clock, event in due_events(fresh.sla)]
        told = replace(fresh.sla, told=(*fresh.sla.told, *words))
        self.ticket = reckoned(replace(fresh, sla=told), self.terms, hour(when))
        return words
