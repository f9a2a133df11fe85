"""
Alarms from outside: what a source says, by which rules it is judged, and what is kept of it.

Values only. Which rule is an alarm's is `alarm_rules`', how a body is read `alarm_formats`',
what becomes of what is known `alarm_intake`'s; and when a ticket is opened is the engine's:
an alarm is an observation like any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from fettled.core.observations import Outcome, Reason
from fettled.core.policy import Policy
from fettled.core.words import Level, Priority, Verdict

#: What an alarm's check begins with: `alarm/SOURCE/ID`. A check of the file has one slash.
PREFIX = "alarm/"
#: What the id of a group's check begins with; no alarm's own id does.
GROUP = "group-"
#: The kind of a ticket whose rule names none: what is broken, nobody said.
KIND = "alarm"
#: Of a ticket that an alarm opened (seed C).
OWNERSHIP = "alarm_detection"
#: As long as a title, and as what a probe says.
MOST_TITLE, MOST_MESSAGE = 200, 300


def is_alarm(check: str | None) -> bool:
    """Whether *check* is an alarm's, or a group's of alarms."""
    return check is not None and check.startswith(PREFIX) and check.count("/") > 1


class Op(StrEnum):
    """How a clause compares."""

    EQ = "=="
    NE = "!="
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    LIKE = "like"
    EXISTS = "exists"
    GT = ">"
    GE = ">="
    LT = "<"
    LE = "<="


Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a rule: what stands at *path* of the alarm, compared with *value*."""

    path: str
    op: Op
    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """
    When several alarms are one: *count* different ones within *window*.

    Attributes:
        by: labels whose values make the groups.
    """

    by: tuple[str, ...]
    count: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Rule:
    """
    What becomes of the alarms that it matches.

    Attributes:
        key: names it among a source's rules, and stays the same when others come or go.
        subject, region, application: texts, with `{path}` for what the alarm says; None: none.
    """

    name: str
    key: str
    policy: Policy
    clauses: tuple[Clause, ...] = ()
    subject: str | None = None
    kind: str = KIND
    priority: Priority | None = None
    level: Level | None = None
    region: str | None = None
    application: str | None = None
    aggregate: Aggregate | None = None


class Form(StrEnum):
    """How a source writes its alarms."""

    ALERTMANAGER = "alertmanager"
    GRAFANA = "grafana"
    GENERIC = "generic"


@dataclass(frozen=True, slots=True)
class Mapped:
    """Where a generic source has what is needed of an alarm; paths, and its words."""

    alarms: str = ""
    id: str = "id"
    status: str = "status"
    summary: str = "summary"
    description: str = "description"
    starts_at: str = "starts_at"
    ends_at: str = "ends_at"
    firing: tuple[str, ...] = ("firing", "alarm", "alerting", "active", "open", "problem")
    resolved: tuple[str, ...] = ("resolved", "ok", "cleared", "recovered", "closed", "inactive")


@dataclass(frozen=True, slots=True)
class Source:
    """
    Who sends alarms, and what becomes of them.

    Attributes:
        own: the subject of its alarms that name none that is there.
        stale_after: silence after which a firing alarm is unknown; None: it holds for good.
        most: alarms of it that are known at a time.
        token, secret: by which it proves itself; never shown.
        timestamp_header: where Grafana says when it signed, if it does.
    """

    name: str
    form: Form
    own: str
    rules: tuple[Rule, ...]
    stale_after: timedelta | None = None
    most: int = 2000
    mapped: Mapped = Mapped()
    token: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    timestamp_header: str | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """
    One alarm, as a source told it.

    Attributes:
        id: safe in a check's key; the same each time it is told.
        item: what it said, for the rules.
        summary: one line, without control characters.
        ends_at: until when a firing one holds, if nothing more is heard.
        over_at: when one that is resolved ended.
    """

    id: str
    is_firing: bool
    item: Mapping[str, Any]
    summary: str
    description: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    over_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """
    What a source signed, named so that it is known again.

    Attributes:
        id: the same each time its sender tries; another one where it says something else.
        attempt: of this one try.
        until: how long it is to be known again; its signature is not believed for that long.
    """

    id: str
    attempt: str
    until: datetime


class State(StrEnum):
    """What is known of an alarm; *unsure*: its group was told, and it was left out."""

    FIRING = "firing"
    RESOLVED = "resolved"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Kept:
    """
    What is kept of an alarm, or of a group of them, so that it survives restarts.

    Attributes:
        part_of: the check of the group that it counts towards; None: it is its own check.
        bundle: what it was told together with, as a digest; empty: alone.
        fired_at: when it was first heard to fire, this time.
        heard_at: when it was heard of last.
    """

    check: str
    source: str
    state: State
    item: dict[str, Any]
    fired_at: datetime
    heard_at: datetime
    part_of: str | None = None
    bundle: str = ""
    settled_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def is_group(self) -> bool:
        """Whether it stands for several alarms."""
        return self.check.removeprefix(f"{PREFIX}{self.source}/").startswith(GROUP)


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source as it stands: how many of its alarms are what, and when it was heard of."""

    source: Source
    counts: Mapping[State, int]
    heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """
    What a ticket opened for an alarm is to say; on the check's spec, so that all see the same.

    Attributes:
        attaches: an open ticket of its subject takes it in, instead of a second one.
    """

    source: str
    title: str
    kind: str
    attaches: bool
    description: str = ""
    level: Level | None = None
    region: str | None = None
    application: str | None = None
    priority: Priority | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """
    An alarm with its rule.

    Attributes:
        wanted: the subject that the rule asked for, where there is none of that key.
        group: the values by which it is grouped, and the group's check.
    """

    check: str
    rule: Rule
    subject: str
    told: Told
    wanted: str | None = None
    group: tuple[str, tuple[str, ...]] | None = None


def outcome(kept: Kept, source: Source, title: str, now: datetime) -> Outcome:
    """Say what is believed of it *now*: until it is resolved it holds, or is not known."""
    if kept.state is State.RESOLVED:
        return Outcome(Verdict.UP, Reason.OK)
    if kept.state is State.UNSURE:
        text = "the source told its group, and left it out"
        return Outcome(Verdict.UNKNOWN, Reason.NO_EVIDENCE, text)
    if kept.ends_at is not None and kept.ends_at <= now:
        return Outcome(Verdict.UNKNOWN, Reason.NO_EVIDENCE, "the source vouched for it till then")
    if source.stale_after is not None and now - kept.heard_at >= source.stale_after:
        return Outcome(Verdict.UNKNOWN, Reason.NO_EVIDENCE, "not heard of for too long")
    return Outcome(Verdict.DOWN, Reason.ALARM, title[:MOST_MESSAGE])


def digest(text: str) -> str:
    """Name *text* in 16 characters that are safe in a key."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
