"""
What a ticket remembers of its SLA clocks: values, without the rules that read them.

A ticket carries these with it, so that what its clocks say can be told from the ticket
alone. How they come about is `sla_history`'s and `sla`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fettled.core.intervals import Piece
from fettled.core.words import Priority, Status


class Clock(StrEnum):
    """The two clocks of a ticket."""

    RESPONSE = "response"
    RESOLUTION = "resolution"


class State(StrEnum):
    """How much time a running clock has left; ordered, the worst last."""

    GREEN = "green"
    ORANGE = "orange"
    RED = "red"

    @property
    def rank(self) -> int:
        """0 for green up to 2 for red."""
        return _RANKS[self]


_RANKS = {state: rank for rank, state in enumerate(State)}


class Outcome(StrEnum):
    """How a clock ended."""

    MET = "met"
    MISSED = "missed"
    NOT_REQUIRED = "not_required"


@dataclass(frozen=True, slots=True)
class Stretch:
    """
    A stretch of a ticket's life in which nothing changed that its clocks go by.

    Attributes:
        since: when it began; it ends where the next one begins.
        is_answered: somebody had started, and had not taken it back.
        is_fresh: the monitor raised the priority here, so the clocks start here.
    """

    since: datetime
    status: Status
    priority: Priority
    is_answered: bool = False
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What one clock says.

    Attributes:
        due_at: None where there is no target, or the time never comes.
        state: None for a clock that has ended, or has no target.
        outcome: None for one that has not ended.
        ended_at: when it ended.
        is_paused: it does not run now; *due_at* is as though it went on now.
    """

    due_at: datetime | None = None
    state: State | None = None
    outcome: Outcome | None = None
    ended_at: datetime | None = None
    is_paused: bool = False

    @property
    def met(self) -> bool | None:
        """Whether it was met; None where that is not known, or was not required."""
        if self.outcome in {None, Outcome.NOT_REQUIRED}:
            return None
        return self.outcome is Outcome.MET


@dataclass(frozen=True, slots=True)
class Generation:
    """How the clocks ended that a reopening put an end to."""

    number: int
    response: Reading
    resolution: Reading


@dataclass(frozen=True, slots=True)
class Clocks:
    """
    The history and the present of a ticket's clocks; all but *earlier* of its generation.

    Attributes:
        number: of the generation.
        stretches: in order.
        windows: maintenance windows over its subject, as far as they were until *as_of*.
        as_of: up to when all this was reckoned.
        told: events that were told, `response_at_risk` and the like.
        expires_at: of the certificate that the ticket is about.
        next_at: when there is something to be done again; None: never by itself.
    """

    number: int = 0
    stretches: tuple[Stretch, ...] = ()
    windows: tuple[Piece, ...] = ()
    as_of: datetime | None = None
    told: tuple[str, ...] = ()
    response: Reading = Reading()
    resolution: Reading = Reading()
    next_at: datetime | None = None
    earlier: tuple[Generation, ...] = ()
    expires_at: datetime | None = None

    @property
    def state(self) -> State | None:
        """The worse of the two states."""
        states = [each.state for each in (self.response, self.resolution) if each.state]
        return max(states, key=lambda state: state.rank, default=None)

    @property
    def due_at(self) -> datetime | None:
        """When the first of those that have not ended is due."""
        running = [each for each in (self.response, self.resolution) if each.outcome is None]
        return min((each.due_at for each in running if each.due_at is not None), default=None)


#: Of a ticket whose clocks nobody has looked at yet.
UNTOUCHED = Clocks()
