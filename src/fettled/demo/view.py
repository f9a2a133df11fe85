"""
How the demo looks: a live table on a terminal, one flushed line per event elsewhere.

Drawing only; what is drawn is `board`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from fettled.core.words import Phase
from fettled.demo.board import Board, Row

_PHASE_STYLES = {
    Phase.UNKNOWN: "dim",
    Phase.HEALTHY: "green",
    Phase.PENDING_OPEN: "yellow",
    Phase.FIRING: "bold red",
    Phase.PENDING_RESOLVE: "yellow",
    Phase.FLAPPING: "bold magenta",
}
_STATUS_STYLES = {"resolved": "green", "closed": "dim"}


@contextmanager
def live(board: Board, stream: TextIO) -> Iterator[None]:
    """Draw *board* on the terminal *stream*, four times a second."""
    console = Console(file=stream, markup=False, highlight=False, emoji=False)
    with Live(
        get_renderable=lambda: draw(board),
        console=console,
        refresh_per_second=4,
        redirect_stdout=False,
        redirect_stderr=False,
    ):
        yield


def draw(board: Board) -> RenderableType:
    """Make the table of subjects and the list of the last events."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("SUBJECT", "PHASE", "SINCE", "TICKET", "STATUS", "KIND"):
        table.add_column(column, no_wrap=True)
    now = monotonic()
    for row in board.rows():
        table.add_row(*_cells(row, now))
    events = [Text(line, no_wrap=True, overflow="ellipsis") for line in board.lines()]
    return Group(table, Text(), *events)


def _cells(row: Row, now: float) -> list[Text]:
    status = row.status or ""
    return [
        Text(("  " if row.parent else "") + row.subject),
        Text(row.phase.value, style=_PHASE_STYLES[row.phase]),
        Text(f"{now - row.since:.0f} s", justify="right"),
        Text(f"#{row.ticket}" if row.ticket is not None else "-"),
        Text(status, style=_STATUS_STYLES.get(status, "red")),
        Text(row.kind or ""),
    ]


def write_line(stream: TextIO, line: str) -> None:
    """Write one event where there is no terminal; at once, for whoever follows."""
    stream.write(line + "\n")
    stream.flush()
