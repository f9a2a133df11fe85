"""What is wrong with `alerts:` that each key by itself cannot tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fettled.config.crosscheck import Tree, known, mapping, mappings, named, unique
from fettled.config.faults import Path, suggest
from fettled.config.problems import Problem
from fettled.config.scalars import as_text
from fettled.core.alarm_rules import paths_in
from fettled.core.alarms import Op
from fettled.core.priorities import OF_LEVEL
from fettled.core.words import Level

_BRACES = re.compile(r"[{}]")
_TEMPLATED = ("subject", "region", "application")
#: Of rules, and the list of the catalogue that has their values.
_LISTED = {"region": "regions", "application": "applications"}
_NUMBERS = frozenset({Op.GT, Op.GE, Op.LT, Op.LE})
_LISTS = frozenset({Op.IN, Op.NOT_IN})
_NO_REGION = "N/A"


def alert_problems(data: Tree, *, is_part: bool = False) -> Iterator[Problem]:
    """Yield what is wrong; of a part, subjects are judged only where there are targets."""
    alerts = mapping(data.get("alerts"))
    sources = list(mappings(alerts, "sources"))
    at = [(("alerts", *path), source) for path, source in sources]
    subjects = [text for text, _ in named(mappings(data, "targets"), "subject")]
    policies = mapping(data.get("policies"))
    yield from unique(named(at, "name"), "name")
    if not subjects and is_part:
        subjects = [text for text, _ in _subjects_named(at)]
    yield from known(named(at, "subject"), subjects, "subject")
    yield from known(named(at, "policy"), policies, "policy")
    for path, source in at:
        form = as_text(source.get("format"))
        if source.get("mapping") is not None and form in {"alertmanager", "grafana"}:
            message = f"belongs to format generic; what {form} sends is known"
            yield Problem((*path, "mapping"), message, at="key")
        if source.get("timestamp_header") is not None and source.get("secret") is None:
            message = "is part of a signature: add secret:"
            yield Problem((*path, "timestamp_header"), message, at="key")
        own = [as_text(source.get("subject")), as_text(source.get("name"))]
        yield from _rules(path, source, [*subjects, *filter(None, own)], data)


def _subjects_named(at: list[tuple[Path, Tree]]) -> Iterator[tuple[str, Path]]:
    yield from named(at, "subject")
    for path, source in at:
        rules = [((*path, *place), rule) for place, rule in mappings(source, "rules")]
        yield from named(rules, "subject")


def _rules(path: Path, source: Tree, subjects: list[str], data: Tree) -> Iterator[Problem]:
    rules = [((*path, *place), rule) for place, rule in mappings(source, "rules")]
    yield from unique(named(rules, "name"), "name")
    yield from known(named(rules, "policy"), mapping(data.get("policies")), "policy")
    for place, rule in rules:
        yield from _texts(place, rule, subjects, data)
        yield from _level(place, rule)
        for spot, clause in mappings(rule, "if"):
            yield from _clause((*place, *spot), clause)


def _texts(place: Path, rule: Tree, subjects: list[str], data: Tree) -> Iterator[Problem]:
    for key in _TEMPLATED:
        text = as_text(rule.get(key))
        if text is None:
            continue
        paths = paths_in(text)
        if _BRACES.search(re.sub(r"\{[^{}]+\}", "", text)) or "" in paths:
            message = "has braces that hold no path; write {labels.instance}"
            yield Problem((*place, key), message)
        elif paths:
            continue
        elif key == "subject" and text not in subjects:
            message = f"there is no subject of that name{suggest(text, subjects)}"
            yield Problem((*place, key), message)
        elif key in _LISTED:
            yield from _listed((*place, key), text, _LISTED[key], data)


def _listed(place: Path, text: str, name: str, data: Tree) -> Iterator[Problem]:
    entries = mapping(data.get("catalogue")).get(name)
    names = [
        as_text(entry.get("name")) if isinstance(entry, dict) else as_text(entry)
        for entry in (entries if isinstance(entries, list) else [])
    ]
    listed = [each for each in names if each]
    if listed and text not in {*listed, _NO_REGION}:
        yield Problem(place, f"is not among catalogue.{name}{suggest(text, listed)}")


def _level(place: Path, rule: Tree) -> Iterator[Problem]:
    level, priority = as_text(rule.get("level")), as_text(rule.get("priority"))
    if level in set(Level) and priority is not None:
        wanted = OF_LEVEL[Level(level)]
        if priority != wanted:
            message = f"is {wanted}, which priority: contradicts; keep one of the two"
            yield Problem((*place, "level"), message)


def _clause(place: Path, clause: Tree) -> Iterator[Problem]:
    op, value = as_text(clause.get("op")) or Op.EQ, clause.get("value")
    spot = (*place, "value")
    if value is None:
        if op != Op.EXISTS:
            yield Problem(spot, "is required", is_missing="value" not in clause)
    elif op in _LISTS and not isinstance(value, list):
        yield Problem(spot, f"must be a list beside op: {op}")
    elif op not in _LISTS and isinstance(value, list):
        yield Problem(spot, "is a list; that takes op: in, or not_in")
    elif op in _NUMBERS and (isinstance(value, bool) or not isinstance(value, int | float)):
        yield Problem(spot, f"must be a number beside op: {op}")
    elif op == Op.EXISTS and not isinstance(value, bool):
        yield Problem(spot, "must be true or false beside op: exists")
