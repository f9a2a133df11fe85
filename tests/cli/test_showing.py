"""What `tickets show` tells of a ticket, and its timeline in words."""

from __future__ import annotations

from typing import Any

import pytest

from cli.fake_daemon import TICKET, FakeDaemon, Fettled
from fettled.cli.timeline_words import told
from fettled.core.events import EVENTS

ONE = "/api/v1/tickets/42"
AT = "2026-11-21T08:30:00.123Z"


def _shown(fettled: Fettled, daemon: FakeDaemon, **fields: Any) -> str:
    daemon.reply("GET", ONE, {**TICKET, **fields})
    daemon.reply("GET", f"{ONE}/timeline", {"items": [], "next": None})
    return fettled("tickets", "show", "42", "--url", daemon.url).out


def test_a_ticket_whose_parts_may_not_be_seen_is_shown(fettled: Fettled, daemon: FakeDaemon):
    """Files, links and maintenances have permissions of their own; a 403 there hides no ticket."""
    for path in (f"{ONE}/links", f"{ONE}/attachments", "/api/v1/maintenances"):
        daemon.problem("GET", path, 403, "your token does not allow it")

    assert "#42  Device offline: door-1" in _shown(fettled, daemon)


def test_text_of_people_cannot_forge_a_line(fettled: Fettled, daemon: FakeDaemon):
    """A title is one line, a description its own lines, and neither steers the terminal."""
    out = _shown(
        fettled, daemon, title="a\nstatus       closed", description="one\n\x1b[2Jtwo\rthree"
    )

    assert "\x1b" not in out
    assert "\r" not in out
    assert "status       closed" not in out.splitlines()
    assert "  \\x1b[2Jtwo" in out


def test_what_is_set_is_shown_and_nothing_else(fettled: Fettled, daemon: FakeDaemon):
    """Nobody looks through twenty dashes for the one field that says something."""
    daemon.reply(
        "GET", f"{ONE}/links", {"items": [{"type": "client", "name": "acme", "is_primary": True}]}
    )
    file = {"name": "a.pdf", "size": 2048, "by": {"type": "user", "name": "ann"}, "at": AT}
    daemon.reply("GET", f"{ONE}/attachments", {"items": [file]})
    work = {
        "type": "corrective",
        "status": "planned",
        "scheduled_at": AT,
        "description": "new fuse",
    }
    daemon.reply("GET", "/api/v1/maintenances", {"data": [work], "next": None})
    out = _shown(
        fettled,
        daemon,
        status="pending",
        hold={"reason": "spare part", "until": "2026-11-21T18:00:00Z"},
        snooze={"until": None, "until_change": True},
        service_interrupted=False,
        impact="single_user",
        supplier="acme",
        escalation_level=2,
        reopen_count=1,
        sla={
            "response": {"due_at": AT, "state": "green", "met": True},
            "resolution": {"due_at": AT, "state": "green", "met": None, "paused": True},
        },
    )

    for line in (
        "on hold      until 2026-11-21 18:00:00Z: spare part",
        "snoozed      until it changes",
        "interrupted  no",
        "impact       single_user",
        "escalated    to level 2",
        "reopened     once",
        "  response    met, due 2026-11-21 08:30:00Z",
        "  resolution  green paused, due 2026-11-21 08:30:00Z",
        "  client acme (primary)",
        "  a.pdf (2 KiB, ann 2026-11-21 08:30:00Z)",
        "  corrective planned, 2026-11-21 08:30:00Z: new fuse",
    ):
        assert line in out.splitlines()
    assert "urgency" not in out
    assert "None" not in out


ENTRIES = {
    "assigned": ({"assignee": "ann", "from": {"team": "n1"}}, "team n1 → assignee ann"),
    "assigned anew": ({"team": "n2", "from": {}}, "team n2"),
    "unassigned": ({"from": {"assignee": "ann"}}, "assignee ann → nobody"),
    "started": ({}, ""),
    "held": ({"reason": "part", "until": AT}, "until 2026-11-21 08:30:00Z: part"),
    "escalated": (
        {"mode": "functional", "team": "n2", "reason": "stuck", "level": 1, "from": {"team": "n1"}},
        "team n1 → team n2 (level 1): stuck",
    ),
    "snoozed": ({"until_change": True}, "until it changes"),
    "resolved": (
        {"code": "duplicate", "duplicate_of": 7, "subject_phase": "firing", "summary": "same"},
        "duplicate of #7 (its subject was still firing): same",
    ),
    "priority_changed": ({"from": "low", "to": "high"}, "low → high"),
    "kind_changed": (
        {"from": "device_offline", "to": "unstable", "reason": "flaps"},
        "device_offline → unstable (reason=flaps)",
    ),
    "fields_edited": (
        {"region": {"from": None, "to": "north"}, "level": {"from": "P2", "to": "P1"}},
        "region: - → north; level: P2 → P1",
    ),
    "description_edited": ({"from": "", "to": "two\nlines"}, "0 → 9 characters"),
    "attachment_added": ({"name": "a.pdf", "size": 3}, "a.pdf"),
    "sla_at_risk": ({"clock": "response"}, "clock=response"),
}


@pytest.mark.parametrize(("event", "case"), ENTRIES.items(), ids=ENTRIES)
def test_an_entry_says_who_did_what_from_what_to_what(event: str, case: tuple[dict[str, Any], str]):
    """Whoever reads it need not know the names of fields."""
    data, words = case
    name = event.partition(" ")[0]
    entry = {"at": AT, "event": name, "actor": {"type": "user", "name": "ann"}, "data": data}

    (line,) = told(entry)

    assert line == f"2026-11-21 08:30:00Z  ann              {name:<16} {words}".rstrip()


@pytest.mark.parametrize("event", EVENTS)
def test_no_event_needs_data(event: str):
    """What an older daemon did not write is missing, and no reason to fail."""
    for data in (None, {}, {"from": None, "to": None}):
        (line,) = told({"at": AT, "event": event, "actor": None, "data": data})
        assert event in line


def test_an_internal_comment_is_marked():
    """Nobody reads it out to a client by mistake; several lines stay lines."""
    data = {"body": "one\n\n\x1b[2Jtwo", "visibility": "internal"}

    lines = list(told({"at": AT, "event": "comment_added", "actor": {"name": "ann"}, "data": data}))

    assert lines[0].endswith("comment_added (internal)")
    assert [line.strip() for line in lines[1:]] == ["one", "", "\x1b[2Jtwo"]


def test_clocks_that_ended_before_a_reopening_are_shown(fettled: Fettled, daemon: FakeDaemon):
    """
    A ticket that comes back starts anew, and what was missed the first time is not forgotten.

    Seen to fail where `show` left `earlier` to --json.
    """
    late = {"due_at": "2026-11-21T09:00:00Z", "met": False, "outcome": "missed"}
    well = {"due_at": "2026-11-21T10:00:00Z", "met": True, "outcome": "met"}
    first = {"generation": 1, "response": late, "resolution": well}

    out = _shown(fettled, daemon, sla={"response": well, "resolution": late, "earlier": [first]})

    (said,) = [line for line in out.splitlines() if "before" in line]
    assert said == "  before      generation 1: response missed, resolution met"
