"""
What a plain YAML scalar is: text, unless it can only be a number, a boolean or nothing.

YAML 1.1 reads `no` as false, `22:00` as 1320, `012` as ten and `2026-01-05` as a date.
Here these stay text. Only `true` and `false` are booleans, only plain decimals are
numbers, and each remembers how it was written, so that the label `1.10` is not `1.1`.
"""

from __future__ import annotations

import re
from typing import Self

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
_FIRST = frozenset("-0123456789")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}

Scalar = str | int | float | bool | None


class Decimal(float):
    """A number with a fraction that remembers its spelling."""

    __slots__ = ("written",)

    written: str

    def __new__(cls, written: str) -> Self:
        """Read *written*."""
        self = super().__new__(cls, written)
        self.written = written
        return self


def resolve(text: str) -> Scalar:
    """Read the plain scalar *text*."""
    if text[:1] in _FIRST:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _DECIMAL.fullmatch(text):
            return Decimal(text)
        return text
    return _WORDS.get(text, text)


def as_text(value: object) -> str | None:
    """Write a scalar back as it stood in the file; None for what is not one."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return value.written
    if isinstance(value, int):
        return str(value)
    return None
