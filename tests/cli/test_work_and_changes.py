"""`fettled maintenances` and `fettled changes`: what is typed becomes what was meant."""

from __future__ import annotations

import json

import pytest

from cli.fake_daemon import FakeDaemon, Fettled

WORK = "/api/v1/maintenances"
CHANGES = "/api/v1/changes"
MADE = {
    "id": 3,
    "type": "CORRECTIVE",
    "status": "PLANNED",
    "subject": "door-1",
    "ticket": 42,
    "scheduled_at": "2026-11-21T17:00:00Z",
    "description": "new \x1b[31mhinge",
}
TOLD = {
    "id": 7,
    "title": "New firmware",
    "at": "2026-11-21T08:30:00Z",
    "subject": None,
    "application": None,
    "selector": {"site": "oslo"},
    "url": None,
    "source": "ci",
}


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["maintenances", "add", "door-1", "--ticket", "soon"], "is no ticket"),
        (["maintenances", "add", "door-1", "--at", "2026-11-21T18:00"], "has no time zone"),
        (["maintenances", "add", "door-1", "--type", "x"], "'corrective'"),
        (["maintenances", "list", "--status", "late"], "'planned'"),
        (["changes", "add", "x", "--selector", "oslo"], "NAME=VALUE"),
        (["changes", "add", "x", "--at", "noon"], "is no time"),
    ],
)
def test_a_slip_is_told_before_anybody_is_asked(
    fettled: Fettled, daemon: FakeDaemon, args: list[str], words: str
) -> None:
    """Exit code 2, one sentence that names the option."""
    ran = fettled(*args, "--url", daemon.url)
    assert (ran.code, daemon.asked) == (2, [])
    assert words in ran.err


def test_what_the_daemon_refuses_is_one_sentence(fettled: Fettled, daemon: FakeDaemon) -> None:
    """As it came, without a traceback."""
    daemon.problem("POST", CHANGES, 422, "subject: there is no subject 'door-9'")
    ran = fettled("changes", "add", "x", "--subject", "door-9", "--url", daemon.url)
    assert (ran.code, ran.err) == (2, "fettled: subject: there is no subject 'door-9'\n")


def test_work_is_written_down(fettled: Fettled, daemon: FakeDaemon) -> None:
    """By reference or number; the time in UTC; the answer in one line."""
    daemon.reply("POST", WORK, {"data": MADE}, 201)
    args = ["--ticket", "INC-20261121-000042", "--at", "2026-11-21T18:00+01:00"]
    ran = fettled("maintenances", "add", "door-1", *args, "--url", daemon.url)
    assert daemon.asked[0].body == {
        "subject": "door-1",
        "ticket": 42,
        "type": "corrective",
        "description": "",
        "scheduled_at": "2026-11-21T17:00:00+00:00",
    }
    assert (ran.code, ran.out) == (0, "3  corrective work on door-1 for #42\n")


def test_work_is_listed(fettled: Fettled, daemon: FakeDaemon) -> None:
    """In a table, printable; as JSON it is the API's answer; that there is more is told."""
    daemon.reply("GET", WORK, {"data": [MADE], "next": "eA"})
    args = ["--subject", "door-1", "--status", "planned", "--status", "done", "--ticket", "#42"]
    ran = fettled("maintenances", "list", *args, "--limit", "1", "--url", daemon.url)
    asked = "subject=door-1&status=planned&status=done&ticket=42&limit=1"
    assert daemon.asked[0].path == f"{WORK}?{asked}"
    assert ran.out.splitlines()[1].split() == [
        *("3", "planned", "corrective", "door-1", "42", "2026-11-21", "17:00:00Z"),
        *("new", "\\x1b[31mhinge"),
    ]
    assert "there are more than 1" in ran.err
    ran = fettled("maintenances", "list", "--json", "--url", daemon.url)
    assert json.loads(ran.out)["data"] == [MADE]


def test_a_change_is_told_and_listed(fettled: Fettled, daemon: FakeDaemon) -> None:
    """Of labels here; what is not given is not sent."""
    daemon.reply("POST", CHANGES, TOLD, 201)
    args = ["--selector", "site=oslo", "--source", "ci", "--link", "https://ci.example/1"]
    ran = fettled("changes", "add", "New firmware", *args, "--url", daemon.url)
    assert daemon.asked[0].body == {
        "title": "New firmware",
        "selector": {"site": "oslo"},
        "source": "ci",
        "url": "https://ci.example/1",
    }
    assert ran.out == "7  New firmware (site=oslo), 2026-11-21 08:30:00Z\n"
    daemon.reply("GET", CHANGES, {"items": [TOLD], "next": None})
    ran = fettled("changes", "list", "--source", "ci", "--url", daemon.url)
    assert ran.out.splitlines()[1].split()[2:] == ["site=oslo", "New", "firmware", "ci", "-"]
