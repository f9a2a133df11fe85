"""
How answers look: JSON for programs, tables for people, plain columns for pipes.

Layout only. Text that came from targets or people is made printable here, and is never
read as rich's markup.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from fettled.cli.failures import printable

#: Colours by word; the words themselves say everything, so NO_COLOR loses nothing.
STYLES = {
    "healthy": "green",
    "up": "green",
    "resolved": "green",
    "closed": "dim",
    "pending_open": "yellow",
    "pending_resolve": "yellow",
    "degraded": "yellow",
    "firing": "red",
    "flapping": "magenta",
    "down": "red",
    "open": "red",
    "unknown": "dim",
    "critical": "bold red",
    "high": "red",
    "ok": "green",
    "done": "green",
    "waiting": "yellow",
    "held": "yellow",
    "late": "red",
    "disabled": "bold red",
    "failed": "red",
}

#: Columns of a terminal below which a table is folded.
_NARROW = 100
#: The longest line of a cell there: six of them fit into 80 columns beside each other.
_CELL = 15
_PIECE = re.compile(r"[^\s_./-]*[\s_./-]?")


def print_json(value: Any) -> None:  # noqa: ANN401 - JSON is any value
    """Print *value* as JSON, one document."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def print_line(text: str = "") -> None:
    """Print one line of plain text."""
    sys.stdout.write(printable(text) + "\n")


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, spare: str | None = None
) -> None:
    """
    Print *rows* below *columns*; None is a dash. A pipe gets whole lines without colour.

    Args:
        columns: the heading.
        rows: as many values each.
        spare: the column that a narrow terminal goes without.
    """
    cells = [[cell(value) for value in row] for row in rows]
    if sys.stdout.isatty():
        _draw(columns, cells, spare)
        return
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for row in (columns, *cells):
        line = "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True))
        sys.stdout.write(line.rstrip() + "\n")


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]], spare: str | None) -> None:
    from rich.console import Console  # noqa: PLC0415 - pipes and `--json` must not pay for rich
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    # rich minds NO_COLOR and TERM by itself.
    console = Console(highlight=False, markup=False, emoji=False)
    is_narrow = console.width < _NARROW
    kept = [n for n, column in enumerate(columns) if column != spare or not is_narrow]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for n in kept:
        table.add_column(columns[n], overflow="fold")
    for row in rows:
        texts = [(row[n], _folded(row[n]) if is_narrow else row[n]) for n in kept]
        table.add_row(*(Text(text, style=STYLES.get(whole, "")) for whole, text in texts))
    console.print(table)


def _folded(text: str) -> str:
    """Break *text* where its words end; rich knows blanks only, and cuts `device_offline`."""
    lines = [""]
    for piece in _PIECE.findall(text):
        if lines[-1] and len(lines[-1]) + len(piece.rstrip()) > _CELL:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)


def print_fields(pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values below each other; None is left out."""
    shown = [(name, cell(value)) for name, value in pairs if value not in (None, "", [], {})]
    width = max((len(name) for name, _ in shown), default=0)
    for name, text in shown:
        print_line(f"{name:<{width}}  {text}")


def cell(value: object) -> str:
    """Write *value* for people, on one line."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name}={cell(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(cell(each) for each in value)
    return printable(str(value))


def moment(text: object) -> str | None:
    """Shorten an RFC 3339 time to seconds, in the zone it is written in (UTC)."""
    if not isinstance(text, str) or "T" not in text:
        return None
    day, _, time = text.partition("T")
    return f"{day} {time[:8]}Z"
