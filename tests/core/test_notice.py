"""What people are told: two lines that are enough, and nothing that nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fettled.core.notice import Before, Facts, notice
from fettled.core.reopened import Reopened
from fettled.core.words import Priority, Status
from tickets_for import NOW

BARE = Facts(
    event="ticket.opened",
    number=42,
    reference="INC-20261121-000042",
    title="Device offline: door-1",
    priority=Priority.HIGH,
    status=Status.OPEN,
    now=NOW,
)
WHOLE = replace(
    BARE,
    since=NOW - timedelta(minutes=2, seconds=5),
    last_good=NOW - timedelta(minutes=3),
    reason="no answer within 10 s",
    down=3,
    members=8,
    times=4,
    before=Before(31, NOW - timedelta(days=2), "fixed", "power supply changed"),
    runbook="https://wiki.example/doors",
    changes=("firmware 7.1 on site oslo",),
    owner="ann",
    next_step="nights is told at 08:45",
    url="https://fettled.example/api/v1/tickets/42",
)


def clock(at: datetime) -> str:
    """Write a time of day."""
    return at.strftime("%H:%M UTC")


def test_two_lines_are_enough() -> None:
    """What, how urgent, since when, how long, why, last good, how much."""
    told = notice(WHOLE, clock)
    assert told.headline == "[DOWN] Device offline: door-1 (high, #42)"
    assert told.gist == (
        "since 08:27 UTC (for 2m5s); no answer within 10 s; last good 08:27 UTC; 3 of 8 affected"
    )
    assert told.text.splitlines()[2:] == [
        "Again: 4 times in 30 days",
        "Last time: #31, 08:30 UTC, fixed: power supply changed",
        "Runbook: https://wiki.example/doors",
        "Changed: firmware 7.1 on site oslo",
        "On it: ann",
        "Next: nights is told at 08:45",
        "Ticket: INC-20261121-000042",
    ]


def test_no_address_that_a_browser_cannot_open_is_told() -> None:
    """
    The API answers a person's browser with 401: its address is for programs, beside the words.

    Seen to fail where the line `Ticket` was that address.
    """
    told = notice(WHOLE, clock)
    assert "https://fettled.example/" not in told.text
    assert told.url == "https://fettled.example/api/v1/tickets/42"


def test_what_nobody_knows_is_left_out() -> None:
    """A ticket that somebody filed a minute ago has a headline and its reference."""
    assert notice(BARE, clock).text == (
        "[DOWN] Device offline: door-1 (high, #42)\nTicket: INC-20261121-000042"
    )


def test_a_recovery_says_how_long_it_lasted_and_how_it_ended() -> None:
    """Not what was wrong: that is over."""
    over = replace(
        WHOLE,
        event="ticket.resolved",
        status=Status.RESOLVED,
        recovered_at=NOW + timedelta(hours=26, minutes=30),
        resolution="auto_recovered",
    )
    told = notice(over, clock)
    assert told.headline.startswith("[RESOLVED] ")
    assert told.gist == "since 08:27 UTC (lasted 1d2h); auto_recovered; 3 of 8 affected"


def test_late_and_collapsed_is_said() -> None:
    """Nobody must take yesterday for now, or one event for all of them."""
    told = notice(replace(BARE, is_late=True, more=7), clock).text
    assert "Told late: this happened before; it is now 08:30 UTC" in told
    assert "Also: 7 earlier events of this ticket" in told


def test_of_several_reopenings_the_last_is_told_and_how_many() -> None:
    """Whatever the newest event is; by the words of what it is."""
    filed = replace(BARE, event="ticket.started", is_monitored=False, more=7)
    told = notice(replace(filed, reopened=Reopened(2, NOW)), clock)
    assert told.headline.startswith("[REOPENED, then started] ")
    assert "Reopened: 08:30 UTC; the last of 2 times" in told.text


@given(st.text(), st.text(), st.text(), st.integers(-(10**6), 10**6))
def test_no_text_breaks_a_line_or_is_endless(
    title: str, reason: str, words: str, seconds: int
) -> None:
    """Titles and reasons come from targets and from people."""
    facts = replace(
        WHOLE, title=title, reason=reason, words=words, since=NOW + timedelta(seconds=seconds)
    )
    told = notice(facts, clock)
    assert len(told.text.splitlines()) <= 2 + len(told.details)
    assert all(len(line) < 400 for line in told.text.splitlines())
