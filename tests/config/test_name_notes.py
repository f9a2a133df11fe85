"""Names that nobody can refuse and that may be slips: `check-config` notes them."""

from __future__ import annotations

from collections.abc import Callable

from fettled.config.loader import Loaded

Load = Callable[..., Loaded]
ANY = "there is no access:, so nobody is known by this name: it is taken as it is written"
FLOW = """\
workflows:
  - on: ticket.opened
    if: {team: nope}
    do: [{assign: nobody}, {escalate: {team: upper}}, {open_ticket: title}, {assign: nobody}]
receivers:
  - {name: ops, type: webhook, url: 'https://h.example/', teams: [sales], kinds: [KINDS]}
targets: []
"""
HOUSE = """\
access:
  teams: [{name: nope}, {name: nobody}, {name: upper}, {name: sales}]
"""


def noted(load_text: Load, text: str, kinds: str = "user_report") -> list[str]:
    """Load it; the notes with a place, without the place in the file."""
    notes = load_text(text.replace("KINDS", kinds)).notes
    return [note.partition(": ")[2] for note in notes if "fettled.yaml:" in note]


def test_a_name_that_is_not_checked_is_noted(load_text: Load) -> None:
    """
    Each once, with its place, where there are no people to know it; a title is no name.

    Seen to fail where it is called ok, and no ticket ever belongs to that team.
    """
    assert noted(load_text, FLOW) == [
        f"workflows[0].if.team: {ANY}",
        f"workflows[0].do[0].assign: {ANY}",
        f"workflows[0].do[1].escalate.team: {ANY}",
        f"receivers[0].teams[0]: {ANY}",
    ]
    assert noted(load_text, HOUSE + FLOW) == []


def test_a_kind_that_is_nearly_one_of_ours_is_noted(load_text: Load) -> None:
    """
    Never refused: callers give any kind, and other workflows and rules open their own.

    Seen to fail where a receiver waits for a kind that nothing has.
    """
    text = HOUSE + FLOW
    assert noted(load_text, text, "device_ofline") == [
        "receivers[0].kinds[0]: is no kind of ours; did you mean device_offline?"
    ]
    assert noted(load_text, text, "export_failed, 'device_*', 'devize_offlin?'") == []
    own = text.replace("{open_ticket: title}", "{open_ticket: {title: x, kind: device_ofline}}")
    assert noted(load_text, own, "device_ofline") == []
