"""
Policies: the thresholds, and the shipped ones by subject type.

Values only. Reading them from YAML and their precedence is `fettled.config`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from fettled.core.words import Kind, Priority, SubjectType

#: reopen_window `never` and `always`, as durations no difference of times can reach.
NEVER = timedelta.min
ALWAYS = timedelta.max


@dataclass(frozen=True, slots=True)
class Flap:
    """When a check is flapping: *transitions* raw flips in *window*, down often enough."""

    transitions: int = 5
    window: timedelta = timedelta(minutes=10)
    #: Least share of the observed time that must be not-up, 0 to 1.
    min_share: float = 0.2
    #: Quiet time after which a flapping check that is up counts as healthy.
    stable_after: timedelta = timedelta(minutes=10)
    #: How long a check must flap before it gets a ticket of its own.
    ticket_after: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class ReopenBudget:
    """Slow flapping: at the *count*-th relapse within *window* a ticket turns unstable."""

    count: int = 3
    window: timedelta = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Cascade:
    """
    When many failures of one group are one ticket.

    Attributes:
        min_count, min_ratio: so many, and so large a share of the group; both must be met.
        max_count: so many are enough whatever the share.
        window: how far apart their first failures may be.
        hold: how long one that is due waits for siblings that are not decided yet.
        recover_ratio: the share of members that must be well to resolve it, 0 to 1.
        group_by: labels whose values make groups, beside the parent.
        enabled: False: each its own ticket.
    """

    min_count: int = 5
    min_ratio: float = 0.3
    max_count: int = 15
    window: timedelta = timedelta(minutes=5)
    hold: timedelta = timedelta(seconds=60)
    recover_ratio: float = 0.9
    group_by: tuple[str, ...] = ()
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Storm:
    """The brake over everything: more than *opens* openings in *window* go onto one ticket."""

    opens: int = 50
    window: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Policy:
    """The thresholds of one check; time and count must both be met."""

    open_after: timedelta = timedelta(seconds=60)
    open_failures: int = 2
    resolve_after: timedelta = timedelta(seconds=60)
    resolve_successes: int = 2
    #: Half-open, from the resolution to the first new failure; NEVER and ALWAYS are legal.
    reopen_window: timedelta = timedelta(hours=1)
    flap: Flap = Flap()
    reopen_budget: ReopenBudget = ReopenBudget()
    #: How long a person's word that it is fixed is believed against the evidence.
    verify_after_resolve: timedelta = timedelta(minutes=10)
    #: How long a ticket that people worked on stays open after the recovery.
    touched_grace: timedelta = timedelta(minutes=30)
    #: How long after a parent or the primary recovered nothing is opened; half of it after a
    #: maintenance window.
    settle_after: timedelta = timedelta(minutes=10)
    cascade: Cascade = Cascade()
    #: False: observe only, open nothing.
    publish: bool = True
    #: What becomes of what was down when publishing is switched on: `new_only`, `all`.
    on_publish: str = "new_only"
    priority: dict[str, Priority] = field(default_factory=dict)


_ANY = "*"


def _by_kind(usual: Priority) -> dict[str, Priority]:
    return {_ANY: usual, Kind.UNSTABLE: Priority.LOW, Kind.MULTIPLE_DEVICES_OFFLINE: Priority.HIGH}


#: What a check gets where the configuration says nothing.
SHIPPED: dict[SubjectType, Policy] = {
    SubjectType.SERVICE: Policy(open_failures=3, priority=_by_kind(Priority.HIGH)),
    SubjectType.INTEGRATION: Policy(
        open_after=timedelta(minutes=2), priority=_by_kind(Priority.HIGH)
    ),
    SubjectType.DEVICE: Policy(open_after=timedelta(minutes=5), priority=_by_kind(Priority.MEDIUM)),
    SubjectType.SPACE: Policy(priority=_by_kind(Priority.MEDIUM)),
    SubjectType.OTHER: Policy(priority=_by_kind(Priority.MEDIUM)),
}


def priority_of(policy: Policy, kind: str, opinion: Priority | None) -> Priority:
    """The policy's word on *kind*, else the probe's own *opinion*, else the policy's usual."""
    return policy.priority.get(kind) or opinion or policy.priority.get(_ANY, Priority.MEDIUM)


def passive(policy: Policy, resolve_beats: int) -> Policy:
    """
    Adapt *policy* to evidence that already waited: a heartbeat overdue or an alarm.

    Its misses and grace are the debounce, so the policy's own is met at once.
    """
    return replace(
        policy,
        open_after=timedelta(),
        open_failures=1,
        resolve_after=timedelta(),
        resolve_successes=resolve_beats,
    )
