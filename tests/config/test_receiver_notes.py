"""What tells nobody is said by `check-config`, and refused by nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from fettled.config.loader import load

UNREAD = "no receiver for persons is called that: it is for people to read only"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOOK = "type: webhook, url: 'https://hooks.example.org/x'"
ROOM = f"{{name: room, {HOOK}, audience: team}}"
SMS = f"{{name: sms, {HOOK}, audience: person}}"
TURN = "{every: 7d, start: 2026-01-05T08:00, members: [ann, bob]}"
CHAIN = "escalation: [{after: 0s, to: oncall}, {after: 5m, to: network}, {after: 9m, to: manager}]"


def noted(
    tmp_path: Path, ann: str, receivers: str, notify: str = "", chain: str = "", *, bob: str = ""
) -> list[str]:
    """Load a house of two and a schedule; the notes, without file, line and column."""
    path = tmp_path / "fettled.yaml"
    path.write_text(
        f"access:\n"
        f"  teams: [{{name: network{notify}}}]\n"
        f"  users: [{{name: ann, teams: network{ann}}}, {{name: bob, roles: manager{bob}}}]\n"
        f"  schedules: [{{name: oncall, rotation: {TURN}}}]\n"
        f"receivers: [{receivers}]\n{chain}\ntargets: []\n"
    )
    notes = load(path, {}, now=NOW).notes
    return [note.partition(": ")[2] for note in notes if "fettled.yaml:" in note]


def test_steps_that_find_somebody_whom_nothing_tells_are_named(tmp_path: Path) -> None:
    """
    The manager, one of two on call, has a telephone that no receiver rings.

    Seen to fail where any contact counts, whether or not a receiver carries it.
    """
    ann = ", contacts: {sms: '+47 555', phone: '+47 556'}"
    bob = ", contacts: {phone: '+47 557'}"
    assert noted(tmp_path, ann, f"{ROOM}, {SMS}", ", notify: room", CHAIN, bob=bob) == [
        f"access.users[0].contacts.phone: {UNREAD}",
        "escalation[0].to: 1 of 2 whom it may reach have no contact that a receiver carries",
        "escalation[2].to: nobody whom it may reach has a contact that a receiver carries",
    ]


def test_receivers_that_nobody_refers_to_are_named(tmp_path: Path) -> None:
    """For a team or for persons they need to be; a note of a telephone number alone is none."""
    assert noted(tmp_path, ", contacts: {phone: '+47 556'}", ROOM) == [
        "receivers[0].audience: no team names it in `notify`, so it is told nothing"
    ]
    assert noted(tmp_path, "", SMS) == [
        "receivers[0].audience: no user has a contact of its name, so it tells nobody"
    ]


def test_links_that_nobody_gets_are_named(tmp_path: Path) -> None:
    """
    A plain webhook is told the event itself, and without an address of ours there are none.

    Seen to fail where nothing was said of either.
    """
    in_json = "it is told in JSON, which has no links: give it a template or a body"
    no_base = "receivers[0].links: without server.public_url there are no links"
    server = "server: {public_url: 'https://fettled.example.org'}"
    hook = f"{{name: ops, {HOOK}, links: true}}"
    chat = f"{{name: ops, {HOOK}, links: true, template: slack}}"
    assert noted(tmp_path, "", hook, "", server) == [f"receivers[0].links: {in_json}"]
    assert noted(tmp_path, "", chat, "", server) == []
    assert noted(tmp_path, "", chat) == [no_base]


def test_a_house_whose_people_can_all_be_told_has_nothing_said_of_it(tmp_path: Path) -> None:
    """Nor one without a chain, or with receivers that are told everything."""
    assert noted(tmp_path, "", f"{{name: ops, {HOOK}}}") == []
    chain = "escalation: [{after: 0s, to: ann}, {after: 1s, to: network}]"
    assert noted(tmp_path, ", contacts: {sms: '+47 555'}", SMS, "", chain) == []
