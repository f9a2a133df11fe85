"""
What is wrong with silences and windows that each key by itself cannot tell, and what may surprise.

Problems are found in the tree as it was read, beside those of `validation`; notes in what
was taken, and with their places, since a rule that means nobody is found nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from fettled.calendar import shortest_distance
from fettled.config.crosscheck import Tree, mapping, mappings
from fettled.config.faults import Path, suggest
from fettled.config.problems import Problem
from fettled.config.quiet import MaintenanceWindow, Silence, read_moment
from fettled.config.scalars import as_text
from fettled.config.schema import Settings
from fettled.core.durations import format_duration
from fettled.core.quiet import why_not
from fettled.core.words import Gate

_SECTIONS = {"silences": Gate.SILENCE, "maintenance_windows": Gate.MAINTENANCE_WINDOW}
_ONCE = ("starts_at", "ends_at")
_Item = Silence | MaintenanceWindow


def quiet_problems(data: Tree, now: datetime) -> Iterator[Problem]:
    """Yield what is wrong at *now*."""
    subjects = dict.fromkeys(
        key for _, target in mappings(data, "targets") if (key := as_text(target.get("subject")))
    )
    for section, gate in _SECTIONS.items():
        for path, item in mappings(data, section):
            yield from _names(path, item, subjects)
            if gate is Gate.MAINTENANCE_WINDOW:
                yield from _kinds(path, item)
            yield from _times(path, item, gate, now)


def _names(path: Path, item: Tree, subjects: Mapping[str, None]) -> Iterator[Problem]:
    if item.get("subject") is None and item.get("selector") is None:
        message = "is required, or selector: with labels"
        yield Problem((*path, "subject"), message, is_missing=True)
    elif item.get("subject") is not None and item.get("selector") is not None:
        message = "stands beside subject:; keep one of the two"
        yield Problem((*path, "selector"), message, at="key")
    key = as_text(item.get("subject"))
    if key is not None and key not in subjects:
        message = f"there is no subject of that name{suggest(key, subjects)}"
        yield Problem((*path, "subject"), message)


_BESIDE_CRON = "stands beside cron:; keep cron and duration, or a start and an end"
_OF_CRON = "belongs to cron:; add that, or remove this"


def _kinds(path: Path, item: Tree) -> Iterator[Problem]:
    """A window is once or recurs: it has the keys of one of the two, and all of them."""
    given = [key for key in (*_ONCE, "duration", "zone") if item.get(key) is not None]
    recurs = item.get("cron") is not None
    for key in given:
        if (key in _ONCE) is recurs:
            yield Problem((*path, key), _BESIDE_CRON if recurs else _OF_CRON, at="key")
    if recurs and "duration" not in given:
        yield Problem((*path, "duration"), "is required beside cron:", is_missing=True)
    if not recurs and (set(_ONCE) & set(given) or not given):
        for key in _ONCE:
            if key not in given:
                message = "is required; or give cron: and duration:"
                yield Problem((*path, key), message, is_missing=True)


def _times(path: Path, item: Tree, gate: Gate, now: datetime) -> Iterator[Problem]:
    times = {key: _moment(item.get(key)) for key in _ONCE}
    starts_at, ends_at = times["starts_at"], times["ends_at"]
    if ends_at is None or (starts_at is None and item.get("starts_at") is not None):
        return  # told where each is judged by itself
    if starts_at is None and ends_at <= now:
        return  # it is over, which is for a note
    wrong = why_not(gate, starts_at or now, ends_at, now)
    if wrong is not None:
        key, message = wrong
        if key == "starts_at" and starts_at is None:
            key = "ends_at"
        yield Problem((*path, key), f"{message}; correct it")


def _moment(value: object) -> datetime | None:
    try:
        return read_moment(value)
    except ValueError:
        return None


def quiet_notes(settings: Settings, data: Tree, now: datetime) -> Iterator[Problem]:
    """Yield what is legal and may surprise at *now*."""
    sections: dict[str, Sequence[_Item]] = {
        "silences": settings.silences,
        "maintenance_windows": settings.maintenance_windows,
    }
    labelled = _labelled(data) if any(sections.values()) else {}
    for section, items in sections.items():
        rivals: dict[object, list[tuple[int, _Item]]] = {}
        for index, item in enumerate(items):
            path: Path = (section, index)
            if item.selector and not _matches(item.selector, labelled):
                message = "no subject has these labels, so it means nobody"
                yield Problem((*path, "selector"), message)
            if item.ends_at is not None and item.ends_at <= now:
                yield Problem((*path, "ends_at"), "has passed; remove this entry")
                continue
            yield from _too_long(path, item, now)
            who = (item.subject, tuple(sorted((item.selector or {}).items())), item.scope)
            for other, rival in rivals.setdefault(who, []):
                if _overlap(item, rival):
                    message = "overlaps with another one that names the same; join the two"
                    yield Problem(path, message, first=(section, other))
                    break
            rivals[who].append((index, item))


def _labelled(data: Tree) -> dict[tuple[str, str], set[int]]:
    """Give the targets that have a label, by its name and value."""
    found: dict[tuple[str, str], set[int]] = {}
    for index, (_, target) in enumerate(mappings(data, "targets")):
        for name, value in mapping(target.get("labels")).items():
            if (text := as_text(value)) is not None:
                found.setdefault((name, text), set()).add(index)
    return found


def _matches(selector: Mapping[str, str], labelled: Mapping[tuple[str, str], set[int]]) -> bool:
    return bool(set.intersection(*(labelled.get(each, set()) for each in selector.items())))


def _too_long(path: Path, item: _Item, now: datetime) -> Iterator[Problem]:
    recurrence = item.recurrence if isinstance(item, MaintenanceWindow) else None
    if recurrence is None:
        return
    distance = shortest_distance(recurrence, now)
    if distance is not None and recurrence.duration > distance:
        message = f"is longer than from one run to the next ({format_duration(distance)})"
        yield Problem((*path, "duration"), f"{message}, so it never ends there")


def _overlap(item: _Item, other: _Item) -> bool:
    """Whether two that end, end and begin within each other."""
    if item.ends_at is None or other.ends_at is None:
        return False
    return (other.starts_at is None or other.starts_at < item.ends_at) and (
        item.starts_at is None or item.starts_at < other.ends_at
    )
