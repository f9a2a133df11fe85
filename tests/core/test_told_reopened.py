"""How often a ticket came back within what one message tells, when, and after which end."""

from __future__ import annotations

from datetime import datetime, timedelta

from fettled.core.deliveries import Delivery
from fettled.core.reopened import Reopened, reopened, times_reopened
from tickets_for import NOW


def at(minutes: float) -> datetime:
    """So many minutes after the beginning."""
    return NOW + timedelta(minutes=minutes)


def told(event: str, minutes: float, count: int) -> Delivery:
    """An event that is owed, of a ticket that was reopened so often by then."""
    payload = {"ticket": {"reopen_count": count}}
    return Delivery(1, "ops", 7, f"ticket.{event}", "e", 1, at(minutes), 1, payload)


def test_a_reopening_that_is_the_first_to_be_told_of_counts() -> None:
    """
    The ticket's count was raised by it already: it is one all the same.

    Seen to fail with the difference of the two counts alone.
    """
    again, comment = told("reopened", 0, 3), told("comment_added", 1, 3)
    assert times_reopened(again, comment) == 1
    assert times_reopened(again, again) == 1
    assert times_reopened(again, told("reopened", 2, 4)) == 2
    assert times_reopened(comment, comment) == 0
    assert times_reopened(told("opened", 0, 0), told("reopened", 2, 4)) == 4


def test_the_end_that_is_told_is_one_before_the_reopening() -> None:
    """
    Also where both are of one instant; that it was resolved since then is another matter.

    Seen to fail with ends after the last reopening, and without those of its own instant.
    """
    some = [told("opened", 0, 0), told("resolved", 1, 0), told("reopened", 2, 1)]
    later = [*some, told("resolved", 3, 1)]
    assert reopened(some, ()) == reopened(later, ()) == Reopened(1, at(2), at(1))
    at_once = [told("resolved", 2, 0), told("reopened", 2, 1)]
    assert reopened(at_once, ()) == Reopened(1, at(2), at(2))


def test_only_what_became_of_it_within_the_message_is_told() -> None:
    """
    What the store knows of before and after is another message's; both edges belong to this one.

    Seen to fail without the window, and without either of its edges.
    """
    ends = (told("comment_added", 10, 1), told("comment_added", 20, 2))
    outside = [("reopened", at(9)), ("reopened", at(21)), ("resolved", at(9.5))]
    assert reopened(ends, outside) == Reopened(1)
    inside = [("resolved", at(10)), ("reopened", at(20))]
    assert reopened(ends, [*outside, *inside]) == Reopened(1, at(20), at(10))
    assert reopened((ends[0], ends[0]), inside) is None
