"""
Policies as they are written, laid over each other into the one a check goes by.

A written policy is a patch: it changes the fields it sets and no others. The layers,
from the bottom: shipped by type, the one `defaults:` names, the one named like the
subject's type, the target's, the check's. What the thresholds mean is `fettled.core`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from fettled.config.faults import suggest
from fettled.core.durations import parse_duration
from fettled.core.policy import ALWAYS, NEVER, SHIPPED, Cascade, Flap, Policy, ReopenBudget
from fettled.core.words import Kind, Priority, SubjectType
from fettled.options import Duration, OneOrMany, Options, PositiveDuration

#: Names of policies and templates.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]

_WORDS = {"never": NEVER, "always": ALWAYS}
_ANY_KIND = "*"
_KINDS = (_ANY_KIND, *Kind)


def _read_window(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str) and value in _WORDS:
        return _WORDS[value]
    window = parse_duration(value) if isinstance(value, str) and value != "0" else timedelta()
    if isinstance(value, str | int) and not window:
        msg = "0 may mean never or always; write the word"
        raise ValueError(msg)
    if not isinstance(value, str):
        msg = "must be a duration such as 1h, or never, or always"
        raise ValueError(msg)  # noqa: TRY004 - pydantic reports ValueError as a fault
    return window


#: `1h`, `never` or `always`.
ReopenWindow = Annotated[
    timedelta,
    BeforeValidator(_read_window),
    WithJsonSchema({"type": "string", "examples": ["1h", "never", "always"]}),
]


def _check_kind(text: str) -> str:
    if text not in _KINDS:
        msg = f"is not a kind that fettled opens{suggest(text, _KINDS) or '; use * for all'}"
        raise ValueError(msg)
    return text


def _by_kind(value: object) -> object:
    return {_ANY_KIND: value} if isinstance(value, str) else value


Count = Annotated[int, Field(ge=1, le=1000)]
LaxPriority = Annotated[Priority, Field(strict=False)]
ByKind = Annotated[
    dict[Annotated[str, AfterValidator(_check_kind)], LaxPriority],
    BeforeValidator(_by_kind),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": [*Priority]},
                {
                    "type": "object",
                    "propertyNames": {"enum": [*_KINDS]},
                    "additionalProperties": {"enum": [*Priority]},
                },
            ]
        }
    ),
]


class FlapPatch(Options):
    """When a check counts as flapping."""

    transitions: Annotated[int, Field(ge=2, le=1000)] = Field(
        Flap().transitions, description="Changes between up and not-up within the window."
    )
    window: PositiveDuration = Field(
        Flap().window, description="Time in which they count; at least 10 intervals are taken."
    )
    min_share: Annotated[float, Field(ge=0, le=1)] = Field(
        Flap().min_share, description="Least share of the time that must be not-up, 0 to 1."
    )
    stable_after: Duration = Field(
        Flap().stable_after, description="Time without a change after which it is steady again."
    )
    ticket_after: Duration = Field(
        Flap().ticket_after, description="Time it must flap before it gets a ticket of its own."
    )


class ReopenBudgetPatch(Options):
    """When a ticket that keeps coming back turns `unstable`."""

    count: Count = Field(ReopenBudget().count, description="Relapses within the window.")
    window: PositiveDuration = Field(
        ReopenBudget().window, description="Time in which they count, and quiet time to end it."
    )


Share = Annotated[float, Field(ge=0, le=1)]


class CascadePatch(Options):
    """When many failures of one group are one ticket."""

    enabled: bool = Field(Cascade().enabled, description="False: each failure its own ticket.")
    min_count: Count = Field(Cascade().min_count, description="Failures that make a roll-up ...")
    min_ratio: Share = Field(
        Cascade().min_ratio, description="... where they are this share of the group, too."
    )
    max_count: Count = Field(
        Cascade().max_count, description="Failures that make a roll-up whatever their share."
    )
    window: PositiveDuration = Field(
        Cascade().window, description="How far apart their first failures may be."
    )
    hold: Duration = Field(
        Cascade().hold, description="How long one that is due waits for undecided siblings."
    )
    recover_ratio: Annotated[float, Field(gt=0, le=1)] = Field(
        Cascade().recover_ratio, description="Share of the members that must be well to resolve it."
    )
    group_by: OneOrMany[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]] = Field(
        Cascade().group_by, description="Labels whose values make groups, beside the parent."
    )


class PolicyPatch(Options):
    """Thresholds; those not given come from the layer below."""

    inherit: Name | None = Field(None, description="Policy whose fields are taken first.")
    open_after: Duration = Field(
        Policy().open_after, description="Time that a check must be not-up before a ticket opens."
    )
    open_failures: Count = Field(
        Policy().open_failures, description="Observations in a row that must be not-up for it."
    )
    resolve_after: Duration = Field(
        Policy().resolve_after, description="Time that it must be up before the ticket resolves."
    )
    resolve_successes: Count = Field(
        Policy().resolve_successes, description="Observations in a row that must be up for it."
    )
    reopen_window: ReopenWindow = Field(
        Policy().reopen_window,
        description="Time after a resolution in which a new failure reopens the same ticket:"
        " a duration (raised to 4 intervals), `never`, or `always` (until it is closed).",
    )
    flap: FlapPatch = Field(
        default_factory=FlapPatch, description="When a check counts as flapping."
    )
    reopen_budget: ReopenBudgetPatch = Field(
        default_factory=ReopenBudgetPatch,
        description="When a ticket that keeps coming back turns unstable.",
    )
    verify_after_resolve: Duration = Field(
        Policy().verify_after_resolve,
        description="Time that a person's resolution is believed against the evidence.",
    )
    touched_grace: Duration = Field(
        Policy().touched_grace,
        description="Time that a ticket somebody worked on stays open after the recovery.",
    )
    settle_after: Duration = Field(
        Policy().settle_after,
        description="Time after a parent or the primary recovered in which nothing is opened;"
        " half of it after a maintenance window.",
    )
    cascade: CascadePatch = Field(
        default_factory=CascadePatch, description="When many failures are one ticket."
    )
    on_publish: Literal["new_only", "all"] = Field(
        "new_only",
        description="What becomes of what is down when publishing is switched on: a ticket with"
        " its next outage, or at once.",
    )
    publish: bool = Field(Policy().publish, description="False: observe only, open no ticket.")
    priority: ByKind = Field(
        {}, description="Priority of the tickets: one for all kinds, or one by kind (`*`: others)."
    )


#: A policy's name, or a policy written in place.
PolicyRef = Annotated[
    Annotated[Name, Tag("name")] | Annotated[PolicyPatch, Tag("inline")],
    Discriminator(lambda value: "inline" if isinstance(value, dict | PolicyPatch) else "name"),
]


def lay(under: Policy, patch: PolicyPatch, named: Mapping[str, PolicyPatch]) -> Policy:
    """Lay *patch*, and below it what it inherits, over *under*."""
    if patch.inherit is not None:
        under = lay(under, named[patch.inherit], named)
    changes = {name: getattr(patch, name) for name in patch.model_fields_set - {"inherit"}}
    if "flap" in changes:
        changes["flap"] = replace(under.flap, **_given(patch.flap))
    if "reopen_budget" in changes:
        changes["reopen_budget"] = replace(under.reopen_budget, **_given(patch.reopen_budget))
    if "cascade" in changes:
        changes["cascade"] = replace(under.cascade, **_given(patch.cascade))
    if "priority" in changes:
        changes["priority"] = {**under.priority, **patch.priority}
    return replace(under, **changes)


def _given(patch: Options) -> dict[str, Any]:
    return {name: getattr(patch, name) for name in patch.model_fields_set}


def shipped(subject_type: SubjectType, *, is_passive: bool) -> Policy:
    """Give the bottom layer; a heartbeat that stays away is no emergency by itself."""
    policy = SHIPPED[subject_type]
    if not is_passive:
        return policy
    return replace(policy, priority={**policy.priority, _ANY_KIND: Priority.LOW})


def stack(
    bottom: Policy, layers: Iterable[str | PolicyPatch | None], named: Mapping[str, PolicyPatch]
) -> Policy:
    """Lay *layers*, lowest first, over *bottom*; names that are not there are left out."""
    policy = bottom
    for layer in layers:
        patch = named.get(layer) if isinstance(layer, str) else layer
        if patch is not None:
            policy = lay(policy, patch, named)
    return policy


def _same_fields() -> bool:
    """Whether a patch can set all that a policy has."""
    return {f.name for f in fields(Policy)} == set(PolicyPatch.model_fields) - {"inherit"}


if not _same_fields():  # a threshold added to core must be reachable from YAML
    msg = "PolicyPatch and Policy differ in their fields"
    raise TypeError(msg)
