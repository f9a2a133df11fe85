"""`fettled silence` and `fettled window`: what is typed becomes the request that was meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cli.fake_daemon import FakeDaemon, Fettled

SILENCES = "/api/v1/silences"
WINDOWS = "/api/v1/maintenance-windows"
SILENCE = {
    "id": "a1b2c3d4",
    "subject": "door-1",
    "selector": None,
    "scope": "subject",
    "state": "active",
    "starts_at": "2026-11-21T08:30:00Z",
    "ends_at": "2026-11-21T12:30:00Z",
    "reason": "painters",
    "author": "ann",
    "matches": 1,
    "file": None,
    "created_at": "2026-11-21T08:30:00Z",
    "ended_at": None,
}
WINDOW = {
    **SILENCE,
    "id": "b2b2b2b2",
    "subject": None,
    "selector": {"site": "oslo", "floor": "3"},
    "scope": "subtree",
    "state": "upcoming",
    "name": None,
    "cron": "0 2 * * SUN",
    "duration": "2h",
    "zone": "Europe/Oslo",
}
LATER = "2026-11-21T18:00+01:00"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["silence", "add", "--for", "4h", "--reason", "x"], "--selector NAME=VALUE"),
        (
            ["silence", "add", "door", "--selector", "a=b", "--for", "4h", "--reason", "x"],
            "either a SUBJECT or labels",
        ),
        (["silence", "add", "--selector", "oslo", "--for", "4h", "--reason", "x"], "NAME=VALUE"),
        (["silence", "add", "--selector", "=oslo", "--for", "4h", "--reason", "x"], "NAME=VALUE"),
        (
            [
                "silence",
                "add",
                *("--selector", "a=1", "--selector", "a=2"),
                "--for=4h",
                "--reason=x",
            ],
            "two values of 'a'",
        ),
        (["silence", "add", "door", "--reason", "x"], "--for 4h"),
        (["silence", "add", "door", "--for", "4h", "--until", LATER, "--reason", "x"], "--for 4h"),
        (["silence", "add", "door", "--for", "soon", "--reason", "x"], "--for: 'soon'"),
        (["silence", "add", "door", "--for", "-4h", "--reason", "x"], "--for: '-4h'"),
        (["silence", "add", "door", "--until", "18:00", "--reason", "x"], "--until: '18:00'"),
        (
            ["silence", "add", "door", "--until", "2026-11-21T18:00", "--reason", "x"],
            "has no time zone",
        ),
        (
            ["silence", "add", "door", "--until", "0001-01-01T00:00+14:00", "--reason", "x"],
            "out of all reach",
        ),
        (
            ["silence", "add", "door", "--from", "9999-12-31T00:00Z", "--for=9d", "--reason=x"],
            "--from",
        ),
        (["silence", "add", "door", "--for", "4h"], "--reason"),
        (["silence", "add", "door", "--for=4h", "--reason=x", "--scope=all"], "subtree"),
        (["silence", "door", "--for", "4h", "--reason", "x"], "No such command 'door'"),
        (["window", "add", "hub", "--cron", "0 2 * * *", "--reason", "x"], "--duration"),
        (["window", "add", "hub", "--duration", "2h", "--reason", "x"], "--cron"),
        (["window", "add", "hub", "--zone", "UTC", "--for", "2h", "--reason", "x"], "--cron"),
        (
            ["window", "add", "hub", "--cron=0 2 * * *", "--duration=2h", "--for=2h", "--reason=x"],
            "--for stands beside --cron",
        ),
        (
            ["window", "add", "hub", "--cron=0 2 * * *", "--duration=long", "--reason=x"],
            "--duration: 'long'",
        ),
    ],
)
def test_a_slip_is_named_before_anybody_is_asked(
    fettled: Fettled, daemon: FakeDaemon, args: list[str], words: str
):
    """One sentence with the option and the cure; code 2; no request is made."""
    result = fettled(*args, "--url", daemon.url)

    assert result.code == 2
    assert words in result.err
    assert daemon.asked == []


def test_what_the_daemon_refuses_is_told_in_its_words(fettled: Fettled, daemon: FakeDaemon):
    """Such as a subject that is not there, and a silence of the configuration."""
    fault = {"field": "subject", "detail": "there is no such subject"}
    daemon.problem("POST", SILENCES, 422, "subject: there is no such subject", errors=[fault])
    daemon.problem("DELETE", f"{SILENCES}/file-1", 409, "file-1 stands in fettled.yaml")

    asked = ("silence", "add", "dor-1", "--for", "4h", "--reason", "x", "--url", daemon.url)
    made = fettled(*asked)
    ended = fettled("silence", "end", "file-1", "--url", daemon.url)

    assert (made.code, made.err) == (2, "fettled: subject: there is no such subject\n")
    assert (ended.code, ended.err) == (2, "fettled: file-1 stands in fettled.yaml\n")


def test_a_silence_lasts_as_long_as_is_said_from_now(fettled: Fettled, daemon: FakeDaemon):
    """`--for` counts from now, or from `--from`; `--until` is what it says."""
    daemon.reply("POST", SILENCES, SILENCE, status=201)
    before = datetime.now(UTC)  # noqa: TID251 - compared with what the command read

    common = ("silence", "add", "door-1", "--reason", "painters", "--url", daemon.url)
    result = fettled(*common, "--for", "4h")
    fettled(*common, "--from", LATER, "--for", "1h30m", "--scope", "subtree")
    fettled(*common, "--until", LATER)

    now, later, until = (asked.body for asked in daemon.asked)
    assert result.out == "a1b2c3d4  door-1, 2026-11-21 08:30:00Z to 2026-11-21 12:30:00Z\n"
    passed = datetime.fromisoformat(now.pop("ends_at")) - before
    assert timedelta(hours=4) <= passed < timedelta(hours=4, minutes=1)
    assert now == {"subject": "door-1", "scope": "subject", "reason": "painters"}
    assert (later["starts_at"], later["ends_at"], later["scope"]) == (
        "2026-11-21T17:00:00+00:00",
        "2026-11-21T18:30:00+00:00",
        "subtree",
    )
    assert until["ends_at"] == "2026-11-21T17:00:00+00:00"


def test_labels_are_given_one_by_one_and_nobody_matching_is_told(
    fettled: Fettled, daemon: FakeDaemon
):
    """A value may hold an equals sign; that it means nobody yet is said on stderr."""
    daemon.reply("POST", SILENCES, {**SILENCE, "matches": 0}, status=201)

    args = ("--selector", "site=oslo", "--selector", "path=a=b", "--for=1h", "--reason=x")
    result = fettled("silence", "add", *args, "--url", daemon.url)

    assert daemon.asked[0].body["selector"] == {"site": "oslo", "path": "a=b"}
    assert "subject" not in daemon.asked[0].body
    assert result.code == 0
    assert "means nobody yet" in result.err


def test_a_recurring_window_is_asked_for_as_it_is_typed(fettled: Fettled, daemon: FakeDaemon):
    """By cron, duration and zone; when it is next is told."""
    daemon.reply("POST", WINDOWS, WINDOW, status=201)

    args = ("--cron", "0 2 * * SUN", "--duration", "2h", "--zone", "Europe/Oslo", "--reason", "x")
    result = fettled("window", "add", "hub", *args, "--url", daemon.url)

    assert daemon.asked[0].body == {
        "subject": "hub",
        "cron": "0 2 * * SUN",
        "duration": "2h",
        "zone": "Europe/Oslo",
        "scope": "subtree",
        "reason": "x",
    }
    assert "every '0 2 * * SUN' (Europe/Oslo) for 2h; next 2026-11-21 08:30:00Z" in result.out


def test_lists_show_whom_until_when_and_why(fettled: Fettled, daemon: FakeDaemon):
    """Labels beside each other, what hangs below with a word; the rest as the API has it."""
    configured = {**SILENCE, "id": "file-1", "author": None, "file": "f.yaml (silences[0])"}
    daemon.reply("GET", SILENCES, {"items": [SILENCE, configured], "next": None})
    daemon.reply("GET", WINDOWS, {"items": [WINDOW], "next": None})

    first, second = fettled("silence", "list", "--url", daemon.url).out.splitlines()[1:]
    (window,) = fettled("window", "list", "--url", daemon.url).out.splitlines()[1:]

    assert first.split() == [
        *("a1b2c3d4", "active", "door-1", "2026-11-21", "08:30:00Z"),
        *("2026-11-21", "12:30:00Z", "ann", "painters"),
    ]
    assert "configuration" in second
    assert "site=oslo,floor=3 and below" in window
    assert "state=active&state=upcoming&" in daemon.asked[0].path


def test_all_asks_for_those_that_are_over_too(fettled: Fettled, daemon: FakeDaemon):
    """They are kept for 90 days; `--json` is what the API says."""
    daemon.reply("GET", SILENCES, {"items": [SILENCE], "next": None})

    result = fettled("silence", "list", "--all", "--json", "--url", daemon.url)

    assert "state=ended" in daemon.asked[0].path
    assert result.json == {"items": [SILENCE], "next": None}


def test_end_ends_one(fettled: Fettled, daemon: FakeDaemon):
    """Its id is one segment of the path, whatever it holds."""
    daemon.reply("DELETE", f"{SILENCES}/a1b2c3d4", b"", status=204)

    result = fettled("silence", "end", "a1b2c3d4", "--url", daemon.url)
    fettled("window", "end", "../silences/a1b2c3d4", "--url", daemon.url)

    assert (result.code, result.out) == (0, "a1b2c3d4 ended\n")
    assert [(asked.method, asked.path) for asked in daemon.asked] == [
        ("DELETE", f"{SILENCES}/a1b2c3d4"),
        ("DELETE", f"{WINDOWS}/..%2Fsilences%2Fa1b2c3d4"),
    ]
