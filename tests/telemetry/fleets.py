"""Fleets, observations and tickets for the tests of logs and metrics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fettled.core.observations import Observation, Reason
from fettled.core.policy import Policy
from fettled.core.tickets import MONITOR, Change, Entry, Ticket
from fettled.core.words import Priority, Source, Status, SubjectType, Verdict
from fettled.ports import CheckSpec, Fleet, SubjectSpec

AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


async def never_run():
    """Stand for a probe: that there is one is all that is looked at."""
    raise AssertionError


def make_fleet(*keys: str, passive: bool = False) -> Fleet:
    """Make a fleet of the checks *keys*, the first of each subject being its primary."""
    subjects: dict[str, SubjectSpec] = {}
    checks: dict[str, CheckSpec] = {}
    for key in keys:
        subject, name = key.split("/")
        checks[key] = CheckSpec(
            key=key,
            subject=subject,
            name=name,
            type="heartbeat" if passive else "http",
            primary=subject not in subjects,
            interval=_SECOND,
            timeout=_SECOND,
            retry_interval=_SECOND,
            policy=Policy(),
            probe=None if passive else never_run,
        )
        subjects.setdefault(subject, SubjectSpec(subject, subject, SubjectType.DEVICE))
    return Fleet(subjects, checks)


def make_observation(check: str, verdict: Verdict, reason: Reason, seq: int = 1) -> Observation:
    """Make an observation that took a quarter of a second."""
    return Observation(
        check=check,
        started=AT,
        took=timedelta(seconds=0.25),
        verdict=verdict,
        reason=reason,
        order=(1, seq),
        cadence=_SECOND,
    )


def make_ticket(number: int = 1, **fields: object) -> Ticket:
    """Make an open ticket of the monitor's."""
    given = {
        "title": "Device offline: door-1",
        "kind": "device_offline",
        "source": Source.HEALTH_MONITOR,
        "priority": Priority.HIGH,
        "status": Status.OPEN,
        "created_at": AT,
        "updated_at": AT,
        "number": number,
        "check": "door-1/ping",
        "subject": "door-1",
    }
    return Ticket(**{**given, **fields})


def make_change(ticket: Ticket, event: str, seq: int = 1) -> Change:
    """Make the change that left *ticket* as it is."""
    return Change(ticket, (Entry(event, AT, MONITOR, seq=seq),))
