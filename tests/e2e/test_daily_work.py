"""A day's work on tickets by the command line, on the real daemon, and on its store alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from live import FAST, Daemon, daemon

SITE = """
  - {subject: hub, type: integration, labels: {site: oslo}}
  - {subject: door, type: device, parent: hub}
"""
PEOPLE = """
access:
  teams: [{name: n1, parent: n2}, {name: n2}]
  users: [{name: ann, roles: [operator], teams: [n1]}]
"""


def ok(fettled: Daemon, *args: str) -> str:
    """Run `fettled tickets ...`, which must succeed and complain of nothing; its stdout."""
    done = fettled.run("tickets", *args)
    assert (done.returncode, done.stderr) == (0, ""), args
    return done.stdout


def refused(fettled: Daemon, *args: str, code: int = 2) -> str:
    """Run `fettled tickets ...`, which must be refused in a sentence; its stderr."""
    done = fettled.run("tickets", *args)
    assert done.returncode == code, args
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("fettled: ")
    return done.stderr


@pytest.fixture
def fettled(tmp_path: Path) -> Iterator[Daemon]:
    """A daemon with people; the tests run as its own user, who is an administrator."""
    with daemon(tmp_path / "home") as running:
        running.write(SITE, FAST + PEOPLE)
        running.start()
        yield running


def test_a_ticket_s_whole_life(fettled: Daemon, tmp_path: Path) -> None:
    """Filed, taken, held, resumed, commented, attached to, resolved, reopened, closed: all told."""
    assert "there is no ticket 1" in refused(fettled, "take", "1")
    made = ("--subject", "door", "--priority", "high", "--label", "site=oslo")
    assert (
        ok(fettled, "create", "Door squeaks", *made) == "#1 filed, open, nobody's: Door squeaks\n"
    )
    assert ok(fettled, "take", "1") == "#1 in_progress, yours\n"
    assert ok(fettled, "take", "1") == "#1 already in_progress, yours, nothing changed\n"
    assert "at most 14 days" in refused(fettled, "hold", "1", "--until", "15d", "--reason", "x")
    held = ok(fettled, "hold", "1", "--until", "2h", "--reason", "spare part")
    assert held.startswith("#1 pending until ")
    other = ("hold", "1", "--until", "3h", "--reason", "x")
    assert "needs one that is in_progress" in refused(fettled, *other)
    assert ok(fettled, "resume", "1").startswith("#1 in_progress, ")
    assert ok(fettled, "comment", "1", "oil is on its way", "--internal") == (
        "#1 commented internally, in_progress\n"
    )

    picture = tmp_path / "home" / "note.txt"
    picture.write_text("it squeaks")
    assert ok(fettled, "attach", "1", str(picture)) == "#1 has note.txt (10 bytes)\n"
    again = ok(fettled, "attach", "1", str(picture))
    assert again == "#1 has note.txt (10 bytes) already, nothing changed\n"
    evil = tmp_path / "home" / "evil.png"
    evil.write_text("<svg onload=x>")
    assert "must end in .txt" in refused(fettled, "attach", "1", str(evil))

    assert ok(fettled, "resolve", "1", "--summary", "oiled") == "#1 resolved\n"
    assert ok(fettled, "reopen", "1").startswith("#1 reopened, now in_progress")
    assert ok(fettled, "resolve", "1", "--code", "workaround") == "#1 resolved\n"
    assert ok(fettled, "close", "1") == "#1 closed\n"
    assert "a closed ticket never changes" in refused(fettled, "comment", "1", "too late")

    shown = ok(fettled, "show", "1")
    for line in (
        "status       closed",
        "  note.txt (10 bytes",
        "comment_added (internal) oil is on its way",
        ": spare part",
        "fixed: oiled",
    ):
        assert line in shown
    assert fettled.events(1) == [
        "opened",
        "started",
        "held",
        "resumed",
        "comment_added",
        "attachment_added",
        "resolved:fixed",
        "reopened:person",
        "resolved:workaround",
        "closed",
    ]


def test_tickets_are_handed_on(fettled: Daemon) -> None:
    """Between people and teams, up, and quieted; a team that is none is refused by its name."""
    ok(fettled, "create", "Gate stuck", "--team", "n1")
    assert "nobody-here" in refused(fettled, "assign", "1", "--to", "nobody-here")
    assert ok(fettled, "assign", "1", "--to", "ann") == "#1 assigned to ann\n"
    assert ok(fettled, "escalate", "1", "--reason", "stuck") == (
        "#1 escalated to team n2 (level 1), assigned\n"
    )
    assert "is n2 already" in refused(fettled, "escalate", "1", "--reason", "now", "--to", "n2")
    assert ok(fettled, "snooze", "1", "--until-change") == "#1 snoozed until it changes, assigned\n"
    assert ok(fettled, "unsnooze", "1") == "#1 not snoozed, assigned\n"
    assert ok(fettled, "edit", "1", "--priority", "low").startswith("#1 changed: priority")
    stale = refused(fettled, "edit", "1", "--title", "x", "--if-version", "1")
    assert "not 1" in stale


def test_the_same_commands_work_on_the_store_alone(fettled: Daemon, tmp_path: Path) -> None:
    """With no daemon running, several at once are done, exported and deleted all the same."""
    for title in ("one", "two", "three"):
        ok(fettled, "create", title)
    assert fettled.stop() == 0

    err = refused(fettled, "start", "1", "9", "2", code=1)
    assert err == "fettled: #9: there is no ticket 9\n"
    listed = json.loads(ok(fettled, "list", "--status", "in_progress", "--json"))["items"]
    assert sorted(ticket["number"] for ticket in listed) == [1, 2]
    assert ok(fettled, "delete", "3", "--yes") == "#3 deleted\n"
    target = tmp_path / "tickets.csv"
    ok(fettled, "list", "--csv", str(target))
    assert target.read_text().count("\n") == 3
    whole = json.loads(ok(fettled, "export", "1", "--format", "json", "-o", "-"))
    assert whole["ticket"]["title"] == "one"
