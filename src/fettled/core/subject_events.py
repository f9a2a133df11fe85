"""
An event of a subject, which is no ticket's: that one of its checks has entered another phase.

Told only to receivers that ask for it by name: a fleet that flutters has many, and most of
them mean nothing to anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fettled.core.condition import Condition

PHASE_CHANGED = "subject.phase_changed"


@dataclass(frozen=True, slots=True)
class SubjectEvent:
    """
    What happened, and whose lanes it is due to.

    Attributes:
        at: wall time.
        payload: what the outbox keeps of it; JSON values.
    """

    event: str
    at: datetime
    lanes: tuple[str, ...]
    payload: dict[str, Any]


def told(before: Condition, after: Condition) -> dict[str, Any]:
    """Say what has changed, in the words of the event stream."""
    return {
        "check": after.check,
        "from": before.phase.value,
        "to": after.phase.value,
        "verdict": None if after.verdict is None else after.verdict.value,
        "reason": None if after.reason is None else after.reason.value,
        "message": after.message,
    }
