"""
Why a check is as it is: what counts, what is missing, what holds it, and what comes next.

Values in, one value out; the first line of it answers the question. Every gate is told
(`holding`), and what a relapse would do (`prospects`). Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fettled.core.gates import Due
from fettled.core.holding import Held, all_holding, asks_for_ticket
from fettled.core.observations import Reason
from fettled.core.prospects import Coming, Missing, Relapse, coming, in_words, missing, relapse_of
from fettled.core.quiet import Rule
from fettled.core.spans import Span
from fettled.core.tickets import Ticket
from fettled.core.words import MemberState, Phase, Verdict


@dataclass(frozen=True, slots=True)
class Evidence:
    """Looks in a row that said the same; wall time."""

    verdict: Verdict
    reason: Reason
    message: str
    since: datetime
    until: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Run:
    """The looks that are being counted towards the next phase."""

    is_up: bool
    since: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Stands:
    """
    The open ticket that stands for it.

    Attributes:
        is_own: its own, else it is a line of the checklist; *line* says how that stands.
        members, done: of the checklist.
    """

    ticket: Ticket
    is_own: bool
    line: MemberState | None = None

    @property
    def members(self) -> int:
        """How many lines it has."""
        return self.ticket.member_count

    @property
    def done(self) -> int:
        """How many of them are not down any more."""
        return self.ticket.done_count


@dataclass(frozen=True, slots=True)
class Blind:
    """Nothing is known: why, and since when (None: never anything)."""

    reason: Reason
    message: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Known:
    """
    What is known of a check.

    Attributes:
        due: the check as a decision would see it now.
        spans: lately, in order, those that are not stored yet among them.
        next_at: of its next look, wall time.
        rules: the silences and windows that hold for its subject.
        waiting: observations that wait for the store.
        is_unaccounted: nothing stands for it, and that cannot be right.
    """

    due: Due
    spans: Sequence[Span] = ()
    next_at: datetime | None = None
    rules: Sequence[Rule] = ()
    waiting: int = 0
    is_unaccounted: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a check is as it is; wall time."""

    check: str
    summary: str
    phase: Phase
    since: datetime | None
    evidence: tuple[Evidence, ...]
    run: Run | None
    missing: Missing
    gates: tuple[Held, ...]
    stands: Stands | None
    coming: tuple[Coming, ...]
    relapse: Relapse
    blind: Blind | None
    waiting: int
    is_unaccounted: bool


def explain(known: Known) -> Explanation:
    """Explain the check that *known* is about."""
    due = known.due
    condition, context = due.condition, due.context
    gates, stands = all_holding(due, known.rules), _stands(due)
    relapse, blind = relapse_of(due), _blind(known)
    run = None
    if condition.run_from is not None:
        is_up = condition.verdict is Verdict.UP
        run = Run(is_up, due.wall_of(condition.run_from), condition.run_count)
    return Explanation(
        check=condition.check,
        summary=_summary(known, gates, stands, blind),
        phase=condition.phase,
        since=context.to_wall(condition.since),
        evidence=tuple(_evidence(span, due) for span in known.spans),
        run=run,
        missing=missing(due),
        gates=gates,
        stands=stands,
        coming=coming(due, known.next_at, gates, relapse),
        relapse=relapse,
        blind=blind,
        waiting=known.waiting,
        is_unaccounted=known.is_unaccounted,
    )


def _evidence(span: Span, due: Due) -> Evidence:
    first, last = due.wall_of(span.first), due.wall_of(span.last)
    return Evidence(span.verdict, span.reason, span.message, first, last, span.count)


def _stands(due: Due) -> Stands | None:
    ticket, membership = due.context.ticket, due.context.membership
    if ticket is not None and ticket.is_open:
        return Stands(ticket, is_own=True)
    if membership is None:
        return None
    return Stands(membership.ticket, is_own=False, line=membership.member.state)


def _blind(known: Known) -> Blind | None:
    """Say why nothing is known now, if the last look was evidence of nothing or there is none."""
    last = known.spans[-1] if known.spans else None
    if last is None:
        return Blind(Reason.NO_EVIDENCE, "it was not looked at lately", None)
    if last.verdict is not Verdict.UNKNOWN:
        return None
    evidence = [span for span in known.spans if span.verdict is not Verdict.UNKNOWN]
    since = known.due.wall_of(evidence[-1].last) if evidence else None
    return Blind(last.reason, last.message, since)


def _summary(
    known: Known, gates: tuple[Held, ...], stands: Stands | None, blind: Blind | None
) -> str:
    due = known.due
    words = [_how_it_is(due)]
    if blind is not None:
        since = f" since {moment(blind.since)}" if blind.since is not None else ""
        words.append(f"nothing is known of it{since} ({blind.reason})")
    if stands is not None:
        words.append(_ticket(stands))
    elif known.is_unaccounted:
        words.append("nothing stands for it and nothing holds it: this is a bug of fettled")
    elif asks_for_ticket(due):
        words.append(_why_none(gates))
    elif due.condition.phase is Phase.PENDING_OPEN:
        words.append(_until_it_fires(due))
    if known.waiting:
        words.append(f"{known.waiting} observations wait for the store")
    return f"{due.condition.check}: {'; '.join(words)}."


_PHRASES = {
    Phase.UNKNOWN: "nothing is believed of it yet",
    Phase.HEALTHY: "healthy",
    Phase.PENDING_OPEN: "failing",
    Phase.FIRING: "down",
    Phase.PENDING_RESOLVE: "was down and answers again",
    Phase.FLAPPING: "flapping",
}


def _how_it_is(due: Due) -> str:
    condition, wall = due.condition, due.context.wall
    words = _PHRASES[condition.phase]
    if condition.phase is Phase.FIRING and condition.verdict is Verdict.DEGRADED:
        words = "degraded"
    if condition.phase in {Phase.PENDING_OPEN, Phase.FIRING}:
        words += f" ({condition.reason})"
    since = condition.since and due.wall_of(condition.since)
    if condition.phase in {Phase.PENDING_OPEN, Phase.FIRING} and condition.first is not None:
        since = condition.first
    return words if since is None else f"{words} since {moment(since)} ({in_words(wall - since)})"


def _ticket(stands: Stands) -> str:
    ticket = stands.ticket
    if stands.is_own:
        return f"#{ticket.number} is {ticket.status}"
    done = f"{stands.done} of {stands.members} recovered"
    return f"it is a line of #{ticket.number}, {ticket.title} ({done})"


def _why_none(gates: tuple[Held, ...]) -> str:
    if not gates:
        return "it has no ticket yet: its next look decides"
    held = [
        f"{each.gate}" + (f" until {moment(each.until)}" if each.until is not None else "")
        for each in gates
    ]
    return f"it has no ticket: held by {', '.join(held)}"


def _until_it_fires(due: Due) -> str:
    need = missing(due)
    left = f"{need.looks} more failures" if need.looks != 1 else "1 more failure"
    at = f" from {moment(need.at)} on" if need.at is not None else ""
    return f"not confirmed yet: it takes {left}{at}"


def moment(at: datetime | None) -> str:
    """Write a time for people, to the second, in UTC."""
    return "-" if at is None else f"{at:%Y-%m-%d %H:%M:%S}Z"
