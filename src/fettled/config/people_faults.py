"""
What is wrong with schedules and the escalation chain that each key by itself cannot tell.

Teams and users are judged in `crosscheck`, beside the targets that name them; what may
surprise is for `people_notes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from fettled.config.crosscheck import Tree, known, listed, mapping, mappings, named, unique
from fettled.config.faults import Path, suggest
from fettled.config.people import unread
from fettled.config.problems import Problem
from fettled.config.scalars import as_text
from fettled.core.durations import parse_duration
from fettled.core.permissions import Role

_Items = list[tuple[Path, Tree]]

#: What the name of a step may be, and where such names stand.
_MEANINGS = {"schedule": "schedules", "team": "teams", "user": "users"}


def people_problems(data: Tree) -> Iterator[Problem]:
    """Yield what is wrong."""
    users = [text for text, _ in named(mappings(data, "access", "users"), "name")]
    schedules = list(mappings(data, "access", "schedules"))
    yield from unique(named(schedules, "name"), "name")
    yield from _pairs(schedules)
    for path, schedule in schedules:
        yield from _layers(path, schedule)
        yield from known(listed(_rotations(path, schedule), "members"), users, "user")
        overrides = list(mappings(schedule, "overrides"))
        placed = [((*path, *place), each) for place, each in overrides]
        yield from known(named(placed, "member"), users, "user")
        yield from _ends(placed)
    yield from _steps(data)


def _pairs(schedules: _Items) -> Iterator[Problem]:
    """A ticket is given to a shift by scenario and role, so these name one schedule."""
    pairs: dict[tuple[str, str], Path] = {}
    for path, schedule in schedules:
        scenario = as_text(schedule.get("scenario")) or as_text(schedule.get("name"))
        pair = (scenario or "", as_text(schedule.get("role")) or "operator")
        if scenario is not None and pair in pairs:
            message = "has scenario and role of another schedule; change one of the two"
            yield Problem(path, message, first=pairs[pair])
        pairs.setdefault(pair, path)


def _layers(path: Path, schedule: Tree) -> Iterator[Problem]:
    has_layers = isinstance(schedule.get("layers"), list) and schedule.get("layers") != []
    if schedule.get("rotation") is not None and has_layers:
        message = "stands beside rotation:; keep one of the two"
        yield Problem((*path, "layers"), message, at="key")
    elif schedule.get("rotation") is None and not has_layers:
        yield Problem((*path, "rotation"), "is required, or layers: with several", is_missing=True)


def _rotations(path: Path, schedule: Tree) -> Iterator[tuple[Path, Tree]]:
    yield (*path, "rotation"), mapping(schedule.get("rotation"))
    for place, layer in mappings(schedule, "layers"):
        yield (*path, *place, "rotation"), mapping(layer.get("rotation"))


def _ends(overrides: _Items) -> Iterator[Problem]:
    for path, each in overrides:
        start, until = unread(each.get("from")), unread(each.get("until"))
        if start is not None and until is not None and until <= start:
            yield Problem((*path, "until"), "must be later than from; correct it")


def _steps(data: Tree) -> Iterator[Problem]:
    given = data.get("escalation")
    holder, keys = (data, ("escalation",)) if isinstance(given, list) else (given, ("steps",))
    base: Path = () if isinstance(given, list) else ("escalation",)
    steps = [((*base, *place), step) for place, step in mappings(mapping(holder), *keys)]
    kinds = {
        what: [text for text, _ in named(mappings(data, "access", section), "name")]
        for what, section in _MEANINGS.items()
    }
    kinds["role"] = list(Role)
    for text, path in named(steps, "to"):
        yield from _meaning(text, path, kinds)
    if data.get("access") is not None:
        yield from known(listed(steps, "team"), kinds["team"], "team")
    before: timedelta | None = None
    for path, step in steps:
        after = _length(step.get("after"))
        if after is not None and before is not None and after < before:
            message = "is sooner than the step before; put the steps in order"
            yield Problem((*path, "after"), message)
        before = after if after is not None else before


def _meaning(text: str, path: Path, kinds: dict[str, list[str]]) -> Iterator[Problem]:
    """A step must mean one thing: at 3 a.m. nobody is there to ask which."""
    meant = [what for what, names in kinds.items() if text in names]
    if len(meant) > 1:
        yield Problem(path, f"is the name of a {' and of a '.join(meant)}; rename one of them")
    elif not meant:
        every: Iterable[str] = [name for names in kinds.values() for name in names]
        message = "there is no schedule, team, user or role of that name"
        yield Problem(path, f"{message}{suggest(text, every)}")


def _length(value: object) -> timedelta | None:
    try:
        return parse_duration(value) if isinstance(value, str) else None
    except ValueError:
        return None
