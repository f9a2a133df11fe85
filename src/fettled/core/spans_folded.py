"""
Folding whole spans: what `step` makes of each observation of one, without asking each.

Most of a span changes nothing: once `is_quiet` says so of one of its observations, it says
so of all that follow in it, unless something else acts on the condition or its ticket. And
while a run is counted towards a debounce, nothing is decided before that can be met. That
is what makes months replayable in seconds. Who acts, and when, is the replay's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fettled.core.condition import Condition
from fettled.core.context import Context
from fettled.core.engine import is_quiet, step
from fettled.core.flap import Stretch, stretched
from fettled.core.phases import debounce
from fettled.core.policy import Policy
from fettled.core.spans import Span, max_gap, nth, step_of
from fettled.core.tickets import Change
from fettled.core.words import Phase, Verdict

_PENDING = frozenset({Phase.PENDING_OPEN, Phase.PENDING_RESOLVE})


@dataclass(frozen=True, slots=True)
class Folded:
    """
    What came of a span.

    Attributes:
        stretch: the continuous evidence up to its end.
        changes: of the ticket, in order.
    """

    condition: Condition
    stretch: Stretch | None
    changes: tuple[Change, ...] = ()


def first_new(condition: Condition, span: Span) -> int:
    """Say which observation of *span* is the first that is not old news."""
    incarnation, seq = condition.order
    if span.order[0] != incarnation:
        return 0 if span.order[0] > incarnation else span.count
    return min(max(0, seq - span.order[1] + 1), span.count)


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


def coast(
    condition: Condition, span: Span, n: int, policy: Policy, timeout: timedelta
) -> tuple[Condition, int]:
    """
    Count the observations of *span* from the *n*-th on that only add to a pending run.

    Returns:
        The condition after them, and the observation that the debounce may be met at (or
        the end of the span): the next one to be decided.
    """
    apart, gap = step_of(span), max_gap(span.cadence, timeout)
    run_from, run_last = condition.run_from, condition.run_last
    says_the_same = (
        condition.phase in _PENDING
        and condition.verdict is span.verdict
        and condition.reason is span.reason
        and condition.kind == span.kind
        and condition.priority is span.priority
    )
    if not says_the_same or run_from is None or run_last is None:
        return condition, n
    if apart > gap or span.first + n * apart - run_last > gap:
        return condition, n
    after, count = debounce(condition.phase, policy, up=span.verdict is Verdict.UP)
    due = max(first_since(span, run_from + after, apart), n + count - condition.run_count - 1)
    if due <= n:
        return condition, n
    due = min(due, span.count)
    last, order = span.first + (due - 1) * apart, (span.order[0], span.order[1] + due - 1)
    counted = condition.run_count + due - n
    return replace(condition, run_last=last, run_count=counted, order=order), due


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
    at = n
    while at < span.count:
        condition, due = coast(condition, span, at, policy, sight.timeout)
        stretch = stretched_to(stretch, span, sight.timeout, due, at)
        at = due
        if at == span.count:
            break
        seen = nth(span, at, apart)
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
        at += 1
        stretch = stretched_to(stretch, span, sight.timeout, at, at - 1)
    stretch = stretched_to(stretch, span, sight.timeout, span.count, at)
    return Folded(condition, stretch, tuple(changes))
