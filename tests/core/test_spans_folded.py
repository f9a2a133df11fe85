"""A span is its observations: it ends where folding it would not give the same."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from fettled.core.actions import Comment, Reopen, Resolve
from fettled.core.context import Context
from fettled.core.observations import Observation, Reason, kind_of
from fettled.core.phases import Sight
from fettled.core.policy import Flap, Policy
from fettled.core.spans import Span, begin, expand, extend, step_of
from fettled.core.spans_folded import advance, first_since
from fettled.core.words import Code, Status, SubjectType, Verdict
from timeline import SEEN, START, Timeline, at

S = timedelta(seconds=1)


def _down(second: float, cadence: float, seq: int) -> Observation:
    kind = kind_of(SubjectType.INTEGRATION, Verdict.DOWN, Reason.REFUSED)
    return Observation(
        check="hub/main",
        started=at(second),
        took=0 * S,
        verdict=Verdict.DOWN,
        reason=Reason.REFUSED,
        order=(1, seq),
        cadence=cadence * S,
        kind=kind,
    )


def _spans(seen: list[Observation]) -> list:
    spans = [begin(seen[0])]
    for each in seen[1:]:
        longer = extend(spans[-1], each, 10 * S)
        if longer is None:
            spans.append(begin(each))
        else:
            spans[-1] = longer
    return spans


def test_a_change_of_the_step_ends_it() -> None:
    """A look at 60 s, then retries at 15 s: folded from spans as from the looks themselves."""
    seen = [_down(0, 60, 1), _down(180, 60, 2), _down(195, 15, 3), _down(210, 15, 4)]
    spans = _spans(seen)
    assert [span.count for span in spans] == [2, 2]
    policy = Policy(open_after=200 * S, flap=Flap(transitions=99))
    direct, folded = Timeline(policy=policy), Timeline(policy=policy)
    for each in seen:
        direct.take(each)
    for span in spans:
        for each in expand(span):
            folded.take(each)

    assert direct.condition.phase == folded.condition.phase
    assert direct.events == folded.events == ["opened"]


def test_jitter_does_not_end_it() -> None:
    """Nobody looks to the millisecond."""
    seen = [_down(30 * n + 0.05 * (n % 3), 30, n + 1) for n in range(20)]

    assert [span.count for span in _spans(seen)] == [20]


#: A span: what was seen, how often, how many seconds apart, and how long nothing was after it.
RUN = st.tuples(
    st.sampled_from(["up", "up", "down", "down", "refused", "auth", "slow", "unknown"]),
    st.integers(1, 40),
    st.sampled_from([15.0, 30.0, 59.7, 300.0]),
    st.sampled_from([15.0, 30.0, 99.0, 101.0, 5000.0]),
)
DEED = st.sampled_from(["comment", "resolve", "wont_fix", "reopen", "restart"])
POLICY = Policy(flap=Flap(transitions=4, ticket_after=120 * S, stable_after=120 * S))


def _fold(timeline: Timeline, span: Span) -> None:
    """Take *span* into *timeline* whole."""
    began = span.first + timeline.offset
    context = Context(
        sight=Sight(timeline.interval, timeline.timeout, timeline.stretch, timeline.offset),
        wall=began,
        now=began,
        subject="hub",
        ticket=timeline.ticket,
    )
    folded = advance(timeline.condition, span, timeline.policy, context)
    timeline.condition, timeline.stretch = folded.condition, folded.stretch
    kept = timeline.ticket
    for n, change in enumerate(folded.changes):
        if n > 0 and kept is not None:  # made from a ticket that the store had not seen yet
            known = {"number": kept.number, "version": kept.version, "last_seq": kept.last_seq}
            change = replace(change, ticket=replace(change.ticket, **known))  # noqa: PLW2901 - as the store would
        timeline.keep(change)
        kept = timeline.ticket if change.is_new else timeline.tickets[change.ticket.number - 1]


def _act(timeline: Timeline, deed: str, second: float) -> None:
    ticket = timeline.ticket
    if deed == "restart":
        timeline.restart()
    elif ticket is not None and deed == "comment":
        timeline.act(Comment("seen"), second)
    elif ticket is not None and ticket.is_open and deed in {"resolve", "wont_fix"}:
        timeline.act(Resolve(Code.FIXED if deed == "resolve" else Code.WONT_FIX), second)
    elif ticket is not None and deed == "reopen" and ticket.status is Status.RESOLVED:
        timeline.act(Reopen(), second)


@given(st.lists(st.one_of(RUN, RUN, RUN, DEED), max_size=14))
def test_folding_a_span_is_folding_its_observations(history: list) -> None:
    """
    `advance` equals `step` over `expand`: condition, stretch, and what every ticket was told.

    Seen to fail without the stretch over the quiet rest, and with quiet taken as the end of
    a span whose first observations are old.
    """
    direct, folded = Timeline(policy=POLICY), Timeline(policy=POLICY)
    second = 0.0
    for part in history:
        if isinstance(part, str):
            _act(direct, part, second)
            _act(folded, part, second)
            continue
        word, count, apart, pause = part
        verdict, reason = SEEN[word]
        span = Span(
            check="hub/main",
            verdict=verdict,
            reason=reason,
            kind=kind_of(direct.type, verdict, reason),
            first=at(second),
            last=at(second + (count - 1) * apart),
            count=count,
            order=(direct.incarnation, direct.seq + 1),
            cadence=apart * S,
        )
        for each in expand(span):
            direct.take(each)
        _fold(folded, span)
        direct.seq = folded.seq = direct.seq + count
        second += (count - 1) * apart + pause

    assert folded.condition == direct.condition
    assert folded.stretch == direct.stretch
    assert folded.events == direct.events
    assert folded.tickets == direct.tickets


def test_a_span_that_was_folded_in_part_goes_on_where_it_was() -> None:
    """Stored again and longer, its first observations are old news and change nothing."""
    seen = [_down(30 * n, 30, n + 1) for n in range(9)]
    half, whole = _spans(seen[:4])[0], _spans(seen)[0]
    policy = Policy(open_after=150 * S, flap=Flap(transitions=99))
    once, twice = Timeline(policy=policy), Timeline(policy=policy)

    _fold(once, whole)
    _fold(twice, half)
    _fold(twice, whole)

    assert twice.condition == once.condition
    assert twice.events == once.events == ["opened"]


def test_the_first_observation_since_a_moment_is_found() -> None:
    """Exactly at it counts; before the span it is the first, after it there is none."""
    span = _spans([_down(30 * n, 30, n + 1) for n in range(5)])[0]
    step = step_of(span)

    assert [first_since(span, START + s * S, step) for s in (-1, 0, 1, 30, 31, 120, 121)] == [
        *(0, 0, 1, 1, 2, 4, 5)
    ]
