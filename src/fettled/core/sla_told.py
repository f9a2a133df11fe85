"""
What is told of a ticket's clocks, in the words of the API: fields, with times as they are.

One shape for the API and for events; whoever writes it out makes text of the times.
"""

from __future__ import annotations

from typing import Any

from fettled.core.sla_values import Clocks, Generation, Reading


def sla_fields(clocks: Clocks) -> dict[str, Any]:
    """Tell of *clocks* as they were reckoned last."""
    return {
        "response": _reading(clocks.response),
        "resolution": _reading(clocks.resolution),
        "generation": clocks.number or None,
        "earlier": [_generation(each) for each in clocks.earlier],
    }


def _generation(each: Generation) -> dict[str, Any]:
    return {
        "generation": each.number,
        "response": _reading(each.response),
        "resolution": _reading(each.resolution),
    }


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "due_at": reading.due_at,
        "state": reading.state,
        "met": reading.met,
        "outcome": reading.outcome,
        "ended_at": reading.ended_at,
        "paused": reading.is_paused,
    }
