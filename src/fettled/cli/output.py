"""
How answers look: JSON for programs, tables for people, plain columns for pipes.

Layout only. Text that came from targets or people is made printable here, and is never
read as rich's markup.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from fettled.cli.failures import printable

if TYPE_CHECKING:
    from rich.console import Console

#: Columns that a pipe gets: wide enough that no line is wrapped or cut.
_PIPE_WIDTH = 2000

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
}


def console() -> Console:
    """Make a console on stdout as it is now; no colour unless it is a terminal."""
    from rich.console import Console  # noqa: PLC0415 - `--json` must not pay for rich

    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(width=width, highlight=False, markup=False, emoji=False)


def print_json(value: Any) -> None:  # noqa: ANN401 - JSON is any value
    """Print *value* as JSON, one document."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def print_line(text: str = "") -> None:
    """Print one line of plain text."""
    sys.stdout.write(printable(text) + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print *rows* below *columns*; None is a dash."""
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    target = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold" if target.is_terminal else "ignore")
    for row in rows:
        cells = [cell(value) for value in row]
        table.add_row(*(Text(text, style=STYLES.get(text, "")) for text in cells))
    target.print(table)


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
