"""
Which rule is an alarm's, and what it makes of it: the first that matches wins.

Pure, and linear in what was sent, since whoever sends it may mean harm: no regular
expression of the configuration ever meets a text from outside.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Container, Mapping
from typing import Any

from fettled.core.alarms import (
    GROUP,
    MOST_TITLE,
    PREFIX,
    Alarm,
    Clause,
    Judged,
    Op,
    Rule,
    Source,
    Told,
    digest,
)
from fettled.core.lines import in_one_line

_TEMPLATE = re.compile(r"\{([^{}]*)\}")
_ORDER: dict[Op, Callable[[float, float], bool]] = {
    Op.GT: operator.gt,
    Op.GE: operator.ge,
    Op.LT: operator.lt,
    Op.LE: operator.le,
}
_PORT = re.compile(r":[0-9]{1,5}$")


#: What our own tickets are called in an Alertmanager that is told of them: taken in again,
#: each would be a ticket about a ticket, and so on.
OWN = "FettledTicket"
_NAME = "labels.alertname"


def find(value: object, path: str) -> object:
    """
    Give what stands at *path*, as `labels.severity`; None where nothing does.

    A name may hold dots itself; the longest that is there is taken.
    """
    return _find(value, tuple(path.split("."))) if path else value


def _find(value: object, parts: tuple[str, ...]) -> object:
    if not parts:
        return value
    if isinstance(value, Mapping):
        for end in range(len(parts), 0, -1):
            name = ".".join(parts[:end])
            if name in value:
                return _find(value[name], parts[end:])
    elif isinstance(value, list) and parts[0].isascii() and parts[0].isdigit():
        index = int(parts[0][:9])
        return _find(value[index], parts[1:]) if index < len(value) else None
    return None


def as_text(value: object) -> str | None:
    """Write a scalar as text, the way YAML and JSON write it; None for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def holds(clause: Clause, item: Mapping[str, Any]) -> bool:
    """Whether *item* is as *clause* asks; what is not there is equal to nothing."""
    found, wanted = find(item, clause.path), clause.value
    text = as_text(found)
    texts = {as_text(each) for each in (wanted if isinstance(wanted, tuple) else (wanted,))}
    match clause.op:
        case Op.EQ | Op.IN:
            return text is not None and text in texts
        case Op.NE | Op.NOT_IN:
            return text is None or text not in texts
        case Op.CONTAINS | Op.LIKE:
            fits = _like if clause.op is Op.LIKE else _contains
            return text is not None and any(fits(text, each or "") for each in texts)
        case Op.EXISTS:
            return (found is not None) is (wanted is not False)
        case Op.GT | Op.GE | Op.LT | Op.LE:
            pass
    have, than = _number(found), _number(wanted)
    if have is None or than is None:
        return False
    return _ORDER[clause.op](have, than)


def _contains(text: str, part: str) -> bool:
    return part in text


def _like(text: str, pattern: str) -> bool:
    """Match the whole of *text*; a star is any run. Linear, whoever wrote the text."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *middle, last = rest
    if len(text) < len(first) + len(last) or not text.startswith(first):
        return False
    if not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def fill(template: str | None, item: Mapping[str, Any]) -> str | None:
    """Write *template* with what *item* says; None where a part of it is not there."""
    if template is None:
        return None
    missing = False

    def put(match: re.Match[str]) -> str:
        nonlocal missing
        text = as_text(find(item, match[1]))
        missing |= not text
        return text or ""

    made = _TEMPLATE.sub(put, template)
    return None if missing else made


def paths_in(template: str) -> list[str]:
    """List what *template* asks the alarm for; none: it is a fixed text."""
    return _TEMPLATE.findall(template)


def rule_of(source: Source, item: Mapping[str, Any]) -> Rule | None:
    """Find the first rule that matches."""
    for rule in source.rules:
        if all(holds(clause, item) for clause in rule.clauses):
            return rule
    return None


def is_ours(alarm: Alarm) -> bool:
    """Whether it is what fettled itself tells an Alertmanager of its tickets."""
    return find(alarm.item, _NAME) == OWN


def judge(source: Source, alarm: Alarm, subjects: Container[str]) -> Judged | None:
    """Judge *alarm* by the rules of *source*; None where none matches, or it is our own."""
    if is_ours(alarm):
        return None
    rule = rule_of(source, alarm.item)
    if rule is None:
        return None
    wanted = fill(rule.subject, alarm.item)
    subject = _subject(wanted, subjects)
    group = _group(source, rule, alarm.item)
    told = Told(
        source=source.name,
        title=alarm.summary if group is None else _group_title(rule, group[1]),
        kind=rule.kind,
        attaches=subject is not None and subject != source.own,
        description=alarm.description,
        level=rule.level,
        region=_line(fill(rule.region, alarm.item)),
        application=_line(fill(rule.application, alarm.item)),
        priority=rule.priority,
        occurred_at=alarm.starts_at,
    )
    return Judged(
        check=f"{PREFIX}{source.name}/{alarm.id}",
        rule=rule,
        subject=subject or source.own,
        told=told,
        wanted=(wanted or rule.subject) if rule.subject and subject is None else None,
        group=group,
    )


def _subject(wanted: str | None, subjects: Container[str]) -> str | None:
    if wanted is None:
        return None
    # An `instance` label names the port that was scraped, and hardly a subject does.
    return next((key for key in (wanted, _PORT.sub("", wanted)) if key in subjects), None)


def _line(text: str | None) -> str | None:
    return in_one_line(text, MOST_TITLE) or None if text is not None else None


def _group(
    source: Source, rule: Rule, item: Mapping[str, Any]
) -> tuple[str, tuple[str, ...]] | None:
    if rule.aggregate is None:
        return None
    values = tuple(_label(item, name) for name in rule.aggregate.by)
    ident = digest("\0".join((rule.key, *values)))
    return f"{PREFIX}{source.name}/{GROUP}{ident}", values


def _label(item: Mapping[str, Any], name: str) -> str:
    return as_text(find(item, f"labels.{name}")) or as_text(find(item, name)) or ""


def _group_title(rule: Rule, values: tuple[str, ...]) -> str:
    by = rule.aggregate.by if rule.aggregate is not None else ()
    named = ", ".join(f"{name}={value}" for name, value in zip(by, values, strict=True))
    return in_one_line(f"Several alarms: {named or rule.name}", MOST_TITLE)
