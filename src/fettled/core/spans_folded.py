"""
Folding whole spans: what `step` makes of each observation of one, without asking each.

Most of a span changes nothing: once `is_quiet` says so of one of its observations, it says
so of all that follow in it, unless something else acts on the condition or its ticket.
That is what makes months replayable in seconds. Who acts, and when, is the replay's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fettled.core.condition import Condition
from fettled.core.context import Context
from fettled.core.engine import is_quiet, step
from fettled.core.flap import Stretch, stretched
from fettled.core.policy import Policy
from fettled.core.spans import Span, max_gap, nth, step_of
from fettled.core.tickets import Change
from fettled.core.words import Verdict


@dataclass(frozen=True, slots=True)
class Folded:
    """
    What came of a span.

    Attributes:
        stretch: the continuous evidence up to its end.
        changes: of the ticket, in order.
        asked: how many of its observations had to be decided.
    """

    condition: Condition
    stretch: Stretch | None
    changes: tuple[Change, ...] = ()
    asked: int = 0


def first_new(condition: Condition, span: Span, n: int = 0) -> int:
    """Say which observation of *span*, from the *n*-th on, is the first that is not old news."""
    incarnation, seq = condition.order
    if span.order[0] != incarnation:
        return n if span.order[0] > incarnation else span.count
    return min(max(n, seq - span.order[1] + 1), span.count)


def first_since(span: Span, at: datetime, step_: timedelta) -> int:
    """Say which observation of *span* is the first that was made at *at* or later."""
    if at <= span.first:
        return 0
    if at > span.last or not step_:
        return span.count
    n = -((span.first - at) // step_)
    return min(n, span.count)


def stretched_to(
    stretch: Stretch | None, span: Span, timeout: timedelta, upto: int, done: int = 0
) -> Stretch | None:
    """Lengthen *stretch* by the observations *done* to *upto* (exclusive) of *span*."""
    if span.verdict is Verdict.UNKNOWN or upto <= done:
        return stretch
    gap, apart = max_gap(span.cadence, timeout), step_of(span)
    last = span.first + (upto - 1) * apart
    if apart > gap and upto - done > 1:
        return Stretch(last, last)  # recorded under another timeout: each is a new beginning
    return Stretch(stretched(stretch, span.first + done * apart, gap).since, last)


def advance(condition: Condition, span: Span, policy: Policy, context: Context) -> Folded:
    """
    Fold *span* into *condition*, as folding `step` over `expand(span)` does.

    *context* is that of the first observation; the others have the same, but for their
    times, the evidence before them, and the ticket as the ones before have left it.
    """
    sight, apart = context.sight, step_of(span)
    stretch, ticket = sight.stretch, context.ticket
    changes: list[Change] = []
    if span.verdict is Verdict.UNKNOWN:
        return Folded(condition, stretch)
    n = first_new(condition, span)
    stretch = stretched_to(stretch, span, sight.timeout, n)
    asked = n
    while asked < span.count:
        seen = nth(span, asked, apart)
        if is_quiet(condition, seen, policy, ticket, context.membership):
            break
        wall = seen.started + sight.offset
        here = replace(
            context,
            sight=replace(sight, stretch=stretch),
            wall=wall,
            now=max(wall, context.now),
            ticket=ticket,
        )
        condition, change = step(condition, seen, policy, here)
        if change is not None:
            changes.append(change)
            ticket = change.ticket
        asked += 1
        stretch = stretched_to(stretch, span, sight.timeout, asked, asked - 1)
    stretch = stretched_to(stretch, span, sight.timeout, span.count, asked)
    return Folded(condition, stretch, tuple(changes), asked - n)
