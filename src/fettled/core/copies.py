"""
`replace`: as that of dataclasses, and a third quicker; for what a storm does to thousands.

Only for dataclasses that have no field of their own making (`init=False`, keyword-only).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")


def replace(value: T, **changes: Any) -> T:  # noqa: ANN401 - any of its fields
    """Copy *value* with some fields changed."""
    kind: Any = type(value)
    read, places = _shape(kind)
    values = list(read(value))
    for name, new in changes.items():
        values[places[name]] = new
    copy: T = kind(*values)
    return copy


@cache
def _shape(kind: Any) -> tuple[Callable[[Any], tuple[Any, ...]], dict[str, int]]:  # noqa: ANN401 - a dataclass
    names = [field.name for field in fields(kind)]
    return attrgetter(*names), {name: place for place, name in enumerate(names)}
