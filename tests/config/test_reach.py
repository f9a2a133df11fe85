"""Thresholds that leave faults without a ticket, and labels without a group: noted, with a cure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from fettled.config.effective import Layers
from fettled.config.loader import Loaded
from fettled.core.policy import Policy
from timeline import more, play

Load = Callable[..., Loaded]
TCP = "{type: tcp, host: 127.0.0.1, port: 1}"


def with_(more: str) -> str:
    """A check with one option more."""
    return TCP.replace("}", f", {more}}}")


def one(*rest: str, head: str = "", kind: str = "other", **checks: str) -> str:
    """A configuration of one target, after *head*."""
    given = checks or {"check": TCP}
    options = [f"subject: a, type: {kind}", *rest, *(f"{k}: {v}" for k, v in given.items())]
    return f"{head}\ntargets: [{{{', '.join(options)}}}]".lstrip()


def policy_of(loaded: Loaded) -> Policy:
    """What the first check goes by."""
    target = loaded.settings.targets[0]
    return Layers(loaded.settings).of(target, next(iter(target.named_checks().values()))).policy


def opens(policy: Policy, bad: int, good: int) -> bool:
    """Whether a fault of so many looks, one a minute, with so many good ones between, opens."""
    timeline = play("up@0", policy, interval=timedelta(seconds=60))
    second = 0
    for _ in range(3 * 60 // (bad + good) + 1):
        for word, count in (("down", bad), ("up", good)):
            for _ in range(count):
                second += 60
                more(timeline, f"{word}@{second}")
    return bool(timeline.tickets)


#: Policy -> (where the note stands, its first words, a fault that opens nothing: bad and good
#: looks, the policy after the cure).
BLIND = {
    "longer than the flap rule reaches": (
        "{open_after: 30m}",
        "policies.p.open_after: a fault that ends just within 30m, again and again, never",
        (30, 1),
        "{open_after: 30m, flap: {window: CURE}}",
    ),
    "more changes than there are looks": (
        "{flap: {transitions: 99}}",
        "policies.p.flap.transitions: so many changes are never seen within 10m, where at most 17",
        (1, 1),
        "{flap: {transitions: 9}}",
    ),
    "flapping that ends with the first good look": (
        "{resolve_after: 0s, resolve_successes: 1, flap: {stable_after: 0s}}",
        "policies.p.flap.stable_after: one good look ends flapping, so a fault at every other",
        (1, 1),
        "{resolve_after: 0s, resolve_successes: 1, flap: {stable_after: 2m}}",
    ),
}


@pytest.mark.parametrize(("written", "said", "fault", "cured"), BLIND.values(), ids=BLIND)
def test_a_policy_under_which_a_fault_never_opens_is_noted_with_a_cure(
    written: str, said: str, fault: tuple[int, int], cured: str, load_text: Load
) -> None:
    """
    The engine itself says so: nothing opens in three hours, and after the cure it does.

    Seen to fail without the note, and for the first one with a cure that leaves the good
    looks out (60m).
    """
    text = one("policy: p", head=f"policies: {{p: {written}}}")
    loaded = load_text(text)
    (note,) = loaded.notes
    assert said in note
    assert re.search(r"fettled\.yaml:1:\d+: policies\.p\.", note)
    assert note.endswith("(at a/main)")
    assert not opens(policy_of(loaded), *fault)

    cure = re.search(r"raise flap\.window to (\w+),", note)
    cured = cured.replace("CURE", cure[1] if cure else "")
    loaded = load_text(text.replace(written, cured))
    assert loaded.notes == ()
    assert opens(policy_of(loaded), *fault)


LEGAL = {
    "what is shipped": "{}",
    "max_count below min_count": "{cascade: {max_count: 2, min_count: 9}}",
    "the first failure opens": "{open_after: 0s, open_failures: 1, resolve_after: 0s}",
    "no flapping where each failure opens": (
        "{open_after: 0s, open_failures: 1, flap: {transitions: 999}}"
    ),
    "a long debounce with a window to match": "{open_after: 1h, flap: {window: 3h}}",
    "observe only": "{publish: false}",
}


@pytest.mark.parametrize("kind", ["service", "integration", "device", "space", "other"])
@pytest.mark.parametrize("written", LEGAL.values(), ids=LEGAL)
def test_what_is_legal_and_sees_every_fault_is_not_noted(
    written: str, kind: str, load_text: Load
) -> None:
    """Nor is a timeout above the interval."""
    slow = with_("interval: 60s, timeout: 5m")
    text = one("policy: p", head=f"policies: {{p: {written}}}", kind=kind, check=slow)

    assert load_text(text).notes == ()


def test_a_heartbeat_is_not_judged_by_thresholds_for_looks(load_text: Load) -> None:
    """Overdue opens at once."""
    beat = "{type: heartbeat, period: 60s, policy: {open_after: 1h}}"

    assert load_text(f"targets: [{{subject: a, type: other, check: {beat}}}]").notes == ()


LONG = "policy: {open_after: 9h}"
PLACES = {
    "the check": (one(check=with_(LONG)), "targets[0].check.policy.open_after"),
    "one of several checks": (
        one(checks=f"{{x: {with_(LONG)}}}"),
        "targets[0].checks.x.policy.open_after",
    ),
    "the target": (one(LONG), "targets[0].policy.open_after"),
    "the policy that is inherited": (
        one("policy: p", head="policies: {p: {inherit: q}, q: {open_after: 9h}}"),
        "policies.q.open_after",
    ),
    "the policy of the type": (
        one(head="policies: {other: {open_after: 9h}}"),
        "policies.other.open_after",
    ),
    "the default": (
        one(head="defaults: {policy: p}\npolicies: {p: {open_after: 9h}}"),
        "policies.p.open_after",
    ),
    "the template": (
        one("use: t", head=f"templates: {{t: {{{LONG}}}}}"),
        "templates.t.policy.open_after",
    ),
    "the window where the file sets no more": (
        one("policy: {flap: {window: 1m}}", check=with_("interval: 1s"), kind="device"),
        "targets[0].policy.flap.window",
    ),
}


@pytest.mark.parametrize(("text", "path"), PLACES.values(), ids=PLACES)
def test_a_note_stands_where_the_threshold_was_set(text: str, path: str, load_text: Load) -> None:
    """In whichever layer that is; the topmost that sets it."""
    (note,) = load_text(text).notes

    assert f": {path}: " in note


def test_checks_that_share_a_policy_share_its_note(load_text: Load) -> None:
    """Three are named."""
    targets = ", ".join(f"{{subject: d{n}, type: other, check: {TCP}}}" for n in range(9))
    (note,) = load_text(f"policies: {{other: {{open_after: 9h}}}}\ntargets: [{targets}]").notes

    assert note.endswith("(at d0/main, d1/main, d2/main and 6 more)")


GROUPS = {
    "one label": ("[siet]", "policies.p.cascade.group_by: no target has the label siet", "site"),
    "one of two": (
        "[site, flooor]",
        "policies.p.cascade.group_by[1]: no target has the label flooor",
        "floor",
    ),
    "nothing like it": ("zone", "policies.p.cascade.group_by: no target has the label zone", None),
}


@pytest.mark.parametrize(("labels", "said", "meant"), GROUPS.values(), ids=GROUPS)
def test_a_group_by_label_that_nothing_carries_is_noted(
    labels: str, said: str, meant: str | None, load_text: Load
) -> None:
    """With its place and what it may have meant; a label that one target carries is fine."""
    text = (
        f"policies: {{p: {{cascade: {{group_by: {labels}}}}}}}\n"
        "targets:\n"
        f"- {{subject: a, type: other, policy: p, labels: {{site: x, floor: 1}}, check: {TCP}}}"
    )
    (note,) = load_text(text).notes

    assert said in note
    assert note.endswith(f"did you mean {meant}?" if meant else "; remove it")
    assert ":1:" in note


def test_notes_name_the_file_they_stand_in(load_text: Load, tmp_path: Path) -> None:
    """Also that of an include."""
    (tmp_path / "more.yaml").write_text("policies: {p: {open_after: 9h}}\n")
    target = f"{{subject: a, type: other, policy: p, check: {TCP}}}"
    (note,) = load_text(f"include: more.yaml\ntargets: [{target}]").notes

    assert note.startswith(f"{tmp_path}/more.yaml:1:")
