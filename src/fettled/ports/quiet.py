"""Silences and maintenance windows as they are configured or stored: values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from fettled.core.quiet import Recurrence, Scope
from fettled.core.words import Gate


@dataclass(frozen=True, slots=True)
class QuietSpec:
    """
    A silence or maintenance window, as somebody asked for it.

    Attributes:
        subject, selector: one of the two says whom it names.
        starts_at: None: it has always held (in a file), or it recurs.
        ends_at: None: it recurs.
        name: what people call a window; may be empty.
        author: who asked for it; may be empty in a file.
        created_at: None for those of the configuration file.
        ended_at: when somebody ended it before its time.
        origin: where in the configuration it stands; empty for those of the store.
    """

    id: str
    gate: Gate
    subject: str | None
    selector: dict[str, str]
    scope: Scope
    reason: str
    author: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    recurrence: Recurrence | None = None
    name: str = ""
    created_at: datetime | None = None
    ended_at: datetime | None = None
    origin: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class QuietEdge:
    """
    A silence or maintenance window began or ended to hold.

    Attributes:
        starts_at: None where the file says no start.
    """

    spec: QuietSpec
    started: bool
    at: datetime
    starts_at: datetime | None
    ends_at: datetime

    @property
    def event(self) -> str:
        """What it is called in the logs: `silence.started`, `window.ended` ..."""
        return f"{QUIET_WORDS[self.spec.gate]}.{'started' if self.started else 'ended'}"


#: What people call what holds a gate.
QUIET_WORDS = {Gate.SILENCE: "silence", Gate.MAINTENANCE_WINDOW: "window"}
