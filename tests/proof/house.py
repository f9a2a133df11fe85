"""The small house that the engine machine lives in: its fleet, and the thresholds it may have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fettled.core.actions import (
    Assign,
    Escalate,
    Hold,
    MoveToOpen,
    Resume,
    SnoozeFor,
    Take,
    Unassign,
)
from fettled.core.observations import Outcome
from fettled.core.policy import Cascade, Flap, Policy, ReopenBudget, Storm
from fettled.core.words import SubjectType
from fettled.ports import CheckSpec, Fleet, SubjectSpec

S = timedelta(seconds=1)
M = timedelta(minutes=1)
DOORS = [f"door-{n}" for n in range(1, 6)]
PARENTS = {**dict.fromkeys(DOORS, "hub"), "switch": "hub", "lamp": "switch"}
SUBJECTS = ["hub", "switch", "lamp", "pump", *DOORS]
WORDS = ["up", "down", "timeout", "auth", "slow", "unknown"]
POLICIES = {
    "usual": Policy(
        flap=Flap(ticket_after=5 * M),
        cascade=Cascade(min_count=3, min_ratio=0.4, group_by=("site",)),
    ),
    "slow": Policy(
        open_after=2 * M,
        open_failures=3,
        resolve_after=3 * M,
        settle_after=3 * M,
        flap=Flap(transitions=99),
        cascade=Cascade(min_count=3, min_ratio=0.4, recover_ratio=0.5),
    ),
    "quick": Policy(
        open_after=0 * S,
        open_failures=1,
        resolve_after=0 * S,
        resolve_successes=1,
        reopen_window=10 * M,
        reopen_budget=ReopenBudget(2, 30 * M),
        cascade=Cascade(enabled=True, min_count=2, hold=30 * S),
    ),
    "observed": Policy(publish=False),
}

#: What people do to an open ticket but resolve it; a hold gets its end when it is done.
WORK = [
    Take(),
    Assign(assignee="ben"),
    Assign(team="n1"),
    Unassign(),
    MoveToOpen(),
    Hold("a part", datetime.max.replace(tzinfo=UTC)),
    Resume(),
    Escalate("functional", "theirs", "network"),
    SnoozeFor(on_change=True),
]


async def _never_run() -> Outcome:
    raise NotImplementedError


def spec_of(subject: str, name: str, policy: Policy, formerly: str) -> CheckSpec:
    """Make a check that is looked at every 30 s."""
    return CheckSpec(
        key=f"{subject}/{name}",
        subject=subject,
        name=name,
        type="tcp",
        primary=name == "main",
        interval=30 * S,
        timeout=10 * S,
        retry_interval=15 * S,
        policy=policy,
        probe=_never_run,
        formerly=f"{formerly}/{name}",
    )


def house(policy: Policy, names: dict[str, str], gone: frozenset[str], *, storm: bool) -> Fleet:
    """Make the fleet; *names*: what some subjects are called now, instead of before."""
    kept = [key for key in SUBJECTS if key not in gone]
    called = {key: names.get(key, key) for key in SUBJECTS}
    subjects = {}
    for key in kept:
        parent = PARENTS.get(key)
        subjects[called[key]] = SubjectSpec(
            called[key],
            called[key],
            SubjectType.INTEGRATION if key == "hub" else SubjectType.DEVICE,
            parent=called[parent] if parent is not None and parent not in gone else None,
            labels={"site": "oslo"} if key in {"pump", "lamp", "hub"} else {},
            formerly=key if called[key] != key else f"{key}-b",
        )
    former = {called[key]: subjects[called[key]].formerly or "" for key in kept}
    checks = [spec_of(called[key], "main", policy, former[called[key]]) for key in kept]
    if "door-1" in kept:
        door = called["door-1"]
        checks.append(spec_of(door, "web", policy, former[door]))
    brake = Storm(4, 5 * M) if storm else None
    return Fleet(subjects, {each.key: each for each in checks}, brake)
