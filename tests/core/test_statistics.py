"""What tickets add up to: from which instant to which, and what is counted where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fettled.core.statistics import TOP, Lengths, Outline, Recurring, Sums, lengths

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BARE = Outline(1, NOON, None, None, None, None, None, None, None, None, 0)


def minutes(count: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=count)


def test_of_nothing_there_is_no_mean() -> None:
    """Null, rather than nought: nobody was quick."""
    sums = Sums()

    assert (sums.to_answer, sums.to_repair) == (Lengths(), Lengths())
    assert sums.recurring == []


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        # (first failure, recovery, resolved), in minutes after it was opened at noon
        ((-5, 20, 30), 1500),
        ((-5, None, 30), 2100),
        ((None, 20, 30), 1200),
        ((None, None, 30), 1800),
        # A clock that was set back.
        ((10, 5, 30), 0),
    ],
)
def test_a_repair_takes_from_the_first_failure_to_the_recovery(
    told: tuple[float | None, float | None, float], seconds: float
) -> None:
    """Not from when a ticket was opened, nor to when somebody got round to resolving it."""
    failed, recovered, resolved = (None if each is None else minutes(each) for each in told)
    sums = Sums()

    sums.tell_resolved(
        [BARE._replace(occurred_at=failed, recovered_at=recovered, resolved_at=resolved)]
    )

    assert sums.to_repair.mean == seconds


def test_an_answer_takes_from_the_opening_to_the_first_start() -> None:
    """Whoever was never answered lengthens and shortens nothing."""
    sums = Sums()

    sums.tell_opened([BARE, *(BARE._replace(responded_at=minutes(n)) for n in (1, 2, 9))])

    assert sums.opened == 4
    assert sums.to_answer == Lengths(3, 240.0, 120.0, pytest.approx(456.0))


def test_of_one_length_all_figures_are_that_length() -> None:
    """There is no distribution to speak of."""
    assert lengths([7.0]) == Lengths(1, 7.0, 7.0, 7.0)


def test_a_clock_counts_where_its_ticket_does() -> None:
    """The response with what was opened, the resolution with what was resolved; by outcome."""
    sums = Sums()
    some = [BARE._replace(response=how, resolution="met") for how in ("met", "missed", None)]

    sums.tell_opened(some)
    sums.tell_resolved([each._replace(resolution="not_required") for each in some])

    assert sums.response == {"met": 1, "missed": 1}
    assert sums.resolution == {"not_required": 3}


def test_behind_a_false_alarm_there_was_nothing() -> None:
    """An error of the user was something, and so was what came right by itself."""
    codes = ("no_action", "not_reproducible", "user_error", "auto_recovered", "fixed")
    sums = Sums()

    sums.tell_resolved([BARE._replace(code=code) for code in codes])

    assert (sums.resolved, sums.false_alarms) == (5, 2)


def test_what_comes_again_is_named_by_how_often() -> None:
    """One ticket that was never reopened is nothing that recurs; the most frequent first."""
    sums = Sums()
    sums.tell_opened([BARE, BARE._replace(subject="once")])
    sums.tell_opened(
        [BARE._replace(number=n, subject="door", reopen_count=n) for n in (7, 2)]
        + [BARE._replace(number=9, subject="hub", reopen_count=1)]
    )

    assert sums.recurring == [Recurring("door", 2, 9, 7), Recurring("hub", 1, 1, 9)]
    sums.tell_opened(BARE._replace(subject=f"s{n}", reopen_count=1) for n in range(TOP * 2))
    assert len(sums.recurring) == TOP
