"""
`alerts:`: its keys, and the sources of alarms that they make.

What two keys, or two of them, must agree on is `alert_faults`'s.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Protocol

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, SecretStr

from fettled.config.names import SubjectKey, Title
from fettled.config.policies import Name, PolicyPatch, PolicyRef, stack
from fettled.core.alarms import (
    KIND,
    Aggregate,
    Clause,
    Form,
    Mapped,
    Op,
    Rule,
    Source,
    digest,
)
from fettled.core.policy import SHIPPED, Policy, passive
from fettled.core.priorities import OF_LEVEL
from fettled.core.words import Level, Priority, SubjectType
from fettled.options import OneOrMany, Options, PositiveDuration
from fettled.ports import SubjectSpec

MOST_CLAUSES = 5
#: Whoever guesses needs longer than the source lives.
_SHORTEST_SECRET = 16
#: Alertmanager and Grafana tell again every four hours: six times missed.
_STALE_AFTER = timedelta(hours=24)
_PREFIX = "whsec_"
_MAPPED = Mapped()

Path = Annotated[str, Field(min_length=1, max_length=200)]
Scalar = str | int | float | bool


def _check_secret(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if len(text) < _SHORTEST_SECRET:
        msg = f"must be at least {_SHORTEST_SECRET} characters; make one: openssl rand -base64 32"
        raise ValueError(msg)
    return secret


def _check_signing(secret: SecretStr) -> SecretStr:
    text = _check_secret(secret).get_secret_value()
    if text.startswith(_PREFIX):
        try:
            base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            msg = "begins with whsec_, and what follows is not base64"
            raise ValueError(msg) from None
    return secret


def _check_bearer(secret: SecretStr) -> SecretStr:
    text = _check_secret(secret).get_secret_value()
    if not text.isascii() or any(char <= " " for char in text):
        msg = "must be letters, digits and signs without blanks, as a header carries it"
        raise ValueError(msg)
    if text.startswith("ftl_"):
        msg = "is of the form of an API token; those with alert.push are taken without this"
        raise ValueError(msg)
    return secret


class AlertClause(Options):
    """What an alarm must say for its rule to match."""

    path: Path = Field(
        description="Where it stands: `labels.severity`, `annotations.summary`, `resource.id`."
    )
    op: Annotated[Op, Field(strict=False)] = Field(
        Op.EQ,
        description="How to compare; `like`: `*` is any text. What is not there is equal to"
        " nothing.",
    )
    value: Scalar | list[Scalar] | None = Field(
        None,
        description="What it is compared with; a list for `in` and `not_in`. Required, but beside"
        " `exists`, where it is `true` unless `false` is said.",
    )


class AlertAggregate(Options):
    """When several alarms are one outage."""

    by: Annotated[OneOrMany[Path], Field(max_length=8)] = Field(
        (), description="Labels (or paths) whose values make groups; none: all are one."
    )
    count: Annotated[int, Field(ge=1, le=1000)] = Field(
        description="Different alarms of a group that must have fired."
    )
    window: PositiveDuration = Field(description="Time in which they must have.")


class AlertRule(Options):
    """What becomes of the alarms that match; the first rule that does wins."""

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=False)

    name: Name | None = Field(None, description="Name; default: `rule-1` and so on.")
    conditions: Annotated[list[AlertClause], Field(max_length=MOST_CLAUSES)] = Field(
        [], alias="if", description="All of them must hold, at most five; none: any alarm matches."
    )
    subject: Title | None = Field(
        None,
        description="Subject of the alarm: a key, or a text with paths such as"
        " `{labels.instance}`; default: the source's own.",
    )
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")] = Field(
        KIND, description="Kind of the ticket."
    )
    priority: Annotated[Priority, Field(strict=False)] | None = Field(
        None, description="Its priority; default: by its level, else by the policy."
    )
    level: Annotated[Level, Field(strict=False)] | None = Field(
        None, description="Its level, `P1` to `P5`."
    )
    region: Title | None = Field(None, description="Its region; may hold paths.")
    application: Title | None = Field(None, description="Its application; may hold paths.")
    aggregate: AlertAggregate | None = Field(
        None, description="Several alarms are one ticket; default: each its own."
    )
    policy: PolicyRef | None = Field(
        None, description="Policy, over the source's: a name, or thresholds."
    )


def _lower(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text.lower() for text in texts)


_Words = Annotated[OneOrMany[str], AfterValidator(_lower)]


class AlertMapping(Options):
    """Where a source of format `generic` has what is needed of its alarms."""

    alarms: Annotated[str, Field(max_length=200)] = Field(
        _MAPPED.alarms, description="Path to the list of alarms; default: the body itself."
    )
    id: Path = Field(_MAPPED.id, description="What tells it from the others, each time the same.")
    status: Path = Field(_MAPPED.status, description="Whether it fires.")
    summary: Path = Field(_MAPPED.summary, description="What people call it.")
    description: Path = Field(_MAPPED.description, description="What more there is to say.")
    starts_at: Path = Field(_MAPPED.starts_at, description="When it began: RFC 3339, or a number.")
    ends_at: Path = Field(
        _MAPPED.ends_at, description="Until when a firing one holds if nothing more is heard."
    )
    firing: _Words = Field(_MAPPED.firing, description="Words of `status` that mean it fires.")
    resolved: _Words = Field(_MAPPED.resolved, description="Words that mean it is over.")


def _forever(value: object) -> object:
    return timedelta.max if value == "never" else value


class AlertSource(Options):
    """Somebody who sends alarms to `/api/v1/alerts/NAME`."""

    name: SubjectKey = Field(description="Name, unique; part of the address.")
    format: Annotated[Form, Field(strict=False)] = Field(
        description="`alertmanager`, `grafana`, or `generic`: JSON by `mapping`."
    )
    token: Annotated[SecretStr, AfterValidator(_check_bearer)] | None = Field(
        None, description="Token of its own, sent as `Authorization: Bearer`."
    )
    secret: Annotated[SecretStr, AfterValidator(_check_signing)] | None = Field(
        None, description="Secret by which it signs: Standard Webhooks, or Grafana's HMAC."
    )
    timestamp_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,60}$")] | None = Field(
        None,
        description="Header in which Grafana says when it signed, as configured there; without"
        " one a request that somebody recorded is taken at any time.",
    )
    subject: SubjectKey | None = Field(
        None,
        description="Subject of alarms whose rule names none that is there; default: one of the"
        " source's name, which is made.",
    )
    stale_after: Annotated[
        PositiveDuration | None,
        BeforeValidator(_forever),
        Field(json_schema_extra={"examples": ["24h", "never"]}),
    ] = Field(
        None,
        description="Silence after which a firing alarm is unknown, or `never`; default: 24 h,"
        " `never` for `generic`.",
    )
    max_alarms: Annotated[int, Field(ge=1, le=20_000)] = Field(
        2000, description="Alarms of it that are kept at a time; more are refused."
    )
    mapping: AlertMapping = Field(
        default_factory=AlertMapping, description="Where a `generic` source has what."
    )
    policy: PolicyRef | None = Field(
        None,
        description="Policy of its alarms; by default they open and resolve at once.",
    )
    rules: Annotated[list[AlertRule], Field(max_length=200)] = Field(
        [],
        description="What becomes of its alarms; none: each is a ticket. What matches none of"
        " several is ignored.",
    )


class Alerts(Options):
    """Alarms from outside."""

    sources: Annotated[list[AlertSource], Field(max_length=100)] = Field(
        [], description="Who sends them."
    )


class Section(Protocol):
    """The settings, as far as this section goes."""

    @property
    def alerts(self) -> Alerts:
        """The section."""
        ...

    @property
    def policies(self) -> Mapping[str, PolicyPatch]:
        """Policies by name."""
        ...


def alert_sources(settings: Section) -> dict[str, Source]:
    """Make the sources of the file, by name."""
    return {each.name: _source(each, settings.policies) for each in settings.alerts.sources}


def own_subjects(sources: Mapping[str, Source]) -> dict[str, SubjectSpec]:
    """Make the subject of each source that is not told otherwise."""
    return {
        source.own: SubjectSpec(source.own, f"Alarms of {source.name}", SubjectType.OTHER)
        for source in sources.values()
    }


def _source(each: AlertSource, named: Mapping[str, PolicyPatch]) -> Source:
    form = each.format
    bottom = passive(SHIPPED[SubjectType.OTHER], 1)
    rules = [
        _rule(rule, number, stack(bottom, (each.policy, rule.policy), named))
        for number, rule in enumerate(each.rules, start=1)
    ]
    if not rules:
        rules = [_rule(AlertRule.model_validate({}), 1, stack(bottom, (each.policy,), named))]
    stale_after = each.stale_after
    if stale_after is None:
        stale_after = None if form is Form.GENERIC else _STALE_AFTER
    elif stale_after == timedelta.max:
        stale_after = None
    return Source(
        name=each.name,
        form=form,
        own=each.subject or each.name,
        rules=tuple(rules),
        stale_after=stale_after,
        most=each.max_alarms,
        mapped=Mapped(**each.mapping.model_dump()),
        token=_reveal(each.token),
        secret=_reveal(each.secret),
        timestamp_header=each.timestamp_header,
    )


def _reveal(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _rule(rule: AlertRule, number: int, policy: Policy) -> Rule:
    aggregate = rule.aggregate
    told: Any = rule.model_dump_json(include={"name", "conditions", "subject", "aggregate"})
    return Rule(
        name=rule.name or f"rule-{number}",
        key=digest(told),
        policy=policy,
        clauses=tuple(_clause(each) for each in rule.conditions),
        subject=rule.subject,
        kind=rule.kind,
        priority=rule.priority or (OF_LEVEL[rule.level] if rule.level is not None else None),
        level=rule.level,
        region=rule.region,
        application=rule.application,
        aggregate=None
        if aggregate is None
        else Aggregate(tuple(aggregate.by), aggregate.count, aggregate.window),
    )


def _clause(each: AlertClause) -> Clause:
    # Only beside `exists` may it be left out.
    value = True if each.value is None else each.value
    return Clause(each.path, each.op, tuple(value) if isinstance(value, list) else value)
