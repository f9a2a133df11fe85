"""
The table of tickets: one line a ticket, cut to fit a terminal, whole in a pipe.

Layout only; which columns there are is the list's matter. A terminal goes without the
less important columns before a title is cut to nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from fettled.cli.output import STYLES, cell

#: Cells that a title wants before another column goes for it.
_READABLE = 24
_GAP = 2
_CLOCKS = {"green": "green", "orange": "yellow", "red": "bold red", "missed": "red"}


@dataclass(frozen=True, slots=True)
class Column:
    """
    A column.

    Attributes:
        spare: when a narrow terminal goes without it, 1 first; 0: never.
        most: of its cells on a terminal; 0: as wide as it is.
        is_rest: it takes the room that is left.
    """

    name: str
    spare: int = 0
    most: int = 0
    is_rest: bool = False


def print_rows(columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> None:
    """Print *rows* below *columns*; None is a dash. A pipe gets whole lines without colour."""
    lines = [[column.name for column in columns], *([cell(each) for each in row] for row in rows)]
    if sys.stdout.isatty():
        _draw(columns, lines)
        return
    widths = [max(map(len, texts)) for texts in zip(*lines, strict=True)]
    for line in lines:
        text = "  ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True))
        sys.stdout.write(text.rstrip() + "\n")


def _draw(columns: Sequence[Column], lines: Sequence[Sequence[str]]) -> None:
    from rich.cells import cell_len, set_cell_size  # noqa: PLC0415 - pipes must not pay for rich
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    def cut(text: str, width: int) -> str:
        return text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"

    # rich minds NO_COLOR and TERM by itself.
    console = Console(highlight=False, markup=False, emoji=False)
    widest = [max(map(cell_len, texts)) for texts in zip(*lines, strict=True)]
    widths = {
        n: min(widest[n], column.most or widest[n])
        for n, column in enumerate(columns)
        if not column.is_rest
    }
    rest = next(n for n, column in enumerate(columns) if column.is_rest)
    kept, room = _fit(columns, widths, console.width, min(widest[rest], _READABLE))
    widths[rest] = min(room, widest[rest])
    for at, line in enumerate(lines):
        told = Text()
        for n in kept:
            text = cut(line[n], widths[n])
            style = "bold" if at == 0 else _style(columns[n].name, line[n])
            told.append(text, style)
            told.append(" " * (widths[n] - cell_len(text) + _GAP) if n != kept[-1] else "")
        console.print(told, no_wrap=True, crop=True)


def _fit(
    columns: Sequence[Column], widths: dict[int, int], width: int, wanted: int
) -> tuple[list[int], int]:
    """Say which columns stay, and how much room is left for the rest."""
    kept = list(range(len(columns)))
    while True:
        others = [widths[n] + _GAP for n in kept if n in widths]
        room = width - sum(others)
        spare = [n for n in kept if columns[n].spare]
        if room >= wanted or not spare:
            return kept, max(room, 1)
        kept.remove(min(spare, key=lambda n: columns[n].spare))


def _style(column: str, text: str) -> str:
    if column == "SLA":
        return _CLOCKS.get(text.partition(" ")[0], "")
    return STYLES.get(text, "") if column in {"STATUS", "PRIORITY"} else ""
