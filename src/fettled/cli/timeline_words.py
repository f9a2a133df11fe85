"""
A line of a timeline in words: when, who, what, and from what to what.

Pure functions from the API's JSON to text. What an event has no words for here is told
field by field, so that nothing is hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from fettled.cli.output import cell, moment

Data: TypeAlias = dict[str, Any]

_INDENT = " " * 22


def told(entry: dict[str, Any]) -> Iterator[str]:
    """Tell of *entry* in a line, and in further ones where people wrote several."""
    data = dict(entry.get("data") or {})
    event = cell(entry.get("event"))
    mark = " (internal)" if data.pop("visibility", None) == "internal" else ""
    body = str(data.pop("body", None) or "").strip()
    words = _WORDS.get(event, _fields)(data)
    if body and "\n" not in body:
        words, body = body, ""
    head = f"{moment(entry.get('at'))}  {cell(_who(entry)):<16} {event + mark:<16}"
    yield f"{head} {cell(words)}" if words else head.rstrip()
    for text in body.splitlines():
        yield f"{_INDENT}{text}".rstrip()


def _who(entry: dict[str, Any]) -> object:
    actor = entry.get("actor") or {}
    return actor.get("name") or actor.get("type")


def _owners(data: Data) -> str:
    to = [f"{name} {cell(data[name])}" for name in _OWNERS if data.get(name)]
    was = data.get("from")
    before = [f"{name} {cell(was[name])}" for name in _OWNERS if was.get(name)] if was else []
    return _arrow(", ".join(before), ", ".join(to) or "nobody")


_OWNERS = ("assignee", "shift", "team", "supplier")


def _arrow(before: object, after: object) -> str:
    return f"{cell(before)} → {cell(after)}" if before not in (None, "") else cell(after)


def _escalated(data: Data) -> str:
    if data.get("mode") == "chain":  # nobody was assigned: they were told
        people = ", ".join(map(cell, data.get("people") or ())) or "nobody"
        return f"{cell(data.get('to'))}: {people} (step {cell(data.get('step'))})"
    reason = f": {cell(data['reason'])}" if data.get("reason") else ""
    level = f" (level {data['level']})" if data.get("level") else ""
    return f"{_owners(data)}{level}{reason}"


def _started(data: Data) -> str:
    return _owners(data) if data.get("assignee") else ""


def _held(data: Data) -> str:
    return f"until {moment(data.get('until'))}: {cell(data.get('reason'))}"


def _snoozed(data: Data) -> str:
    return f"until {moment(data.get('until')) or 'it changes'}"


def _resolved(data: Data) -> str:
    told_of = cell(data.get("code"))
    if data.get("duplicate_of"):
        told_of += f" of #{data['duplicate_of']}"
    if data.get("subject_phase"):
        told_of += f" (its subject was still {cell(data['subject_phase'])})"
    return told_of + (f": {cell(data['summary'])}" if data.get("summary") else "")


def _changed(data: Data) -> str:
    """Tell of values that were changed, each as from → to, and of what else there is."""
    if "to" not in data:
        return _fields(data)
    rest = {name: value for name, value in data.items() if name not in {"from", "to"}}
    more = _fields(rest)
    return _arrow(data.get("from"), data["to"]) + (f" ({more})" if more else "")


def _edited(data: Data) -> str:
    parts = []
    for name, value in data.items():
        if isinstance(value, dict) and "to" in value:
            parts.append(f"{name}: {cell(value.get('from'))} → {cell(value['to'])}")
        else:
            parts.append(f"{name}: {cell(value)}")
    return "; ".join(parts)


def _described(data: Data) -> str:
    before, after = (len(str(data.get(name) or "")) for name in ("from", "to"))
    return f"{before} → {after} characters"


def _file(data: Data) -> str:
    name = data.get("filename") or data.get("name")
    return cell(name) if name else _fields(data)


def _fields(data: Data) -> str:
    shown = {name: value for name, value in data.items() if value not in (None, "", [], {}, False)}
    return cell(shown) if shown else ""


_WORDS: dict[str, Callable[[Data], str]] = {
    "assigned": _owners,
    "unassigned": _owners,
    "escalated": _escalated,
    "started": _started,
    "held": _held,
    "snoozed": _snoozed,
    "resolved": _resolved,
    "priority_changed": _changed,
    "kind_changed": _changed,
    "fields_edited": _edited,
    "description_edited": _described,
    "attachment_added": _file,
    "attachment_removed": _file,
}
