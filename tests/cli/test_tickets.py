from __future__ import annotations

import io
import sys

import pytest

from cli.fake_daemon import TICKET, FakeDaemon, Fettled

LIST = "/api/v1/tickets"


def test_text_from_a_target_cannot_steer_the_terminal(fettled: Fettled, daemon: FakeDaemon):
    """Escape sequences and line breaks in a title are shown, not obeyed."""
    nasty = {**TICKET, "title": "\x1b[2J\nfettled: all is well [bold]x[/bold]"}
    daemon.reply("GET", LIST, {"items": [nasty], "next": None})

    out = fettled("tickets", "list", "--url", daemon.url).out

    assert "\x1b" not in out
    assert len(out.splitlines()) == 2
    assert "\\x1b[2J\\nfettled: all is well [bold]x[/bold]" in out


@pytest.mark.parametrize("ref", ["", "abc", "4 2", "../subjects", "42/actions", "¼²"])
def test_what_names_no_ticket_is_refused_before_anybody_is_asked(
    fettled: Fettled, daemon: FakeDaemon, ref: str
):
    """A reference is 42, #42 or INC-...; anything else never becomes a path."""
    result = fettled("tickets", "show", ref, "--url", daemon.url)

    assert result.code == 2
    assert "names no ticket" in result.err
    assert daemon.asked == []


def test_an_empty_list_is_a_heading_and_success(fettled: Fettled, daemon: FakeDaemon):
    """No tickets is good news, not an error."""
    daemon.reply("GET", LIST, {"items": [], "next": None})

    result = fettled("tickets", "list", "--url", daemon.url)

    assert (result.code, result.err) == (0, "")
    assert len(result.out.splitlines()) == 1


def test_filters_are_sent_as_the_api_names_them(fettled: Fettled, daemon: FakeDaemon):
    """Repeated filters are repeated; those not given are not sent."""
    daemon.reply("GET", LIST, {"items": [], "next": None})

    fettled(
        *("tickets", "list", "--url", daemon.url, "--status", "open", "--status", "resolved"),
        *("--priority", "high", "--kind", "device_offline", "--subject", "door-1", "--limit", 7),
    )

    assert daemon.asked[0].path == (
        f"{LIST}?status=open&status=resolved&priority=high&kind=device_offline&subject=door-1&limit=7"
    )


def test_the_list_is_columns_that_a_pipe_can_read(fettled: Fettled, daemon: FakeDaemon):
    """Where there is no terminal, each ticket is one uncut line without colour."""
    long = {**TICKET, "title": "word " * 60}
    daemon.reply("GET", LIST, {"items": [TICKET, long], "next": None})

    lines = fettled("tickets", "list", "--url", daemon.url).out.splitlines()

    assert lines[0].split() == [
        "TICKET",
        "STATUS",
        "PRIORITY",
        "SLA",
        "ASSIGNEE",
        "KIND",
        "SUBJECT",
        "UPDATED",
        "TITLE",
    ]
    assert lines[1].split()[:7] == ["#42", "open", "high", "-", "-", "device_offline", "door-1"]
    assert lines[2].count("word") == 60
    assert len(lines) == 3


def test_a_long_list_is_fetched_page_by_page(fettled: Fettled, daemon: FakeDaemon):
    """`--limit` may exceed what one page carries; the cursor is followed until it is met."""
    page = [{**TICKET, "number": n} for n in range(200)]
    daemon.reply("GET", LIST, {"items": page, "next": "c1"})
    daemon.reply("GET", LIST, {"items": page, "next": "c2"})

    result = fettled("tickets", "list", "--limit", 300, "--json", "--url", daemon.url)

    assert len(result.json["items"]) == 300
    assert result.json["next"] == "c2"
    assert [asked.path.partition("?")[2] for asked in daemon.asked] == [
        "limit=200",
        "limit=100&cursor=c1",
    ]


def test_a_list_that_never_ends_does_not_keep_us(fettled: Fettled, daemon: FakeDaemon):
    """An empty page with a cursor ends the list, else a faulty server would hold us for ever."""
    daemon.reply("GET", LIST, {"items": [], "next": "again"})

    assert fettled("tickets", "list", "--json", "--url", daemon.url).code == 0
    assert len(daemon.asked) == 1


def test_a_cut_list_says_so_on_stderr(fettled: Fettled, daemon: FakeDaemon):
    """Nobody takes the first fifty for all there are, and stdout stays a table."""
    daemon.reply("GET", LIST, {"items": [TICKET], "next": "c"})

    result = fettled("tickets", "list", "--limit", 1, "--url", daemon.url)

    assert "raise --limit" in result.err


@pytest.mark.parametrize("ref", ["42", "#42"])
def test_show_tells_the_ticket_and_its_timeline(fettled: Fettled, daemon: FakeDaemon, ref: str):
    """Fields first, then the timeline, oldest first."""
    daemon.reply("GET", f"{LIST}/42", TICKET)
    at = "2026-11-21T08:30:00.123Z"
    entries = [
        {"seq": 1, "at": at, "event": "opened", "actor": {"type": "health_monitor"}, "data": {}},
        {
            "seq": 2,
            "at": at,
            "event": "comment_added",
            "actor": {"type": "user", "name": "ann"},
            "data": {"body": "On my way."},
        },
    ]
    daemon.reply("GET", f"{LIST}/42/timeline", {"items": entries, "next": None})

    result = fettled("tickets", "show", ref, "--url", daemon.url)

    assert result.code == 0
    lines = result.out.splitlines()
    assert lines[0] == "#42  Device offline: door-1"
    assert lines[-2] == "2026-11-21 08:30:00Z  health_monitor   opened"
    assert lines[-1] == "2026-11-21 08:30:00Z  ann              comment_added    On my way."


def test_show_as_json_is_one_document(fettled: Fettled, daemon: FakeDaemon):
    """The ticket as the API gives it, with its timeline as one more member."""
    daemon.reply("GET", f"{LIST}/INC-20261121-000042", TICKET)
    daemon.reply("GET", f"{LIST}/INC-20261121-000042/timeline", {"items": [], "next": None})

    result = fettled("tickets", "show", "inc-20261121-000042", "--json", "--url", daemon.url)

    parts = {"links": [], "attachments": [], "maintenances": [], "timeline": []}
    assert result.json == {**TICKET, **parts}


@pytest.mark.parametrize(
    ("typed", "action"),
    [
        (("comment", "42", "On it."), {"action": "comment", "body": "On it."}),
        (("resolve", "42"), {"action": "resolve", "code": "fixed"}),
        (
            ("resolve", "42", "--code", "workaround", "--summary", "rebooted"),
            {"action": "resolve", "code": "workaround", "summary": "rebooted"},
        ),
        (
            ("resolve", "42", "--code", "duplicate", "--duplicate-of", "7"),
            {"action": "resolve", "code": "duplicate", "duplicate_of": 7},
        ),
        (("reopen", "42"), {"action": "reopen"}),
    ],
)
def test_work_on_a_ticket_is_one_action(
    fettled: Fettled, daemon: FakeDaemon, typed: tuple[str, ...], action: dict[str, object]
):
    """Each command sends one action and says what became of the ticket."""
    daemon.reply("POST", f"{LIST}/42/actions", TICKET)

    result = fettled("tickets", *typed, "--url", daemon.url)

    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("#42 ")
    assert daemon.sent == [action]


def test_a_comment_can_come_from_stdin(
    fettled: Fettled, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
):
    """`-` reads the comment from stdin, for several lines and for pipes."""
    daemon.reply("POST", f"{LIST}/42/actions", TICKET)
    monkeypatch.setattr(sys, "stdin", io.StringIO("two\nlines\n"))

    fettled("tickets", "comment", "42", "-", "--url", daemon.url)

    assert daemon.sent[0]["body"] == "two\nlines"


def test_an_empty_comment_is_not_sent(fettled: Fettled, daemon: FakeDaemon):
    """Nothing to say is a slip of the hand."""
    result = fettled("tickets", "comment", "42", " ", "--url", daemon.url)

    assert (result.code, daemon.asked) == (2, [])


ADOPT = "/api/v1/tickets/adopt"
SAID = {
    "one": (["a/main"], "#42: 1 check adopted\n"),
    "two": (["a/main", "b/main"], "#42: 2 checks adopted\n"),
    "none": (
        [],
        "nothing to adopt: observe_only holds nothing that is down and published now\n",
    ),
}


@pytest.mark.parametrize(("adopted", "said"), SAID.values(), ids=SAID)
def test_what_was_adopted_is_counted(
    fettled: Fettled, daemon: FakeDaemon, adopted: list[str], said: str
):
    """Subjects are sent as they are named; none means all."""
    daemon.reply("POST", ADOPT, {"ticket": TICKET, "adopted": adopted})

    assert fettled("tickets", "adopt", "a", "b", "--url", daemon.url).out == said
    assert fettled("tickets", "adopt", "--json", "--url", daemon.url).json["adopted"] == adopted
    assert [asked.body["subjects"] for asked in daemon.asked] == [["a", "b"], []]
