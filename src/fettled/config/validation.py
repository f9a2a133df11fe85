"""
From the joined tree to `Settings`, and pydantic's complaints in plain sentences.

The models are strict, YAML's scalars are not always of the type that is wanted: the
label `3` is a number, `${PORT}` is text. Where a complaint says so, the scalar is written
the other way and the tree is judged again; so values are converted only where the
schema asks for it, and a text never loses its spelling.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from fettled.config.faults import Path, suggest
from fettled.config.problems import Problem
from fettled.config.scalars import Scalar, as_text, resolve
from fettled.config.schema import Settings
from fettled.config.shape import belongs, known_keys
from fettled.notify.ready import READY

#: Each detailed complaint costs about a kilobyte; nobody reads this many.
_MOST_DETAILED = 100_000
_HEAD = 200

#: Inside a union one conversion may uncover the next.
_ROUNDS = 3
_KEY = "[key]"

_TEXT_WANTED = frozenset({"string_type", "literal_error", "enum"})
_NUMBER_WANTED = frozenset({"int_type", "float_type", "bool_type"})


def validate(data: dict[str, Any]) -> Settings | list[Problem]:
    """Judge *data*, converting its scalars in place where another spelling is wanted."""
    for _ in range(_ROUNDS):
        try:
            return Settings.model_validate(data)
        except ValidationError as error:
            if error.error_count() > _MOST_DETAILED:
                return validate(_head(data))
            details = error.errors(include_url=False, include_input=False)
        if not sum(_convert(data, detail) for detail in details):
            break
    return _problems(data, details)


def _head(data: Any) -> Any:  # noqa: ANN401 - any tree
    """Keep the first entries of every collection: enough to tell what is wrong."""
    if isinstance(data, dict):
        return {key: _head(data[key]) for key in islice(data, _HEAD)}
    return [_head(item) for item in data[:_HEAD]] if isinstance(data, list) else data


def _convert(data: dict[str, Any], detail: ErrorDetails) -> bool:
    """Write the scalar that *detail* complains about the other way; whether that was done."""
    path = _path(data, detail)
    if detail["loc"][-1:] == (_KEY,) or not path:
        return False
    holder = _follow(data, path[:-1])
    value = _follow(holder, path[-1:])
    other: Scalar = None
    if detail["type"] in _TEXT_WANTED and not isinstance(value, str):
        other = as_text(value)
    elif detail["type"] in _NUMBER_WANTED and isinstance(value, str):
        read = resolve(value)
        other = None if isinstance(read, str) else read
    if other is None:
        return False
    holder[path[-1]] = other
    return True


def _follow(data: Any, path: Path) -> Any:  # noqa: ANN401 - any tree
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _path(data: Any, detail: ErrorDetails) -> Path:  # noqa: ANN401 - any tree
    """Drop from pydantic's location the members of unions, which are not in the tree."""
    location = detail["loc"]
    is_missing = detail["type"] == "missing"
    path: list[str | int] = []
    tag_passed = False
    for number, part in enumerate(location):
        is_last = number == len(location) - 1
        if part == _KEY:
            continue
        if isinstance(data, dict):
            if not tag_passed and data.get("type") == part and not is_last:
                tag_passed = True
            elif part in data or (is_last and is_missing):
                path.append(part)
                data, tag_passed = data.get(part), False
        elif isinstance(data, list) and isinstance(part, int):
            path.append(part)
            data, tag_passed = (data[part] if part < len(data) else None), False
    return tuple(path)


def _problems(data: dict[str, Any], details: list[ErrorDetails]) -> list[Problem]:
    """Say each complaint in plain words, those about one value in one sentence."""
    by_path: dict[Path, list[Problem]] = {}
    full = _not_short(data, details)
    for detail in details:
        if detail["type"] == _TOO_SHORT and _path(data, detail) in full:
            continue
        problem = _problem(data, detail)
        by_path.setdefault(problem.path, []).append(problem)
    return [problem for group in by_path.values() for problem in _joined(group)]


def _not_short(data: dict[str, Any], details: list[ErrorDetails]) -> set[Path]:
    """
    Collect the paths at or below which anything but the length is wrong.

    Pydantic counts what is valid, so a list of nothing but faults is said to be short, too.
    """
    if not any(detail["type"] == _TOO_SHORT for detail in details):
        return set()
    wrong = {_path(data, detail) for detail in details if detail["type"] != _TOO_SHORT}
    return {path[:end] for path in wrong for end in range(len(path) + 1)}


_MUST_BE = "must be "
_TOO_SHORT = "too_short"


def _joined(group: list[Problem]) -> list[Problem]:
    alike = [problem.message for problem in group if problem.message.startswith(_MUST_BE)]
    if len(group) == 1 or not alike:
        return group
    wanted = dict.fromkeys(message.removeprefix(_MUST_BE) for message in alike)
    message = _MUST_BE + " or ".join(wanted)
    return [Problem(group[0].path, message, group[0].at)]


def _problem(data: dict[str, Any], detail: ErrorDetails) -> Problem:
    path = _path(data, detail)
    context = detail.get("ctx", {})
    value = _follow(data, path)
    match detail["type"]:
        case "missing":
            return Problem(path, "is required", is_missing=True)
        case "extra_forbidden":
            key = str(path[-1])
            place = belongs(key)
            message = suggest(key, known_keys(data, path[:-1])) if place is None else ""
            message = f"{key} {place}" if place else f"unknown key{message}"
            return Problem(path, message, at="key")
        case "union_tag_invalid" | "union_tag_not_found" if not isinstance(value, dict):
            return Problem(path, "must be a mapping")
        case "union_tag_invalid":
            known = context["expected_tags"].replace("'", "").split(", ")
            given = as_text(value.get("type")) or ""
            near = suggest(given, known)
            if path[0] == "receivers" and given in READY:
                near = f"; {given} is a template of webhook"
            message = f"unknown type; known are {', '.join(known)}{near}"
            return Problem((*path, "type"), message)
        case "union_tag_not_found":
            return Problem((*path, "type"), "is required", is_missing=True)
        case _:
            return _plain(detail, path, value)


def _plain(detail: ErrorDetails, path: Path, value: object) -> Problem:
    """Say what can be said without looking at the tree."""
    context = detail.get("ctx", {})
    message = _say(detail["type"], context)
    if detail["type"] in {"literal_error", "enum"}:
        known = _quoted(context["expected"])
        message += suggest(as_text(value) or "", known)
    at_key = detail["loc"][-1:] == (_KEY,)
    return Problem(path, message, at="key" if at_key else "value")


def _quoted(expected: str) -> list[str]:
    return [part.strip("'") for part in expected.replace(" or ", ", ").split(", ")]


_LOWER = "lower-case letters, digits, '.', '_' and '-'"
_ANY_CASE = "letters, digits, '.', '_' and '-'"
_PERSON = "letters, digits, '.', '_', '-' and '@'"
_FORMS = {
    r"^[a-z0-9][a-z0-9._-]*$": f"must be made of {_LOWER}, a letter or digit first",
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$": f"must be made of {_ANY_CASE}, a letter or digit first",
    r"^[A-Za-z0-9][A-Za-z0-9._@-]*$": f"must be made of {_PERSON}, a letter or digit first",
    r"^[A-Za-z_][A-Za-z0-9_.-]*$": f"must be made of {_ANY_CASE}, a letter or '_' first",
}

_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "string_type": lambda _: "must be text",
    "string_pattern_mismatch": lambda c: _FORMS.get(c["pattern"], "has a form not allowed here"),
    "string_too_short": lambda _: "must not be empty",
    "string_too_long": lambda c: f"is longer than {c['max_length']} characters; shorten it",
    "int_type": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "float_type": lambda _: "must be a number",
    "finite_number": lambda _: "must be a finite number",
    "bool_type": lambda _: "must be true or false",
    "greater_than_equal": lambda c: f"must be at least {c['ge']:g}",
    "less_than_equal": lambda c: f"must be at most {c['le']:g}",
    "greater_than": lambda c: f"must be more than {c['gt']:g}",
    "less_than": lambda c: f"must be less than {c['lt']:g}",
    "literal_error": lambda c: f"must be one of {', '.join(_quoted(c['expected']))}",
    "enum": lambda c: f"must be one of {', '.join(_quoted(c['expected']))}",
    "list_type": lambda _: "must be a list",
    "tuple_type": lambda _: "must be a list",
    "dict_type": lambda _: "must be a mapping",
    "model_type": lambda _: "must be a mapping",
    "model_attributes_type": lambda _: "must be a mapping",
    "too_short": lambda c: f"must hold at least {c['min_length']}",
    "too_long": lambda c: f"must hold at most {c['max_length']}",
    "value_error": lambda c: str(c["error"]),
}


def _say(kind: str, context: dict[str, Any]) -> str:
    """Write one complaint of pydantic as a sentence; none of them shows the value."""
    sentence = _SENTENCES.get(kind)
    return sentence(context) if sentence else "cannot be taken; see the reference for what can"
