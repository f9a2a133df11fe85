"""A span is its observations: it ends where folding it would not give the same."""

from datetime import timedelta

from fettled.core.observations import Observation, Reason, kind_of
from fettled.core.policy import Flap, Policy
from fettled.core.spans import begin, expand, extend
from fettled.core.words import SubjectType, Verdict
from timeline import Timeline, at

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
