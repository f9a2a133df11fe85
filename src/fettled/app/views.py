"""What people and programs are shown of the present: values, assembled from memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check, as it stands. Times are on the daemon's clock, None for never."""

    name: str
    type: str
    phase: str
    verdict: str
    reason: str
    message: str
    last_at: datetime | None
    next_at: datetime | None
    gate: str | None
    gate_until: datetime | None


@dataclass(frozen=True, slots=True)
class SubjectView:
    """One subject, in the phase of its primary check."""

    id: int
    key: str
    name: str
    type: str
    phase: str
    since: datetime | None
    parent: str | None
    labels: dict[str, str]
    team: str | None
    checks: tuple[CheckView, ...]
    ticket: int | None
