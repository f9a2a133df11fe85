"""
What a model says of itself in the API's description beyond its fields: rules and examples.

Only words for it; each model says its own, beside its fields. That the rules are those by
which requests are judged, and that every example is taken, is tested.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

Json = dict[str, Any]

_AHEAD = re.compile(r"\{(-?[0-9]{1,3}) days\}")


@dataclass(frozen=True, slots=True)
class Said:
    """What JSON Schema says of a value that our own code judges."""

    pattern: str

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        """Add the pattern to what is known already."""
        return {**handler(core), "pattern": self.pattern}


@dataclass(frozen=True, slots=True)
class NamedBy:
    """What JSON Schema says of the names in an object: lines, of so many characters at most."""

    longest: int

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        """Hold all names to the pattern: what is made by itself lets others pass."""
        made = handler(core)
        ((pattern, values),) = made.pop("patternProperties").items()
        names = {"minLength": 1, "maxLength": self.longest, "pattern": pattern}
        return {**made, "additionalProperties": values, "propertyNames": names}


def saying(*examples: Json, rules: list[Json] | None = None) -> Callable[[Json], None]:
    """
    Say *examples* and *rules* of a model, as its `json_schema_extra`.

    The first example is what a page fills in: it must be taken wherever it is tried, as far
    as that can be. *rules* must all hold.
    """

    def add(schema: Json) -> None:
        schema["examples"] = list(examples)
        if rules:
            schema["allOf"] = rules

    return add


def given(*names: str) -> Json:
    """Say that all of *names* are there, and not null."""
    there: Json = {"not": {"type": "null"}}
    return {"required": list(names), "properties": dict.fromkeys(names, there)}


def said(name: str) -> Json:
    """Say that a field is true."""
    return {"required": [name], "properties": {name: {"const": True}}}


def not_both(one: str, other: str) -> Json:
    """Say that two fields exclude each other."""
    return {"not": given(one, other)}


def none_of(*names: str) -> Json:
    """Say that none of *names* is there."""
    return {"not": any_of(*names)}


def any_of(*names: str) -> Json:
    """Say that one of *names* must be there at least."""
    return {"anyOf": [given(name) for name in names]}


def one_of(*names: str) -> Json:
    """Say that one of *names* must be there, and no second one."""
    return {"oneOf": [given(name) for name in names]}


def goes_with(name: str, **values: list[str]) -> Json:
    """Say that *name* is there only beside another field that has one of its *values*."""
    beside = {
        "required": list(values),
        "properties": {field: {"enum": some} for field, some in values.items()},
    }
    return {"anyOf": [{"not": given(name)}, beside]}


def in_days(days: int) -> str:
    """Stand for a time *days* ahead of the day on which the description is read."""
    return f"{{{days} days}}"


def dated(value: Any, today: date) -> Any:  # noqa: ANN401 - JSON is what it is
    """Put times where `in_days` stands; an example of a fixed day would soon have passed."""
    match value:
        case dict():
            return {name: dated(each, today) for name, each in value.items()}
        case list():
            return [dated(each, today) for each in value]
        case str() if match := _AHEAD.fullmatch(value):
            at = datetime.combine(today, time()) + timedelta(days=int(match[1]))
            return at.strftime("%Y-%m-%dT%H:%M:%SZ")
        case _:
            return value
