"""
Open, reopen, attach, or stay quiet: the six rules, in order, as a table.

Asked on every accepted not-up observation in firing or flapping, and only then, of the
condition's open ticket or else its newest. Durations are measured in wall time, since
people resolve by the clock on the wall.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fettled.core.policy import NEVER, Policy
from fettled.core.tickets import Ticket
from fettled.core.words import Cause, Code, Gate, Status


@dataclass(frozen=True, slots=True)
class Attach:
    """The ticket is open: nothing to do."""


@dataclass(frozen=True, slots=True)
class StayQuiet:
    """A gate holds, until a time or until something else happens."""

    gate: Gate
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReopenIt:
    """The same ticket again."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class OpenNew:
    """A new ticket, linked to the previous one where there is one."""


Decision = Attach | StayQuiet | ReopenIt | OpenNew


@dataclass(frozen=True, slots=True)
class Case:
    """
    What the rules look at; all times are wall time.

    Attributes:
        ticket: the condition's open ticket, else its newest, else None.
        first: the first not-up observation of this spell.
        healthy_until: the last instant in phase healthy; None: never was.
        at: when the evidence was seen.
        now: when the decision is taken; later than that for evidence that was held.
        duplicate_is_open: whether the ticket it is a duplicate of is open.
    """

    ticket: Ticket
    policy: Policy
    first: datetime
    healthy_until: datetime | None
    at: datetime
    now: datetime
    duplicate_is_open: bool = False

    @property
    def was_well_since(self) -> bool:
        """Whether there was a confirmed healthy spell since the resolution."""
        resolved_at = self.ticket.resolved_at
        return (
            resolved_at is not None
            and self.healthy_until is not None
            and self.healthy_until > resolved_at
        )


#: A resolution further in the future was stamped by a clock that was wrong, and its end is
#: not waited for. Less is a clock that was set: then verifying lasts that much longer.
WRONG_CLOCK = timedelta(days=1)
#: Codes by which people say that they know and accept it.
ACCEPTED = frozenset({Code.WONT_FIX, Code.WORKAROUND, Code.DUPLICATE})


def _open(case: Case) -> Decision | None:
    return Attach() if case.ticket.is_open else None


def _accepted(case: Case) -> Decision | None:
    resolution = case.ticket.resolution
    if resolution is None or resolution.code not in ACCEPTED or case.was_well_since:
        return None
    if resolution.code is Code.DUPLICATE and not case.duplicate_is_open:
        return None
    if resolution.until is not None and case.at >= resolution.until:
        return None
    return StayQuiet(Gate.ACCEPTED, resolution.until)


def _closed(case: Case) -> Decision | None:
    return OpenNew() if case.ticket.status is Status.CLOSED else None


def _still_unhealthy(case: Case) -> Decision | None:
    resolution = case.ticket.resolution
    if resolution is None or case.was_well_since:
        return None
    if resolution.code is Code.MERGED:
        # What it was merged into is over, and this is not: it gets its own ticket back.
        return ReopenIt(Cause.STILL_UNHEALTHY)
    if not resolution.by.is_person:
        return None
    until = resolution.at + case.policy.verify_after_resolve
    if case.at < until and resolution.at - case.now <= WRONG_CLOCK:
        return StayQuiet(Gate.VERIFY, until)
    return ReopenIt(Cause.STILL_UNHEALTHY)


def _relapse(case: Case) -> Decision | None:
    resolved_at, window = case.ticket.resolved_at, case.policy.reopen_window
    if resolved_at is None or window == NEVER or case.first - resolved_at >= window:
        return None
    return ReopenIt(Cause.RELAPSE)


def _otherwise(_case: Case) -> Decision:
    return OpenNew()


#: In this order; the first that has an answer decides.
RULES: tuple[Callable[[Case], Decision | None], ...] = (
    _open,
    _accepted,
    _closed,
    _still_unhealthy,
    _relapse,
    _otherwise,
)


def decide(case: Case) -> Decision:
    """Take the first answer of the six rules."""
    return next(answer for rule in RULES if (answer := rule(case)) is not None)
