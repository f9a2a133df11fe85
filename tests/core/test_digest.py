"""What people are told of several tickets at once: each is said once."""

from __future__ import annotations

import pytest

from fettled.core.digest import LINES, Line, digest_notice


def line(number: int, status: str = "open") -> Line:
    """A ticket's line."""
    return Line(number, f"door-{number}", "high", status)


def test_the_most_urgent_ticket_is_the_second_line_and_is_said_once() -> None:
    """
    Two lines are enough; whoever reads on reads of the others.

    Seen to fail where the first ticket stood there and again below.
    """
    told = digest_notice([line(7), line(9), line(3, "resolved")])
    assert told.text.splitlines() == [
        "3 tickets: 2 high, 1 over",
        "#7: high, open: door-7",
        "#9: high, open: door-9",
        "#3: high, resolved: door-3",
    ]


def test_what_has_no_line_is_counted() -> None:
    """The second line is one of them."""
    told = digest_notice([line(n) for n in range(LINES + 5)])
    assert told.text.count("door-") == LINES
    assert told.details[-1] == ("And", "+5 more")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("in_progress", "in progress, reopened"),
        ("resolved", "resolved again"),
        ("closed", "closed, resolved again"),
    ],
)
def test_what_came_back_and_is_over_does_not_read_as_open(status: str, said: str) -> None:
    """Seen to fail as "resolved, reopened", the last word of which is what people take along."""
    came_back = Line(3, "door-3", "high", status, earlier=2, is_reopened=True)
    assert digest_notice([came_back]).gist == f"#3: high, {said}: door-3 (2 earlier events)"
