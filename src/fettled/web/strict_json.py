"""
JSON as one reading only: what two programs could read differently is refused.

Judges the form of a body before any model sees it. `orjson` does the parsing and refuses
NaN, infinities and lone surrogates by itself; of names given twice it keeps the last.
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from fettled.web.problems import BODY, Fault, Problem

#: Deeper than any model, and shallow enough for whatever walks it by recursion.
DEEPEST = 32
#: More fields than any model has: each unknown one would cost an error message.
_MOST_FIELDS = 100
_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')


def parse_json(raw: bytes) -> object:
    """
    Read *raw* as JSON.

    Raises:
        Problem: 400 if it is not JSON, is nested too deep, or names a field twice; 422 if
            there are too many fields to be meant.
    """
    try:
        value: object = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if error.msg.startswith("depth limit"):
            raise _too_deep() from None
        # The library's words may quote the body; the place is enough.
        where = [Fault(BODY, f"is not JSON at character {error.pos}")]
        raise Problem(400, f"the body is not JSON (at character {error.pos})", where) from None
    fields = _count_fields(value)
    # Outside of strings a colon stands after a name and nowhere else.
    if fields != _STRINGS.sub(b"", raw).count(b":"):
        name = _twice(raw)
        detail = "is given more than once"
        raise Problem(400, f"{name}: {detail}", [Fault(name, detail)])
    if isinstance(value, dict) and len(value) > _MOST_FIELDS:
        detail = f"has more than {_MOST_FIELDS} fields"
        raise Problem(422, f"the body {detail}", [Fault(BODY, detail)])
    return value


def _count_fields(value: object) -> int:
    """Count the names in *value*, level by level; Problem for too many levels."""
    fields, level = 0, [value]
    for _ in range(DEEPEST):
        below: list[object] = []
        for each in level:
            if isinstance(each, dict):
                fields += len(each)
                below += each.values()
            elif isinstance(each, list):
                below += each
        if not below:
            return fields
        level = below
    if any(isinstance(each, dict | list) for each in level):
        raise _too_deep()
    return fields


def _too_deep() -> Problem:
    detail = f"is nested deeper than {DEEPEST} levels"
    return Problem(400, f"the body {detail}", [Fault(BODY, detail)])


def _twice(raw: bytes) -> str:
    """Name a field that is given twice; only asked when there is one."""
    found: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                found.append(name)
            seen.add(name)

    # As text: a number of five thousand digits is an error of its own in Python.
    json.loads(raw, object_pairs_hook=look, parse_int=str)
    return found[0] if found else ""
