"""`fettled why` and `fettled account`: readable when woken up, exact for programs."""

from __future__ import annotations

import pytest

from cli.fake_daemon import FakeDaemon, Fettled

CHECK = {
    "check": "door-1/ping",
    "summary": "door-1/ping: down (timeout) since 2026-11-21 08:30:00Z (5m); it has no ticket: "
    "held by silence until 2026-11-21 09:30:00Z.",
    "phase": "firing",
    "since": "2026-11-21T08:30:00Z",
    "unknown": None,
    "evidence": [
        {
            "verdict": "down",
            "reason": "timeout",
            "message": "no\x1b[2J answer",
            "from": "2026-11-21T08:30:00Z",
            "to": "2026-11-21T08:35:00Z",
            "count": 11,
        }
    ],
    "run": {"side": "not_up", "from": "2026-11-21T08:30:00Z", "count": 2},
    "missing": {"phase": "firing", "seconds": 20.0, "looks": 1, "at": "2026-11-21T08:35:20Z"},
    "gates": [
        {
            "gate": "silence",
            "until": "2026-11-21T09:30:00Z",
            "because": "painters (ann)",
            "names": "s1",
            "lifted": False,
        },
        {
            "gate": "parent",
            "until": None,
            "because": "hub/main is down (refused), which is #41",
            "names": "hub/main",
            "lifted": False,
        },
    ],
    "ticket": {
        "number": 41,
        "title": "Device offline: hub",
        "status": "open",
        "own": False,
        "line": "down",
        "member_count": 7,
        "done_count": 3,
    },
    "coming": [
        {"what": "next look", "at": "2026-11-21T08:35:15Z"},
        {"what": "its next look decides", "at": None},
    ],
    "relapse": {"because": "#40 was resolved 10m ago: #40 would be reopened"},
}
WEB = {**CHECK, "check": "door-1/web", "summary": "door-1/web: healthy.", "run": None, "gates": []}
ANSWER = {
    "subject": "door-1",
    "name": "Door 1",
    "at": "2026-11-21T08:35:00Z",
    "checks": [CHECK, WEB],
}
PATH = "/api/v1/subjects/door-1/explain"


def test_an_unknown_subject_is_one_sentence(fettled: Fettled, daemon: FakeDaemon) -> None:
    """With the one that was meant, if there is one; and the code says that it could not."""
    path = "/api/v1/subjects/dor-1/explain"
    daemon.problem("GET", path, 404, "there is no subject 'dor-1'; did you mean door-1?")
    result = fettled("why", "dor-1", "--url", daemon.url)
    assert (result.code, result.out) == (2, "")
    assert result.err == "fettled: there is no subject 'dor-1'; did you mean door-1?\n"


def test_an_unknown_check_names_those_that_are_there(fettled: Fettled, daemon: FakeDaemon) -> None:
    """The same for what comes after the slash."""
    daemon.reply("GET", PATH, ANSWER)
    result = fettled("why", "door-1/pong", "--url", daemon.url)
    assert (result.code, result.out) == (2, "")
    assert result.err == "fettled: door-1 has no check 'pong': it has ping, web\n"


def test_the_first_line_answers_the_question(fettled: Fettled, daemon: FakeDaemon) -> None:
    """Then every gate with its end and its name, the ticket, what is missing, what comes."""
    daemon.reply("GET", PATH, ANSWER)
    result = fettled("why", "door-1/ping", "--url", daemon.url)
    assert result.code == 0
    assert result.out.splitlines()[:9] == [
        CHECK["summary"],
        "  Held by silence s1 until 2026-11-21 09:30:00Z: painters (ann).",
        "  Held by parent hub/main: hub/main is down (refused), which is #41.",
        (
            "  Ticket #41 (open): Device offline: hub; 3 of 7 recovered; "
            "this check is a line of it (down)."
        ),
        (
            "  Counted: 2 times not up since 2026-11-21 08:30:00Z;"
            " to be firing it takes 1 more over 20s."
        ),
        "  2026-11-21 08:35:15Z: next look.",
        "  Then: its next look decides.",
        "  If it fails again: #40 was resolved 10m ago: #40 would be reopened.",
        "",
    ]
    assert "down     timeout  11" in result.out
    assert "\x1b" not in result.out


def test_a_subject_alone_means_all_its_checks(fettled: Fettled, daemon: FakeDaemon) -> None:
    """The primary first, each with its own answer."""
    daemon.reply("GET", PATH, ANSWER)
    out = fettled("why", "door-1", "--url", daemon.url).out
    assert out.index("door-1/ping: down") < out.index("door-1/web: healthy.")
    assert "To be firing it takes 1 failure over 20s." in out


def test_why_as_json_is_what_the_api_says(fettled: Fettled, daemon: FakeDaemon) -> None:
    """Only the checks that were not asked for are left out."""
    daemon.reply("GET", PATH, ANSWER)
    assert fettled("why", "door-1", "--json", "--url", daemon.url).json == ANSWER
    one = fettled("why", "door-1/web", "--json", "--url", daemon.url).json
    assert one == {**ANSWER, "checks": [WEB]}


def page(items: list[object], cursor: str | None) -> dict[str, object]:
    """A page of the account."""
    times = {"since": "2026-11-20T08:35:00Z", "until": "2026-11-21T08:35:00Z"}
    return {**times, "checks": 2, "items": items, "next": cursor}


GOOD = {"check": "door-1/ping", "seconds": {"ticket": 3600.0, "debounce": 60.0}, "unmapped": []}
BAD = {
    "check": "door-2/ping",
    "seconds": {"ticket": 60.0, "unmapped": 300.0},
    "unmapped": [{"from": "2026-11-21T08:30:00Z", "to": "2026-11-21T08:35:00Z"}],
}


def test_what_is_not_accounted_for_is_a_bug_and_the_code_says_so(
    fettled: Fettled, daemon: FakeDaemon
) -> None:
    """Each stretch with its check and times, after all pages."""
    daemon.reply("GET", "/api/v1/account", page([GOOD], "abc"))
    daemon.reply("GET", "/api/v1/account", page([BAD], None))
    result = fettled("account", "--since", "2d", "--url", daemon.url)
    assert result.code == 1
    assert result.err == ""
    first, gap, *rest = result.out.splitlines()
    assert first == (
        "2 of 2 checks were down in the last 2d; nothing accounts for one stretch. "
        "That is a bug of fettled: report it."
    )
    assert gap == "  door-2/ping was down from 2026-11-21 08:30:00Z to 2026-11-21 08:35:00Z"
    assert [line.split() for line in rest[2:]] == [
        ["ticket", "1h1m"],
        ["debounce", "1m"],
        ["unmapped", "5m"],
    ]
    assert ["cursor=abc" in asked.path for asked in daemon.asked] == [False, True]
    assert all("since=2d" in asked.path for asked in daemon.asked)


def test_an_account_in_which_nothing_is_left_is_good(fettled: Fettled, daemon: FakeDaemon) -> None:
    """0, and one line that says so; each check with --verbose."""
    daemon.reply("GET", "/api/v1/account", page([GOOD], None))
    result = fettled("account", "--verbose", "--url", daemon.url)
    assert result.code == 0
    assert (
        "1 of 2 checks was down in the last 24h; all of that time is accounted for." in result.out
    )
    assert result.out.splitlines()[-1].split() == [
        "door-1/ping",
        "1h",
        "-",
        "-",
        "1m",
        "-",
        "-",
        "-",
    ]


@pytest.mark.parametrize(("items", "code"), [([GOOD], 0), ([GOOD, BAD], 1)])
def test_the_account_as_json_is_one_document(
    fettled: Fettled, daemon: FakeDaemon, items: list[object], code: int
) -> None:
    """Totals, the checks, and what is left over; the code is the same."""
    daemon.reply("GET", "/api/v1/account", page(items, None))
    result = fettled("account", "--json", "--url", daemon.url)
    assert result.code == code
    assert result.json["items"] == items
    assert result.json["checks"] == 2
    assert len(result.json["unmapped"]) == code
    assert result.json["seconds"]["debounce"] == 60


def test_a_subject_that_only_alarms_are_about_is_told_as_that(
    fettled: Fettled, daemon: FakeDaemon
) -> None:
    """
    Nothing fires now; that is known, and no check of its own is missing.

    Seen to fail where it is said that nothing is known.
    """
    daemon.reply("GET", "/api/v1/subjects/prom/explain", {**ANSWER, "checks": []})

    assert fettled("why", "prom", "--url", daemon.url).out == (
        "prom: it has no check of its own, and no alarm about it fires.\n"
    )
