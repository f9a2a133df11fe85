"""Which layer's field wins: check, target, type, defaults, shipped; each only what it sets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from fettled.config.effective import Layers
from fettled.config.loader import Loaded
from fettled.core.policy import ALWAYS, NEVER, Flap, Policy, ReopenBudget
from fettled.core.words import Priority, SubjectType

Load = Callable[..., Loaded]

TCP = "type: tcp, host: 127.0.0.1, port: 1"


def policy_of(loaded: Loaded) -> Policy:
    """Give the policy of the first target's only check."""
    target = loaded.settings.targets[0]
    (check,) = target.named_checks().values()
    return Layers(loaded.settings).of(target, check).policy


LAYERS = {
    "check": "policy: {open_after: 5s}",
    "target": "policy: of-target",
    "type": "device: {open_after: 3s}",
    "defaults": "policy: of-defaults",
}


@pytest.mark.parametrize(
    ("present", "seconds"),
    [
        (("check", "target", "type", "defaults"), 5),
        (("target", "type", "defaults"), 4),
        (("type", "defaults"), 3),
        (("defaults",), 2),
        ((), 300),
        (("check", "defaults"), 5),
        (("target", "defaults"), 4),
        (("check", "type"), 5),
    ],
)
def test_the_strongest_layer_that_sets_a_field_wins(
    present: tuple[str, ...], seconds: int, load_text: Load
) -> None:
    """
    Check > target > policies.<type> > defaults > shipped.

    Seen to fail with the layers of target and type exchanged.
    """
    chosen = {name: text if name in present else "" for name, text in LAYERS.items()}
    comma = {name: f", {text}" if text else "" for name, text in chosen.items()}
    loaded = load_text(f"""
defaults: {{{chosen["defaults"]}}}
policies: {{of-defaults: {{open_after: 2s}}, of-target: {{open_after: 4s}}{comma["type"]}}}
targets: [{{subject: a, type: device{comma["target"]}, check: {{{TCP}{comma["check"]}}}}}]
""")

    assert policy_of(loaded).open_after == timedelta(seconds=seconds)


def test_each_layer_changes_only_the_fields_it_sets(load_text: Load) -> None:
    """Fields of a lower layer shine through, also those within flap, budget and priority."""
    policy = policy_of(
        load_text(f"""
defaults: {{policy: base}}
policies:
  base: {{open_failures: 7, flap: {{transitions: 9}}, reopen_budget: {{count: 8}}, priority: high}}
  device: {{resolve_after: 6s, flap: {{window: 1h}}}}
  mine: {{inherit: yours, flap: {{min_share: 0.5}}}}
  yours: {{resolve_successes: 5, flap: {{min_share: 0.4, ticket_after: 1m}}}}
targets:
  - subject: a
    type: device
    policy: mine
    check: {{{TCP}, policy: {{priority: {{device_offline: critical}}, publish: false}}}}
""")
    )

    assert policy.open_after == timedelta(minutes=5)
    assert (policy.open_failures, policy.resolve_successes) == (7, 5)
    assert policy.resolve_after == timedelta(seconds=6)
    assert (policy.flap.transitions, policy.flap.window) == (9, timedelta(hours=1))
    assert (policy.flap.min_share, policy.flap.ticket_after) == (0.5, timedelta(minutes=1))
    assert policy.reopen_budget.count == 8
    assert policy.reopen_budget.window == timedelta(hours=6)
    assert policy.priority["*"] is Priority.HIGH
    assert policy.priority["device_offline"] is Priority.CRITICAL
    assert policy.priority["unstable"] is Priority.LOW
    assert policy.publish is False


#: What is promised: how long and how often a type must fail, and how urgent it is then.
SHIPPED = {
    SubjectType.SERVICE: (timedelta(seconds=60), 3, Priority.HIGH),
    SubjectType.INTEGRATION: (timedelta(minutes=2), 2, Priority.HIGH),
    SubjectType.DEVICE: (timedelta(minutes=5), 2, Priority.MEDIUM),
    SubjectType.SPACE: (timedelta(seconds=60), 2, Priority.MEDIUM),
    SubjectType.OTHER: (timedelta(seconds=60), 2, Priority.MEDIUM),
}


@pytest.mark.parametrize("subject_type", SubjectType)
def test_without_a_word_a_check_gets_what_is_shipped(
    subject_type: SubjectType, load_text: Load
) -> None:
    """
    An empty file gives the figures that are promised, each written down here once more.

    Seen to fail with any one of the shipped figures changed.
    """
    loaded = load_text(f"targets: [{{subject: a, type: {subject_type}, check: {{{TCP}}}}}]")

    open_after, open_failures, priority = SHIPPED[subject_type]
    assert policy_of(loaded) == Policy(
        open_after=open_after,
        open_failures=open_failures,
        resolve_after=timedelta(seconds=60),
        resolve_successes=2,
        reopen_window=timedelta(hours=1),
        flap=Flap(
            transitions=5,
            window=timedelta(minutes=10),
            min_share=0.2,
            stable_after=timedelta(minutes=10),
            ticket_after=timedelta(minutes=30),
        ),
        reopen_budget=ReopenBudget(count=3, window=timedelta(hours=6)),
        verify_after_resolve=timedelta(minutes=10),
        touched_grace=timedelta(minutes=30),
        publish=True,
        priority={
            "*": priority,
            "unstable": Priority.LOW,
            "multiple_devices_offline": Priority.HIGH,
        },
    )


@pytest.mark.parametrize(
    ("written", "window", "is_noted"),
    [
        ("1h", timedelta(hours=1), False),
        ("40s", timedelta(seconds=40), False),
        ("39s", timedelta(seconds=40), True),
        ("1ms", timedelta(seconds=40), True),
        ("never", NEVER, False),
        ("always", ALWAYS, False),
    ],
)
def test_a_reopen_window_below_four_intervals_is_raised_with_a_note(
    written: str, window: timedelta, load_text: Load, *, is_noted: bool
) -> None:
    """It is never refused, and `never` and `always` are meant."""
    loaded = load_text(f"""
policies: {{device: {{reopen_window: {written}}}}}
targets:
  - {{subject: a, type: device, check: {{{TCP}, interval: 10s}}}}
""")

    assert policy_of(loaded).reopen_window == window
    expected = (
        f"reopen_window {written} is shorter than 4 intervals of a/main; 40s is taken there",
    )
    assert loaded.notes == (expected if is_noted else ())


@pytest.mark.parametrize("written", ["0", "0s", '"0"', "0m"])
def test_a_bare_zero_is_refused_as_ambiguous(
    written: str, refuse: Callable[..., list[str]]
) -> None:
    """It could mean never, and it could mean always."""
    (line,) = refuse(f"policies: {{p: {{reopen_window: {written}}}}}")

    assert line.endswith("policies.p.reopen_window: 0 may mean never or always; write the word")


def test_a_heartbeat_has_waited_already_and_is_low(load_text: Load) -> None:
    """Its debounce is met at once, its beats resolve, whatever thresholds the file has."""
    policy = policy_of(
        load_text("""
policies: {service: {open_after: 1h, open_failures: 9, resolve_successes: 9}}
targets:
  - subject: a
    type: service
    check: {type: heartbeat, period: 1h, resolve_beats: 3}
""")
    )

    assert (policy.open_after, policy.open_failures) == (timedelta(), 1)
    assert (policy.resolve_after, policy.resolve_successes) == (timedelta(), 3)
    assert policy.priority == {
        "*": Priority.LOW,
        "unstable": Priority.LOW,
        "multiple_devices_offline": Priority.HIGH,
    }
    assert policy.reopen_window == timedelta(hours=4)


def test_a_file_may_give_heartbeats_another_priority(load_text: Load) -> None:
    """What is shipped for heartbeats is the lowest layer, too."""
    loaded = load_text(
        "targets: [{subject: a, type: service, policy: {priority: high},"
        " check: {type: heartbeat, period: 1h}}]"
    )

    assert policy_of(loaded).priority["*"] is Priority.HIGH


def test_unused_policies_and_templates_are_noted(load_text: Load) -> None:
    """A policy that was misnamed where it should apply is silent otherwise."""
    loaded = load_text("policies: {a: {}, b: {inherit: a}, device: {}}\ntemplates: {t: {}}")

    assert loaded.notes == (
        "there are no targets, so nothing is watched",
        "no default, type, target, check or source of alarms goes by policy b",
        "no target uses template t",
    )
