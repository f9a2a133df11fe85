"""One action on one ticket or several: what is sent, what is said, what the shell is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.fake_daemon import TICKET, FakeDaemon, Fettled

LIST = "/api/v1/tickets"


def _ticket(daemon: FakeDaemon, number: int = 42, *, version: int = 4, **after: Any) -> None:
    """Let there be a ticket at version 3, which an action leads to *version*."""
    before = {**TICKET, "number": number}
    daemon.reply("GET", f"{LIST}/{number}", before)
    daemon.reply("POST", f"{LIST}/{number}/actions", {**before, **after, "version": version})


WRONG = {
    "a duration that is none": (("hold", "4", "--reason", "x", "--until", "soon"), "2h or 1d12h"),
    "a time without a zone": (
        ("hold", "4", "--reason", "x", "--until", "2026-11-21T18:00"),
        "has no time zone",
    ),
    "an empty reason": (("hold", "4", "--reason", " ", "--until", "2h"), "say what is waited for"),
    "no reason": (("escalate", "4"), "--reason"),
    "nobody to assign to": (("assign", "4"), "--me, --to USER or --shift SCHEDULE"),
    "a person and a shift": (("assign", "4", "--to", "a", "--shift", "b"), "--to USER or --shift"),
    "me and another": (("assign", "4", "--me", "--to", "ann"), "--me goes without"),
    "half a shift": (("assign", "4", "--shift", "net/"), "SCENARIO/ROLE"),
    "a team and a supplier": (
        ("escalate", "4", "--reason", "x", "--to", "a", "--supplier", "b"),
        "give one of them",
    ),
    "no length of a snooze": (("snooze", "4"), "--until-change or --office-hours"),
    "two lengths": (("snooze", "4", "--for", "2h", "--until-change"), "in one way"),
    "a duplicate of nothing": (("resolve", "4", "--code", "duplicate"), "--duplicate-of NUMBER"),
    "what is none and is of one": (("resolve", "4", "--duplicate-of", "7"), "--code duplicate"),
    "fixed until then": (("resolve", "4", "--until", "2h"), "--code wont_fix"),
    "a version of several": (("take", "4", "5", "--if-version", "3"), "name one REF"),
    "a version below all": (("take", "4", "--if-version", "0"), "--if-version"),
    "one wrong name of two": (("take", "4", "nonsense"), "'nonsense' names no ticket"),
    "no ticket": (("take",), "REF"),
}


@pytest.mark.parametrize(("typed", "cure"), WRONG.values(), ids=WRONG)
def test_what_contradicts_itself_is_refused_before_anybody_is_asked(
    fettled: Fettled, daemon: FakeDaemon, typed: tuple[str, ...], cure: str
):
    """One sentence names the option and what would be right; nothing is sent."""
    result = fettled("tickets", *typed, "--url", daemon.url)

    assert (result.code, result.out, daemon.asked) == (2, "", [])
    assert cure in result.err
    assert len(result.err.splitlines()) == 1


ACTIONS = {
    "take": (("take", "42"), {"action": "take"}),
    "start": (("start", "#42"), {"action": "start"}),
    "move-to-open": (("move-to-open", "42"), {"action": "move_to_open"}),
    "resume": (("resume", "42"), {"action": "resume"}),
    "close": (("close", "42"), {"action": "close"}),
    "unassign": (("unassign", "42"), {"action": "unassign"}),
    "unsnooze": (("unsnooze", "42"), {"action": "unsnooze"}),
    "assign to a person": (
        ("assign", "42", "--to", "ann", "--team", "net"),
        {"action": "assign", "assignee": "ann", "team": "net"},
    ),
    "assign to a schedule": (
        ("assign", "42", "--shift", "nights"),
        {"action": "assign", "shift": "nights"},
    ),
    "assign to a shift": (
        ("assign", "42", "--shift", "network/operator"),
        {"action": "assign", "shift": {"scenario": "network", "role": "operator"}},
    ),
    "assign to me": (("assign", "42", "--me"), {"action": "assign_to_me"}),
    "escalate up": (
        ("escalate", "42", "--reason", "stuck"),
        {"action": "escalate", "mode": "hierarchical", "reason": "stuck"},
    ),
    "escalate over": (
        ("escalate", "42", "--reason", "stuck", "--to", "net"),
        {"action": "escalate", "mode": "functional", "reason": "stuck", "team": "net"},
    ),
    "escalate out": (
        ("escalate", "42", "--reason", "stuck", "--supplier", "acme"),
        {"action": "escalate", "mode": "functional", "reason": "stuck", "supplier": "acme"},
    ),
    "snooze until a change": (
        ("snooze", "42", "--until-change"),
        {"action": "snooze", "until_change": True},
    ),
    "snooze until the office opens": (
        ("snooze", "42", "--office-hours"),
        {"action": "snooze", "office_hours": True},
    ),
    "snooze until a time": (
        ("snooze", "42", "--until", "2026-11-21T18:00+01:00"),
        {"action": "snooze", "until": "2026-11-21T17:00:00+00:00"},
    ),
    "comment internally": (
        ("comment", "42", "psst", "--internal"),
        {"action": "comment", "body": "psst", "visibility": "internal"},
    ),
}


@pytest.mark.parametrize(("typed", "body"), ACTIONS.values(), ids=ACTIONS)
def test_each_command_sends_the_action_that_it_is_named_after(
    fettled: Fettled, daemon: FakeDaemon, typed: tuple[str, ...], body: dict[str, object]
):
    """The body is what the API's model takes, and no field more."""
    _ticket(daemon)

    result = fettled("tickets", *typed, "--url", daemon.url)

    assert (result.code, result.err) == (0, "")
    assert daemon.sent == [body]


@pytest.mark.parametrize(
    "typed", [("hold", "--reason", "x", "--until", "2h"), ("snooze", "--for", "2h")]
)
def test_a_duration_counts_from_now(fettled: Fettled, daemon: FakeDaemon, typed: tuple[str, ...]):
    """Two hours are two hours of the caller's clock, whatever the daemon's zone is."""
    _ticket(daemon)
    began = datetime.now(UTC)  # noqa: TID251 - the caller's clock is what it is about

    assert fettled("tickets", typed[0], "42", *typed[1:], "--url", daemon.url).code == 0

    until = datetime.fromisoformat(daemon.sent[0]["until"])
    assert timedelta(hours=2) <= until - began < timedelta(hours=2, minutes=1)


SAID = {
    "take": (("take", "42"), {"status": "in_progress", "assignee": "ann"}, "in_progress, yours"),
    "hold": (
        ("hold", "42", "--reason", "part", "--until", "2h"),
        {"status": "pending", "hold": {"reason": "part", "until": "2026-11-21T18:00:00Z"}},
        "pending until 2026-11-21 18:00:00Z",
    ),
    "assign": (
        ("assign", "42", "--to", "bob"),
        {"status": "in_progress", "assignee": "bob"},
        "assigned to bob, in_progress",
    ),
    "assign to a team": (
        ("assign", "42", "--team", "net"),
        {"status": "assigned", "team": "net"},
        "assigned to team net",
    ),
    "unassign": (("unassign", "42"), {"status": "open"}, "open, nobody's"),
    "escalate": (
        ("escalate", "42", "--reason", "x"),
        {"status": "assigned", "team": "n2", "escalation_level": 1},
        "escalated to team n2 (level 1), assigned",
    ),
    "snooze": (
        ("snooze", "42", "--until-change"),
        {"status": "open", "snooze": {"until": None, "until_change": True}},
        "snoozed until it changes, open",
    ),
    "close": (("close", "42"), {"status": "closed"}, "closed"),
}


@pytest.mark.parametrize(("typed", "after", "said"), SAID.values(), ids=SAID)
def test_what_the_ticket_is_now_is_said(
    fettled: Fettled, daemon: FakeDaemon, typed: tuple[str, ...], after: dict[str, Any], said: str
):
    """One line a ticket: its number, and what it became."""
    _ticket(daemon, **after)

    assert fettled("tickets", *typed, "--url", daemon.url).out == f"#42 {said}\n"


@pytest.mark.parametrize(("typed", "after", "said"), SAID.values(), ids=SAID)
def test_what_had_taken_effect_is_not_told_as_news(
    fettled: Fettled, daemon: FakeDaemon, typed: tuple[str, ...], after: dict[str, Any], said: str
):
    """The version did not move: nobody takes another's work for their own."""
    _ticket(daemon, version=3, **after)

    out = fettled("tickets", *typed, "--url", daemon.url).out

    assert out == f"#42 already {said}, nothing changed\n"


def test_one_s_refusal_stops_no_other(fettled: Fettled, daemon: FakeDaemon):
    """Each is reported, what can be done is done, and the code says that not all was."""
    for number in (4, 9):
        _ticket(daemon, number, status="in_progress")
    daemon.problem("POST", f"{LIST}/7/actions", 409, "#7 is in progress, and bob holds it")

    result = fettled("tickets", "take", "4", "7", "#9", "4", "--url", daemon.url)

    assert result.code == 1
    assert result.out == "#4 in_progress, yours\n#9 in_progress, yours\n"
    assert result.err == "fettled: #7: #7 is in progress, and bob holds it\n"
    assert len(daemon.sent) == 3, "one that is named twice is taken once"


def test_the_only_one_that_is_refused_is_a_refusal(fettled: Fettled, daemon: FakeDaemon):
    """As with every other command: the daemon's sentence, and 2."""
    daemon.problem("POST", f"{LIST}/7/actions", 409, "#7 is closed")

    result = fettled("tickets", "take", "7", "--url", daemon.url)

    assert (result.code, result.out, result.err) == (2, "", "fettled: #7 is closed\n")


def test_json_of_several_tells_which_failed(fettled: Fettled, daemon: FakeDaemon):
    """A program gets the tickets as they are now, and each refusal with its status."""
    _ticket(daemon, 4, status="in_progress")
    daemon.problem("POST", f"{LIST}/7/actions", 409, "#7 is closed")

    result = fettled("tickets", "take", "4", "7", "--json", "--url", daemon.url)

    assert result.code == 1
    assert [ticket["number"] for ticket in result.json["items"]] == [4]
    assert result.json["failed"] == [{"ref": "7", "status": 409, "detail": "#7 is closed"}]


def test_a_version_is_a_precondition(fettled: Fettled, daemon: FakeDaemon):
    """`--if-version` goes as If-Match, quoted as the API wants it."""
    _ticket(daemon)

    fettled("tickets", "take", "42", "--if-version", "3", "--url", daemon.url)

    (asked,) = (asked for asked in daemon.asked if asked.method == "POST")
    assert asked.headers["If-Match"] == '"3"'


def test_a_daemon_that_goes_away_in_between_is_told_once(fettled: Fettled, daemon: FakeDaemon):
    """What was done is told, and what was not tried is named, not tried in vain one by one."""
    for number in (4, 5, 6):
        _ticket(daemon, number, status="in_progress")
    daemon.losing[f"{LIST}/5/actions"] = 2

    result = fettled("tickets", "take", "4", "5", "6", "--url", daemon.url)

    assert (result.code, result.out) == (1, "#4 in_progress, yours\n")
    assert result.err.startswith("fettled: #5: ")
    assert "it may have been done all the same" in result.err
    assert result.err.endswith("fettled: #6: not tried\n")
