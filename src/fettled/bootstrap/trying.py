"""What the rules of a file make of a sample: for `fettled alerts try`, without a daemon."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from fettled.clock import SystemClock
from fettled.config.alerts import alert_sources
from fettled.config.loader import load
from fettled.config.names import SUBJECT_KEY
from fettled.core.alarm_formats import read_alarm, read_push
from fettled.core.alarm_intake import UNMATCHED, Intake, Line, members_of, take_in
from fettled.core.alarm_rules import judge
from fettled.core.alarms import Judged, Source
from fettled.core.durations import format_duration
from fettled.core.errors import ConfigError, FettledError, InvalidError, NotFoundError
from fettled.core.policy import priority_of

#: What the API takes; a larger sample is none.
_MOST_BYTES = 1024 * 1024


class _AnyKey:
    """Every key that a subject can have: a file of rules alone does not say which there are."""

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and re.fullmatch(SUBJECT_KEY, key) is not None


def try_alerts(rules: Path, sample: Path, name: str | None) -> dict[str, Any]:
    """
    Say what would become of the alarms in *sample*.

    Args:
        rules: a configuration, or a file with its section `alerts:` alone.
        sample: what a source sends.
        name: of the source, where there are several.

    Raises:
        ConfigError: the rules cannot be used; one line for each fault.
        NotFoundError: there is no such source.
        InvalidError, FettledError: the sample is nothing that the source sends.
    """
    settings = load(rules, is_part=True).settings
    source = _chosen(alert_sources(settings), name, rules)
    subjects: Container[str] = {target.subject for target in settings.targets} or _AnyKey()
    try:
        push = read_push(source, _read(sample))
    except InvalidError as error:
        where = f"{error.field}: " if error.field else ""
        msg = f"{sample}: {where}{error}"
        raise FettledError(msg) from None
    intake = take_in(source, push, {}, subjects, SystemClock().wall())
    return {
        "source": source.name,
        "alarms": [_line(line, source) for line in intake.lines],
        "groups": list(_groups(intake, source, subjects)),
        "faults": [f"{sample}: {fault}" for fault in push.faults],
    }


def _chosen(sources: dict[str, Source], name: str | None, rules: Path) -> Source:
    if not sources:
        msg = f"{rules}: names no source of alarms; add one under alerts.sources"
        raise ConfigError(msg)
    known = ", ".join(sources)
    if name is None:
        if len(sources) > 1:
            msg = f"{rules} has several sources: say which with --source, one of {known}"
            raise InvalidError(msg, "source")
        return next(iter(sources.values()))
    if name not in sources:
        msg = f"{rules} has no source {name!r}: it has {known}"
        raise NotFoundError(msg)
    return sources[name]


def _read(sample: Path) -> object:
    try:
        raw = sample.read_bytes()
    except OSError as error:
        msg = f"{sample}: {error.strerror}"
        raise FettledError(msg) from None
    if len(raw) > _MOST_BYTES:
        msg = f"{sample}: is larger than 1 MiB, and would be refused"
        raise FettledError(msg)
    try:
        value: object = json.loads(raw)
    except UnicodeDecodeError:
        msg = f"{sample}: is not UTF-8"
    except json.JSONDecodeError as error:
        msg = f"{sample}:{error.lineno}:{error.colno}: is not JSON: {error.msg}"
    except (RecursionError, ValueError):
        msg = f"{sample}: is nested too deep, or holds a number that no one reads"
    else:
        return value
    raise FettledError(msg)


def _groups(intake: Intake, source: Source, subjects: Container[str]) -> Iterator[dict[str, Any]]:
    """Say of each group how many alarms count, and what opens where they are enough."""
    seen: dict[str, Judged] = {}
    for line in intake.lines:
        if line.judged is not None and line.judged.group is not None and line.is_firing:
            seen.setdefault(line.check, line.judged)
    for check, judged in seen.items():
        row = intake.rows.get(check)
        # What the ticket says is taken from the alarm that stands for them all.
        told = judge(source, read_alarm(source, row.item), subjects) if row is not None else None
        yield _group(check, told or judged, intake, source, fires=row is not None)


def _group(
    check: str, judged: Judged, intake: Intake, source: Source, *, fires: bool
) -> dict[str, Any]:
    aggregate = judged.rule.aggregate
    needed = aggregate.count if aggregate is not None else 0
    count = sum(1 for _ in members_of(check, intake.rows))
    said = f"{count} alarm{'s count' if count != 1 else ' counts'} and {needed}"
    if fires:
        then = f"{said} {'are' if needed != 1 else 'is'} enough: {_opening(judged, source)}"
    else:
        window = format_duration(aggregate.window) if aggregate is not None else ""
        then = f"{said} within {window} are needed: nothing opens yet"
    return {
        "title": judged.told.title,
        "count": count,
        "needed": needed,
        "fires": fires,
        "rule": judged.rule.name,
        "subject": judged.subject,
        **_ticket(judged),
        "check": check,
        "then": then,
    }


def _ticket(judged: Judged) -> dict[str, Any]:
    """Say what the ticket would say."""
    told = judged.told
    return {
        "kind": told.kind,
        "priority": priority_of(judged.rule.policy, told.kind, told.priority).value,
        "level": told.level,
        "region": told.region,
        "application": told.application,
    }


def _line(line: Line, source: Source) -> dict[str, Any]:
    judged = line.judged
    said: dict[str, Any] = {
        "alarm": line.alarm,
        "status": "firing" if line.is_firing else "resolved",
        "rule": line.rule,
        "subject": line.subject,
    }
    if judged is not None:
        said |= {**_ticket(judged), "check": line.check}
    return {**said, "then": _then(line, judged, source)}


def _then(line: Line, judged: Judged | None, source: Source) -> str:
    """Say in a sentence what would happen."""
    if line.is_refused:
        return line.because
    if judged is None:
        return f"{line.because or UNMATCHED}: it is ignored"
    if not line.is_firing:
        return f"what it opened is resolved, if it fired before{_stand_in(judged, source)}"
    what, aggregate = _opening(judged, source), judged.rule.aggregate
    if aggregate is None:
        return what
    within = format_duration(aggregate.window)
    return f"it counts: after {aggregate.count} alarms of its group within {within}, {what}"


def _stand_in(judged: Judged, source: Source) -> str:
    if judged.wanted is None:
        return ""
    return f"; there is no subject {judged.wanted}, so {source.own} stands for it"


def _opening(judged: Judged, source: Source) -> str:
    """Say what opens where it fires."""
    policy = judged.rule.policy
    waits = policy.open_after or policy.open_failures > 1
    when = f"once it has fired for {format_duration(policy.open_after)}" if waits else "at once"
    what = "a ticket opens " + when
    if judged.told.attaches:
        what += f", or the one that {judged.subject} has open takes it in"
    if not policy.publish:
        what = "nothing opens: its policy does not publish"
    return what + _stand_in(judged, source)
