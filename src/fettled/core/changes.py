"""
Markers of what was changed in the world: a deployment, a new switch, an expired contract.

They are shown on tickets of what they name, by key or label and never by words: two texts
that look alike prove nothing at three in the morning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fettled.core.tickets import Ticket

#: How long before the first failure a change may have been made and still be shown.
LOOK_BACK = timedelta(hours=24)
#: The newest ones; more than that explains nothing.
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ChangeMarker:
    """
    Something that was changed; it names a subject, an application, or labels.

    Attributes:
        at: when it was changed; *created_at* is when that was told here.
        source: who tells: a pipeline, a tool; empty for people.
        id: given by the store; 0 before that.
    """

    title: str
    at: datetime
    created_by: str
    created_at: datetime
    subject: str | None = None
    application: str | None = None
    selector: dict[str, str] = field(default_factory=dict)
    url: str | None = None
    source: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Around:
    """
    Which changes concern a ticket.

    Attributes:
        since, until: wall time, both within.
        subjects, applications: keys and names that count.
        labels: those that a selector must be found in.
    """

    since: datetime
    until: datetime
    subjects: tuple[str, ...]
    applications: tuple[str, ...]
    labels: Mapping[str, str]


def around(
    ticket: Ticket, above: Iterable[str], applications: Iterable[str], now: datetime
) -> Around:
    """Say which changes concern *ticket*: its subject's, those *above* it, its *applications*."""
    own = () if ticket.subject is None else (ticket.subject,)
    named = () if ticket.application is None else (ticket.application,)
    return Around(
        since=(ticket.occurred_at or ticket.created_at) - LOOK_BACK,
        until=ticket.resolved_at or now,
        subjects=tuple(dict.fromkeys([*own, *above])),
        applications=tuple(dict.fromkeys([*named, *applications])),
        labels=ticket.labels,
    )


def concerns(marker: ChangeMarker, wanted: Around) -> bool:
    """Whether *marker* is one of those."""
    if not wanted.since <= marker.at <= wanted.until:
        return False
    if marker.selector:
        return marker.selector.items() <= wanted.labels.items()
    return marker.subject in wanted.subjects or marker.application in wanted.applications
