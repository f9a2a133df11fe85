"""
How people name a ticket: `42`, `#42` or `INC-20261121-000042`.

Read here only, so that command line, API and use cases take the same words. Whether
there is such a ticket is for the store to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

# At most 18 digits: more would not fit the store's 64 bits.
#: As JSON Schema has them, too; that there is such a day, no pattern says.
NUMBER = "#?[1-9][0-9]{0,17}"
REFERENCE = "INC-[0-9]{4}(0[1-9]|1[0-2])([0-2][0-9]|3[01])-([0-9]{6}|[1-9][0-9]{6,17})"
_NUMBER = re.compile(r"#?([1-9]\d{0,17})", re.ASCII)
_REFERENCE = re.compile(r"INC-(\d{8})-(0{0,5}[1-9]\d{0,17})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """
    A ticket's number, and the day it was created (UTC) where the reference says it.

    As text it is what the API takes: `42` or `INC-20261121-000042`.
    """

    number: int
    day: date | None = None

    def __str__(self) -> str:
        if self.day is None:
            return str(self.number)
        return f"INC-{self.day.isoformat().replace('-', '')}-{self.number:06d}"


def parse_reference(text: str) -> Reference | None:
    """Read *text*; None where it names no ticket. The whole reference counts, or nothing."""
    if match := _NUMBER.fullmatch(text):
        return Reference(int(match[1]))
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return None
    try:
        # A naive date on its way to a day, which has no zone.
        day = datetime.strptime(match[1], "%Y%m%d").date()  # noqa: DTZ007 - as said
    except ValueError:
        return None
    named = Reference(int(match[2]), day)
    # Padded to six digits, neither less nor more: what a ticket shows is what names it.
    return named if str(named) == text.upper() else None
