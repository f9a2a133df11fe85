"""
A scenario as values: what happens to a fleet and when, and what must be true by then.

Times count from the beginning. How a scenario is written is `fettled.config.scenario`'s;
it is played on a ledger by `fettled.app.rehearsal`, and on real devices by the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from fettled.core.observations import Outcome, Reason
from fettled.core.words import Code, Gate, Phase, Status, Verdict


class State(StrEnum):
    """What looks at a check find, as scenarios call it."""

    UP = "up"
    DOWN = "down"
    REFUSED = "refused"
    SILENT = "silent"
    WRONG = "wrong"
    AUTH = "auth"
    SLOW = "slow"
    UNKNOWN = "unknown"


#: What a look finds in each state. Down without more is refused: that proves the network.
FOUND: dict[State, Outcome] = {
    State.UP: Outcome(Verdict.UP, Reason.OK),
    State.DOWN: Outcome(Verdict.DOWN, Reason.REFUSED, "connection refused"),
    State.REFUSED: Outcome(Verdict.DOWN, Reason.REFUSED, "connection refused"),
    State.SILENT: Outcome(Verdict.DOWN, Reason.TIMEOUT, "no answer"),
    State.WRONG: Outcome(Verdict.DOWN, Reason.HTTP_STATUS, "HTTP 500"),
    State.AUTH: Outcome(Verdict.DOWN, Reason.AUTH, "HTTP 401"),
    State.SLOW: Outcome(Verdict.DEGRADED, Reason.LATENCY, "slow"),
    State.UNKNOWN: Outcome(Verdict.UNKNOWN, Reason.STALLED, "this machine was too busy"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step stands in its file."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Turn:
    """What looks at these checks find from now on."""

    checks: tuple[str, ...]
    state: State


@dataclass(frozen=True, slots=True)
class Act:
    """
    What a person does to the ticket of a check: its newest, open or not.

    Attributes:
        code: of a resolution; None: this is none.
        comment: None: this is none. Neither: the ticket is reopened.
    """

    check: str
    code: Code | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Hush:
    """A silence over a subject, with what hangs below it or without."""

    subject: str
    lasting: timedelta
    with_below: bool = False


@dataclass(frozen=True, slots=True)
class Restart:
    """The daemon is stopped, and started again after a while."""

    away: timedelta = timedelta()


Event = Turn | Act | Hush | Restart


@dataclass(frozen=True, slots=True)
class OnTicket:
    """
    What must be true of a ticket about a check: its own, its children's, or one it is on.

    Attributes:
        status: None: any; `open` means any open one.
        members: how many lines its checklist has; None: any.
    """

    check: str
    status: Status | None = None
    members: int | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class NoTicket:
    """No ticket about the check is open."""

    check: str


@dataclass(frozen=True, slots=True)
class InPhase:
    """The check is in this phase."""

    check: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class GatedBy:
    """This gate holds the check; None: none does."""

    check: str
    gate: Gate | None


@dataclass(frozen=True, slots=True)
class MemberOf:
    """The check is a line on the open ticket about another one."""

    check: str
    of: str


@dataclass(frozen=True, slots=True)
class Count:
    """So many tickets were opened, reopened, resolved or merged since the beginning."""

    number: int
    what: str


Claim = OnTicket | NoTicket | InPhase | GatedBy | MemberOf | Count


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens at a time."""

    at: timedelta
    event: Event
    place: Place


@dataclass(frozen=True, slots=True)
class Expectation:
    """
    What must be true at some instant from *start* to *end*, both included.

    Attributes:
        throughout: it must be true at all of them.
        words: as they were written.
    """

    start: timedelta
    end: timedelta
    claim: Claim
    words: str
    place: Place
    throughout: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    A whole scenario; steps in order of time.

    Attributes:
        every: the interval of all checks; None: each its own.
    """

    title: str
    steps: tuple[Step, ...]
    expectations: tuple[Expectation, ...]
    every: timedelta | None = None

    @property
    def ends(self) -> timedelta:
        """The last instant that matters."""
        steps = [step.at + _lasts(step.event) for step in self.steps]
        return max([*steps, *(each.end for each in self.expectations)], default=timedelta())


def _lasts(event: Event) -> timedelta:
    return event.away if isinstance(event, Restart) else timedelta()


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that was not met, and what was the case instead."""

    expectation: Expectation
    instead: str

    def __str__(self) -> str:
        return f"{self.expectation.place}: {self.expectation.words}: {self.instead}"
