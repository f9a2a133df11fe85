"""
Which checks there are for the alarms that are kept, by the rules that hold now.

Pure: a fleet and rows come in. So a reload judges what fires by its new rules, and what
they match no more is a check that was removed.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from fettled.core.alarm_formats import read_alarm
from fettled.core.alarm_rules import judge
from fettled.core.alarms import Judged, Kept, Source
from fettled.core.errors import InvalidError
from fettled.core.words import Requires
from fettled.ports import CheckSpec, Fleet

#: What pages call the type of such a check.
TYPE = "alarm"
#: How far apart its observations may be, and are believed to be one run.
EVERY = timedelta(seconds=60)
_PATIENCE = timedelta(seconds=10)


def with_alarms(fleet: Fleet, rows: Iterable[Kept]) -> tuple[Fleet, list[Kept]]:
    """Give *fleet* with the checks of *rows*, and those rows that it still has a rule for."""
    kept, specs = [], dict(fleet.checks)
    for row in rows:
        judged = _judged(fleet.sources, fleet.subjects, row)
        if judged is None:
            continue
        kept.append(row)
        if row.part_of is None:
            specs[row.check] = _spec(row, judged)
    return replace(fleet, checks=specs), kept


def specs_of(
    sources: Mapping[str, Source], subjects: Container[str], rows: Iterable[Kept]
) -> dict[str, CheckSpec]:
    """Give the checks of *rows*, but for those that count towards a group."""
    specs = {}
    for row in rows:
        judged = _judged(sources, subjects, row) if row.part_of is None else None
        if judged is not None:
            specs[row.check] = _spec(row, judged)
    return specs


def _judged(sources: Mapping[str, Source], subjects: Container[str], row: Kept) -> Judged | None:
    """Judge what a row says; None where it would be another one now, or none."""
    source = sources.get(row.source)
    if source is None:
        return None
    try:
        judged = judge(source, read_alarm(source, row.item), subjects)
    except InvalidError:
        return None  # it was written by the words of another format
    if judged is None:
        return None
    group = judged.group[0] if judged.group is not None else None
    return judged if group == (row.check if row.is_group else row.part_of) else None


def _spec(row: Kept, judged: Judged) -> CheckSpec:
    return CheckSpec(
        key=row.check,
        subject=judged.subject,
        name=row.check,
        type=TYPE,
        primary=False,
        interval=EVERY,
        timeout=_PATIENCE,
        retry_interval=EVERY,
        policy=judged.rule.policy,
        probe=None,
        requires=Requires.NONE,
        alarm=judged.told,
    )
