"""
A ticket's clocks as a JSON value and back: lists, short, since every ticket has them.

Times are whole microseconds. The order of the fields is that of the values in
`fettled.core.sla_values`; what is added comes last, and is read by its place.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fettled.core.sla_values import (
    UNTOUCHED,
    Clocks,
    Generation,
    Outcome,
    Reading,
    State,
    Stretch,
)
from fettled.core.words import Priority, Status
from fettled.store.columns import counted, uncounted

_NOTHING = Reading()


def dump_clocks(clocks: Clocks) -> list[Any] | None:
    """Make the value of *clocks*; nothing of what nobody has looked at."""
    if clocks.number == 0:
        return None
    return [
        clocks.number,
        [
            [counted(s.since), s.status, s.priority, s.is_answered + 2 * s.is_fresh]
            for s in clocks.stretches
        ],
        [[counted(start), counted(end)] for start, end in clocks.windows],
        _count(clocks.as_of),
        list(clocks.told),
        _dump(clocks.response),
        _dump(clocks.resolution),
        [[e.number, _dump(e.response), _dump(e.resolution)] for e in clocks.earlier],
        _count(clocks.expires_at),
    ]


def load_clocks(kept: list[Any] | None, next_at: datetime | None) -> Clocks:
    """Make the clocks of such a value."""
    if kept is None:
        return UNTOUCHED
    number, stretches, windows, as_of, told, response, resolution, earlier, *expires_at = kept
    return Clocks(
        number,
        tuple(
            Stretch(uncounted(at), Status(status), Priority(priority), bool(f & 1), bool(f & 2))
            for at, status, priority, f in stretches
        ),
        tuple((uncounted(start), uncounted(end)) for start, end in windows),
        _uncount(as_of),
        tuple(told),
        _load(response),
        _load(resolution),
        next_at,
        tuple(Generation(n, _load(first), _load(second)) for n, first, second in earlier),
        _uncount(expires_at[0]) if expires_at else None,
    )


def _dump(reading: Reading) -> list[Any] | None:
    if reading == _NOTHING:
        return None
    return [
        _count(reading.due_at),
        reading.state,
        reading.outcome,
        _count(reading.ended_at),
        reading.is_paused,
    ]


def _load(kept: list[Any] | None) -> Reading:
    if kept is None:
        return _NOTHING
    due_at, state, outcome, ended_at, is_paused = kept
    return Reading(
        _uncount(due_at),
        None if state is None else State(state),
        None if outcome is None else Outcome(outcome),
        _uncount(ended_at),
        is_paused,
    )


def _count(at: datetime | None) -> int | None:
    return None if at is None else counted(at)


def _uncount(count: int | None) -> datetime | None:
    return None if count is None else uncounted(count)
