from __future__ import annotations

from pathlib import Path

import pytest

from cli.fake_daemon import FakeDaemon, Fettled

SUBJECT = {
    "id": 7,
    "key": "door-1",
    "name": "Door 1",
    "type": "device",
    "phase": "firing",
    "since": "2026-11-21T08:30:00Z",
    "parent": "hub",
    "labels": {"site": "oslo"},
    "gate": None,
    "checks": [
        {
            "name": "main",
            "type": "tcp",
            "phase": "firing",
            "verdict": "down",
            "reason": "refused",
            "gate": "verify",
            "gate_until": "2026-11-21T08:50:00Z",
            "last_at": "2026-11-21T08:31:00Z",
            "next_at": None,
        }
    ],
    "ticket": 42,
}


def test_subjects_are_listed_with_phase_and_ticket(fettled: Fettled, daemon: FakeDaemon):
    """One line each: what is watched, what is believed, which ticket tells of it."""
    daemon.reply("GET", "/api/v1/subjects", {"items": [SUBJECT], "next": None})

    line = fettled("subjects", "list", "--url", daemon.url).out.splitlines()[1]

    assert line.split() == [
        *("door-1", "device", "firing", "2026-11-21", "08:30:00Z", "#42", "hub", "Door", "1")
    ]


def test_a_subject_is_shown_with_its_checks_and_gate(fettled: Fettled, daemon: FakeDaemon):
    """The gate that keeps a ticket from opening is named with its end."""
    daemon.reply("GET", "/api/v1/subjects/door-1", SUBJECT)

    out = fettled("subjects", "show", "door-1", "--url", daemon.url).out

    assert "verify until 2026-11-21 08:50:00Z" in out
    assert "site=oslo" in out
    assert "refused" in out


def test_subjects_as_json_are_what_the_api_says(fettled: Fettled, daemon: FakeDaemon):
    """`--json` adds and drops nothing."""
    daemon.reply("GET", "/api/v1/subjects/door-1", SUBJECT)

    assert fettled("subjects", "show", "door-1", "--json", "--url", daemon.url).json == SUBJECT


def test_a_key_is_one_segment_of_the_path(fettled: Fettled, daemon: FakeDaemon):
    """A key with a slash asks for a subject of that name, not for another route."""
    fettled("subjects", "show", "../tickets", "--url", daemon.url)

    assert daemon.asked[0].path == "/api/v1/subjects/..%2Ftickets"


def test_token_create_prints_the_token_alone(fettled: Fettled, daemon: FakeDaemon):
    """`TOKEN=$(fettled token create ...)` needs no trimming."""
    daemon.reply("POST", "/api/v1/tokens", {"id": "a1", "token": "ftl_a1_secret"}, status=201)

    result = fettled(
        *("token", "create", "--user", "ann", "--role", "admin", "--expires", "90d"),
        *("--url", daemon.url),
    )

    assert (result.code, result.out, result.err) == (0, "ftl_a1_secret\n", "")
    assert daemon.asked[0].body == {"user": "ann", "role": "admin", "expires": "90d"}


@pytest.mark.parametrize("expires", ["soon", "90", "-1d", ""])
def test_a_wrong_expiry_is_named(fettled: Fettled, daemon: FakeDaemon, expires: str):
    """An expiry that is no duration is refused here, with the cure."""
    result = fettled(
        "token", "create", "--user", "ann", f"--expires={expires}", "--url", daemon.url
    )

    assert result.code == 2
    assert "90d" in result.err or "7d" in result.err
    assert daemon.asked == []


def test_the_token_is_sent_as_a_bearer(
    fettled: Fettled, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
):
    """$FETTLED_TOKEN authenticates; a socket of one's own needs none."""
    daemon.reply("GET", "/api/v1/subjects", {"items": [], "next": None})
    fettled("subjects", "list", "--url", daemon.url)
    monkeypatch.setenv("FETTLED_TOKEN", "ftl_x")
    fettled("subjects", "list", "--url", daemon.url)

    assert [asked.headers.get("Authorization") for asked in daemon.asked] == [None, "Bearer ftl_x"]


def test_the_token_can_come_from_a_file(fettled: Fettled, daemon: FakeDaemon, tmp_path: Path):
    """A file keeps the token out of the process list and of the shell's history."""
    file = tmp_path / "token"
    file.write_text("ftl_file\n")
    daemon.reply("GET", "/api/v1/subjects", {"items": [], "next": None})

    fettled("subjects", "list", "--url", daemon.url, "--token-file", file)

    assert daemon.asked[0].headers["Authorization"] == "Bearer ftl_file"


@pytest.mark.parametrize("content", [b"", b"  \n", b"\xff\xfe", b"two\nlines", None])
def test_a_token_file_without_a_token_is_named(
    fettled: Fettled, daemon: FakeDaemon, tmp_path: Path, content: bytes | None
):
    """An empty, binary, broken or missing token file never becomes a header."""
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)

    result = fettled("subjects", "list", "--url", daemon.url, "--token-file", file)

    assert result.code == 2
    assert "token" in result.err
    assert daemon.asked == []


TOKEN = {
    "id": "0123456789ab",
    "user": "bob",
    "role": "viewer",
    "scope": ["ticket.view"],
    "created_at": "2026-11-21T08:30:00Z",
    "expires_at": None,
}


def test_tokens_are_listed_with_what_they_may(fettled: Fettled, daemon: FakeDaemon):
    """One line each; what proves them is nowhere."""
    daemon.reply("GET", "/api/v1/tokens", {"items": [TOKEN], "next": None})

    line = fettled("token", "list", "--url", daemon.url).out.splitlines()[1]

    assert line.split() == ["0123456789ab", "bob", "viewer", "ticket.view", "-"]


def test_a_token_is_revoked_by_its_id(fettled: Fettled, daemon: FakeDaemon):
    """And that is said."""
    daemon.reply("DELETE", "/api/v1/tokens/0123456789ab", None, status=204)

    result = fettled("token", "revoke", "0123456789ab", "--url", daemon.url)

    assert (result.code, result.out) == (0, "0123456789ab: revoked\n")


def test_a_scope_is_given_by_commas_or_again(fettled: Fettled, daemon: FakeDaemon):
    """Both at once, too."""
    daemon.reply("POST", "/api/v1/tokens", {"token": "ftl_x", **TOKEN}, status=201)

    fettled(
        *("token", "create", "--user", "bob", "--role", "viewer", "--url", daemon.url),
        *("--scope", "ticket.view,subject.view", "--scope", "incident.view"),
    )

    assert daemon.asked[-1].body["scope"] == ["ticket.view", "subject.view", "incident.view"]


def test_the_audit_log_is_listed_by_filters(fettled: Fettled, daemon: FakeDaemon):
    """They are the API's; `#42` is 42."""
    row = {
        "position": 7,
        "at": "2026-11-21T08:30:00.000000Z",
        "actor": {"type": "user", "name": "ann"},
        "kind": "ticket.resolve",
        "object": "ticket:42",
        "data": {},
        "hash": "f" * 64,
    }
    daemon.reply("GET", "/api/v1/audit", {"items": [row], "next": None})

    found = fettled("audit", "list", "--ticket", "#42", "--actor", "ann", "--url", daemon.url)

    assert found.out.splitlines()[1].split() == [
        *("7", "2026-11-21", "08:30:00Z", "ann", "ticket.resolve", "ticket:42")
    ]
    assert "ticket=42" in daemon.asked[-1].path
