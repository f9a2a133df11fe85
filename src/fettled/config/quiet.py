"""
`silences:` and `maintenance_windows:`: their keys, and the rules that they make.

What two keys, or two of them, must agree on is `quiet_faults`'s.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from fettled.calendar import check_cron
from fettled.config.hours import Zone
from fettled.config.names import LabelName, LabelValue, PersonName, SubjectKey, Title
from fettled.core.quiet import Recurrence, Scope
from fettled.core.words import Gate
from fettled.options import Options, PositiveDuration
from fettled.ports import QuietSpec


def read_moment(value: object) -> datetime:
    """
    Read a time with its zone.

    Raises:
        ValueError: it is not one.
    """
    if isinstance(value, datetime):
        return value
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        read = None
    if read is None:
        msg = "must be a time such as 2026-11-21T08:30:00+01:00"
        raise ValueError(msg)
    if read.tzinfo is None:
        msg = "has no time zone: add one, such as Z or +01:00"
        raise ValueError(msg)
    try:
        return read.astimezone(UTC)
    except OverflowError:
        msg = "is out of all reach; correct the year"
        raise ValueError(msg) from None


Moment = Annotated[
    datetime,
    BeforeValidator(read_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Reason = Annotated[str, Field(min_length=1, max_length=500)]
Selector = Annotated[dict[LabelName, LabelValue], Field(min_length=1, max_length=20)]
LaxScope = Annotated[Scope, Field(strict=False)]


class Silence(Options):
    """A stretch of time in which somebody opens no ticket."""

    subject: SubjectKey | None = Field(None, description="Subject that it names ...")
    selector: Selector | None = Field(
        None, description="... or labels, all of which a subject must have to be named."
    )
    scope: LaxScope = Field(
        Scope.SUBJECT,
        description="`subject`: those it names alone; `subtree`: all that hangs below them, too.",
    )
    starts_at: Moment | None = Field(None, description="When it begins; default: long ago.")
    ends_at: Moment = Field(
        description="When it ends, at most 90 days after it begins, or from now."
    )
    reason: Reason = Field(description="Why.")
    author: PersonName | None = Field(None, description="Who asked for it.")


class MaintenanceWindow(Options):
    """Time for work, once or again and again."""

    name: Title | None = Field(None, description="Name for people.")
    subject: SubjectKey | None = Field(None, description="Subject that it names ...")
    selector: Selector | None = Field(
        None, description="... or labels, all of which a subject must have to be named."
    )
    scope: LaxScope = Field(
        Scope.SUBTREE,
        description="`subject`: those it names alone; `subtree`: all that hangs below them, too.",
    )
    starts_at: Moment | None = Field(None, description="When it begins, for one that is once ...")
    ends_at: Moment | None = Field(None, description="... and when it ends.")
    cron: Annotated[str, AfterValidator(check_cron)] | None = Field(
        None,
        description="When it begins, for one that recurs: minute, hour, day, month, weekday ...",
    )
    duration: PositiveDuration | None = Field(None, description="... and how long it takes.")
    zone: Zone | None = Field(None, description="Time zone that `cron` is read in; default: UTC.")
    reason: Reason = Field(description="Why.")

    @property
    def recurrence(self) -> Recurrence | None:
        """When it recurs, if it does."""
        if self.cron is None or self.duration is None:
            return None
        return Recurrence(self.cron, self.duration, self.zone or "UTC")


class Sections(Protocol):
    """The sections that rules are made from."""

    @property
    def silences(self) -> list[Silence]:
        """Silences."""
        ...

    @property
    def maintenance_windows(self) -> list[MaintenanceWindow]:
        """Maintenance windows."""
        ...


def quiet_specs(settings: Sections) -> tuple[QuietSpec, ...]:
    """Make the rules of the file; each keeps its id as long as nothing of it is changed."""
    return tuple(_unique([*_silences(settings.silences), *_windows(settings.maintenance_windows)]))


def _silences(items: Iterable[Silence]) -> Iterator[QuietSpec]:
    for index, item in enumerate(items):
        yield QuietSpec(
            id=_identify(item),
            gate=Gate.SILENCE,
            subject=item.subject,
            selector=dict(item.selector or {}),
            scope=item.scope,
            reason=item.reason,
            author=item.author or "",
            starts_at=item.starts_at,
            ends_at=item.ends_at,
            origin=f"silences[{index}]",
        )


def _windows(items: Iterable[MaintenanceWindow]) -> Iterator[QuietSpec]:
    for index, item in enumerate(items):
        yield QuietSpec(
            id=_identify(item),
            gate=Gate.MAINTENANCE_WINDOW,
            subject=item.subject,
            selector=dict(item.selector or {}),
            scope=item.scope,
            reason=item.reason,
            author="",
            starts_at=item.starts_at,
            ends_at=item.ends_at,
            recurrence=item.recurrence,
            name=item.name or "",
            origin=f"maintenance_windows[{index}]",
        )


def _identify(item: Options) -> str:
    """Name *item* by what it says, so that a reload knows it again wherever it stands."""
    said: dict[str, Any] = {"what": type(item).__name__, **item.model_dump(mode="json")}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    return f"file-{digest[:8]}"


def _unique(specs: Iterable[QuietSpec]) -> Iterator[QuietSpec]:
    """Leave out what says the very same as one before it."""
    seen: set[str] = set()
    for spec in specs:
        if spec.id not in seen:
            seen.add(spec.id)
            yield spec
