"""
What a benchmark found, as values: figures, their medians over rounds, and how they print.

Nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

COLUMNS = ("figure", "ours", "±", "goal", "peer", "floor", "peer/ours", "ours/floor")


class CannotMeasureError(Exception):
    """What was to be measured did not do its work, so there is no figure."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What ours is set beside: a peer or a floor; *value* is None where it was not to be had."""

    name: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """The bound that the design sets, in the figure's own unit."""

    bound: float
    at_least: bool = False

    def is_met(self, value: float) -> bool:
        """Whether *value* keeps to the bound."""
        return value >= self.bound if self.at_least else value <= self.bound


@dataclass(frozen=True, slots=True)
class Figure:
    """
    One figure of one round, or the median of several.

    Attributes:
        unit: what *ours*, peer and floor are counted in.
        spread: half the range over the rounds.
        more_is_better: turns the ratios round, so that above 1 always means that ours does better.
    """

    name: str
    unit: str
    ours: float
    goal: Goal | None = None
    peer: Beside | None = None
    floor: Beside | None = None
    more_is_better: bool = False
    spread: float = 0.0
    times_peer: float | None = None
    times_floor: float | None = None

    def compared(self) -> Figure:
        """Fill in the ratios, of values of the same round."""
        return replace(
            self,
            times_peer=self._ratio(self.peer, inverse=self.more_is_better),
            times_floor=self._ratio(self.floor, inverse=not self.more_is_better),
        )

    def _ratio(self, beside: Beside | None, *, inverse: bool) -> float | None:
        if beside is None or not beside.value or not self.ours:
            return None
        return self.ours / beside.value if inverse else beside.value / self.ours


@dataclass(frozen=True, slots=True)
class Report:
    """What one goal's benchmark found, and under which conditions."""

    goal: str
    title: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()


def merge(rounds: Sequence[Report]) -> Report:
    """Take the median of each figure, and of each ratio within a round."""
    compared = [[figure.compared() for figure in one.figures] for one in rounds]
    figures = tuple(_median(column) for column in zip(*compared, strict=True))
    notes = dict.fromkeys(note for one in rounds for note in one.notes)
    return replace(rounds[0], figures=figures, notes=tuple(notes))


def _median(column: Sequence[Figure]) -> Figure:
    ours = [figure.ours for figure in column]
    return replace(
        column[0],
        ours=median(ours),
        spread=(max(ours) - min(ours)) / 2,
        peer=_beside([figure.peer for figure in column]),
        floor=_beside([figure.floor for figure in column]),
        times_peer=_middle([figure.times_peer for figure in column]),
        times_floor=_middle([figure.times_floor for figure in column]),
    )


def _beside(column: Sequence[Beside | None]) -> Beside | None:
    first = column[0]
    if first is None:
        return None
    return Beside(first.name, _middle([one.value for one in column if one is not None]))


def _middle(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def as_json(report: Report) -> dict[str, Any]:
    """Give *report* as plain values."""
    return {
        "goal": report.goal,
        "title": report.title,
        "notes": list(report.notes),
        "figures": [_figure_json(figure) for figure in report.figures],
    }


def _figure_json(figure: Figure) -> dict[str, Any]:
    goal = figure.goal
    return {
        "figure": figure.name,
        "unit": figure.unit,
        "ours": figure.ours,
        "spread": figure.spread,
        "goal": None
        if goal is None
        else {
            "bound": goal.bound,
            "at_least": goal.at_least,
            "met": goal.is_met(figure.ours),
        },
        "peer": _beside_json(figure.peer),
        "floor": _beside_json(figure.floor),
        "times_peer": figure.times_peer,
        "times_floor": figure.times_floor,
    }


def _beside_json(beside: Beside | None) -> dict[str, Any] | None:
    return None if beside is None else {"name": beside.name, "value": beside.value}


def as_table(report: Report) -> str:
    """Write *report* for people."""
    rows = [COLUMNS, *(_row(figure) for figure in report.figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = [f"{report.goal}  {report.title}"]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  " + "  ".join(cells).rstrip())
    besides = dict.fromkeys(
        f"{role} of {figure.name}: {beside.name}"
        for figure in report.figures
        for role, beside in (("peer", figure.peer), ("floor", figure.floor))
        if beside is not None
    )
    lines += [f"  {text}" for text in (*besides, *report.notes)]
    return "\n".join(lines)


def _row(figure: Figure) -> tuple[str, ...]:
    goal = "-"
    if figure.goal is not None:
        bound = f"{'>=' if figure.goal.at_least else '<='} {_number(figure.goal.bound)}"
        goal = f"{bound} {'met' if figure.goal.is_met(figure.ours) else 'MISSED'}"
    return (
        f"{figure.name} [{figure.unit}]",
        _number(figure.ours),
        _number(figure.spread),
        goal,
        _shown(figure.peer),
        _shown(figure.floor),
        "-" if figure.times_peer is None else f"{figure.times_peer:.2f}",
        "-" if figure.times_floor is None else f"{figure.times_floor:.2f}",
    )


def _shown(beside: Beside | None) -> str:
    if beside is None:
        return "-"
    return "not installed" if beside.value is None else _number(beside.value)


def _number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
