"""
What is shown of a subject: its configuration and the belief about it, as one value.

Values only; they are made by the use case that holds both, and drawn by the doors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from fettled.core.observations import Reason
from fettled.core.words import Gate, Phase, SubjectType, Verdict
from fettled.ports import QuietSpec


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check of a subject and the belief about it; `None` for a time means never yet."""

    name: str
    type: str
    phase: Phase
    verdict: Verdict
    reason: Reason
    message: str = ""
    last_at: datetime | None = None
    next_at: datetime | None = None
    gate: Gate | None = None
    gate_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SubjectView:
    """
    One subject.

    Attributes:
        phase: of its primary check.
        ticket: the number of the open ticket about it, else of the one it is a line of.
        runbook: what to do when it is down; empty where nobody says.
    """

    id: int
    key: str
    name: str
    type: SubjectType
    phase: Phase
    since: datetime | None = None
    parent: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    team: str | None = None
    checks: tuple[CheckView, ...] = ()
    ticket: int | None = None
    runbook: str = ""


QuietState = Literal["upcoming", "active", "ended"]


@dataclass(frozen=True, slots=True)
class QuietView:
    """
    A silence or maintenance window, and how it stands.

    Attributes:
        starts_at, ends_at: of a recurring one those of the run that holds, or of the next.
        matches: how many subjects it is about now.
        source: the file that it stands in, with the place in it; None for those of the store.
        notes: on what is legal and may surprise, told to whoever made it.
    """

    spec: QuietSpec
    state: QuietState
    starts_at: datetime | None
    ends_at: datetime | None
    matches: int
    source: str | None = None
    notes: tuple[str, ...] = ()
