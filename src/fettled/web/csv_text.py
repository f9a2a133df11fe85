"""
CSV after RFC 4180, in which no cell is a formula.

A spreadsheet computes what begins with `=`, `+`, `-` or `@`, also behind spaces and quotes,
in their full-width forms, and, where it takes another character for the separator or
guesses the quoting wrong, in the middle of a cell. Each such place gets an apostrophe.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import orjson

#: What an importer may skip or strip before it looks for a formula.
_SKIPPED = "\\s\"'`\u00a0\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x1f"
_STARTERS = "=+\\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe63\ufe62\ufe66\ufe6b"
_FORMULA = re.compile(f"[{_SKIPPED}]*[{_STARTERS}]")
#: Behind these a cell may begin for a reader that separates by them.
_WITHIN = re.compile(f"([;|\\t\\r\\n][{_SKIPPED}]*)(?=[{_STARTERS}])")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def line(cells: Iterable[object]) -> str:
    """Write a record, every cell quoted."""
    return ",".join(f'"{cell(each)}"' for each in cells) + "\r\n"


def cell(value: object) -> str:
    """Write what stands between a cell's quotes."""
    text = _neutral(_plain(value))
    return text.replace('"', '""')


def _plain(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return orjson.dumps(value).decode() if value else ""
        case _:
            return str(value)


def _neutral(text: str) -> str:
    # One kind of line break, and no NUL, at which some readers stop.
    text = _LINE_BREAK.sub("\n", text).replace("\x00", "")
    text = _WITHIN.sub(r"\1'", text)
    # A tab or a line break at the front may be eaten, and what follows looked at again.
    return f"'{text}" if _FORMULA.match(text) or text[:1] in {"\t", "\n"} else text
