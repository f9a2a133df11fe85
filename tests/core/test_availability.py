"""How long an application was available, from the history of what it runs on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fettled.core.availability import Availability, Stretch, availability, pieces
from fettled.core.words import Verdict

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
S = timedelta(seconds=1)
CADENCE, TIMEOUT = 2 * S, 1 * S
#: Three cadences and a timeout.
GAP = 7
#: The window within which is counted, in seconds from START.
SINCE, UNTIL = 5, 60
WORDS = {
    "up": Verdict.UP,
    "slow": Verdict.DEGRADED,
    "down": Verdict.DOWN,
    "unknown": Verdict.UNKNOWN,
}


def stretch(word: str, first: float, last: float) -> Stretch:
    """Say what was seen from one second to another."""
    return Stretch(WORDS[word], START + first * S, START + last * S, CADENCE)


def measure(
    hosts: Sequence[Sequence[Stretch]], since: int = SINCE, until: int = UNTIL
) -> Availability:
    """Lay the history of several hosts over each other."""
    begin, end = START + since * S, START + until * S
    return availability([pieces(some, TIMEOUT, begin, end) for some in hosts], begin, end)


def seconds(made: Availability) -> tuple[float, float, float, float]:
    """Give available, degraded, unavailable and unknown."""
    return tuple(
        part.total_seconds()
        for part in (made.available, made.degraded, made.unavailable, made.unknown)
    )


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ([], (0, 0, 0, 60)),
        ([[]], (0, 0, 0, 60)),
        ([[stretch("up", 0, 60)]], (60, 0, 0, 0)),
        # A verdict holds until the next look says otherwise.
        ([[stretch("up", 0, 20), stretch("down", 22, 40), stretch("up", 42, 60)]], (40, 0, 20, 0)),
        ([[stretch("up", 0, 20), stretch("slow", 20, 60)]], (60, 40, 0, 0)),
        # The last look before the end holds as long as the next one is not due.
        ([[stretch("up", 0, 53)]], (60, 0, 0, 0)),
        ([[stretch("up", 0, 52)]], (52, 0, 0, 8)),
        # Exactly as far apart as they may be, and a microsecond more.
        ([[stretch("up", 0, 20), stretch("down", 27, 60)]], (27, 0, 33, 0)),
        ([[stretch("up", 0, 20), stretch("down", 27.000001, 60)]], (20, 0, 32.999999, 7.000001)),
        ([[stretch("up", 10, 60)]], (50, 0, 0, 10)),
        ([[stretch("up", 0, 30), stretch("unknown", 30, 60)]], (30, 0, 0, 30)),
        # All hosts must be up; one that is down is enough, whatever is known of the others.
        ([[stretch("up", 0, 60)], [stretch("down", 0, 60)]], (0, 0, 60, 0)),
        ([[stretch("unknown", 0, 60)], [stretch("down", 0, 60)]], (0, 0, 60, 0)),
        ([[stretch("unknown", 0, 60)], [stretch("up", 0, 60)]], (0, 0, 0, 60)),
        ([[stretch("slow", 0, 60)], [stretch("up", 0, 60)]], (60, 60, 0, 0)),
        ([[stretch("up", 0, 60)], []], (0, 0, 0, 60)),
        # The clock was set back between two starts: no second counts twice.
        ([[stretch("up", 0, 30), stretch("down", 20, 60)]], (20, 0, 40, 0)),
        ([[stretch("up", 0, 40), stretch("down", 10, 20), stretch("up", 41, 60)]], None),
        # What was recorded for a time yet to come counts up to now.
        ([[stretch("up", 0, 90)]], (60, 0, 0, 0)),
    ],
)
def test_the_edges_of_what_counts(
    hosts: list[list[Stretch]], expected: tuple[float, ...] | None
) -> None:
    """Gaps and the unknown are on neither side; the three parts are the whole time."""
    made = measure(hosts, 0, 60)
    if expected is not None:
        assert seconds(made) == expected
    assert made.available + made.unavailable + made.unknown == 60 * S


def test_of_nothing_known_there_is_no_ratio() -> None:
    """Neither one nor nothing: a monitor that slept says nothing about the fleet."""
    assert measure([[]]).ratio is None
    assert measure([[stretch("up", 0, 29), stretch("down", 30, 60)]], 0, 60).ratio == 0.5


@st.composite
def histories(draw: st.DrawFn) -> list[Stretch]:
    """Draw what was seen of one host: whole seconds, in order, with and without gaps."""
    made, at = [], draw(st.integers(0, 20))
    for word in draw(st.lists(st.sampled_from(sorted(WORDS)), max_size=8)):
        last = at + draw(st.integers(0, 20))
        made.append(stretch(word, at, last))
        at = last + draw(st.integers(1, 12))
    return made


def verdict_at(history: Sequence[Stretch], second: int) -> Verdict:
    """Say what held in a second, by looking at every stretch there is."""
    at = START + second * S
    for n, one in enumerate(history):
        following = history[n + 1].first if n + 1 < len(history) else START + UNTIL * S
        holds_until = following if following - one.last <= GAP * S else one.last
        if one.first <= at < holds_until:
            return one.verdict
    return Verdict.UNKNOWN


def naively(hosts: Sequence[Sequence[Stretch]]) -> tuple[float, float, float, float]:
    """Count second by second."""
    available = degraded = unavailable = unknown = 0
    for second in range(SINCE, UNTIL):
        seen = [verdict_at(history, second) for history in hosts]
        if Verdict.DOWN in seen:
            unavailable += 1
        elif not seen or Verdict.UNKNOWN in seen:
            unknown += 1
        else:
            available += 1
            degraded += Verdict.DEGRADED in seen
    return available, degraded, unavailable, unknown


@given(st.lists(histories(), max_size=4))
def test_it_counts_as_one_does_second_by_second(hosts: list[list[Stretch]]) -> None:
    """
    Whatever the histories are.

    Seen to fail with gaps taken for what was seen before them, with an unknown host
    outweighing one that is down, and with the end of a piece left out where a gap follows.
    """
    assert seconds(measure(hosts)) == naively(hosts)


@given(histories(), st.randoms(use_true_random=False))
def test_whatever_the_clocks_did_the_parts_are_the_whole(
    history: list[Stretch], chance: object
) -> None:
    """
    Stretches out of order, as after a clock that was set back, count no second twice.

    Seen to fail with `told` left out of `pieces`.
    """
    chance.shuffle(history)  # type: ignore[attr-defined]  # Hypothesis gives a Random
    made = measure([history])
    assert made.available + made.unavailable + made.unknown == (UNTIL - SINCE) * S
    assert min(seconds(made)) >= 0
    assert made.degraded <= made.available
