"""Which ticket of its subject takes an alarm in: every row, and what is preferred."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from around import START, Fixed, due, ticket
from fettled.core.alarms import Told
from fettled.core.cascade import Join, Placement, place
from fettled.core.gates import Due
from fettled.core.keys import rollup_of
from fettled.core.tickets import Snooze, Ticket
from fettled.core.words import Priority, Source, Status

#: A priority of high, as `around.ticket` makes it.
MONITORS = ticket("door/main", 3)
ALARMS = ticket("alarm/prom/a", 4)
#: As people file them: about no check.
THEIRS = replace(ticket("", 9), source=Source.USER, check=None, open_key=None)
LOWERED = replace(MONITORS, priority_by_person=True)
SNOOZED = Snooze(START + timedelta(days=1))

#: Those of the subject, the newest first; how bad the alarm is; which takes it in.
ROWS: dict[str, tuple[tuple[Ticket, ...], Priority, Ticket | None]] = {
    "none": ((), Priority.CRITICAL, None),
    "the monitor's": ((MONITORS,), Priority.CRITICAL, MONITORS),
    "another alarm's": ((ALARMS,), Priority.LOW, ALARMS),
    "the newest of the monitor's": ((ALARMS, MONITORS), Priority.LOW, ALARMS),
    "a person's, more urgent": (
        (replace(THEIRS, priority=Priority.CRITICAL),),
        Priority.LOW,
        None,
    ),
    "a person's, started": ((replace(THEIRS, status=Status.IN_PROGRESS),), Priority.HIGH, None),
    "a person's, snoozed": ((replace(THEIRS, snooze=SNOOZED),), Priority.HIGH, None),
    "a person's about a check": ((replace(MONITORS, source=Source.USER),), Priority.LOW, None),
    "a caller's": ((replace(THEIRS, open_key="key:a", source=Source.API),), Priority.LOW, None),
    "a person's beside the monitor's": ((THEIRS, MONITORS), Priority.HIGH, MONITORS),
    "the monitor's, snoozed": (
        (replace(MONITORS, snooze=SNOOZED),),
        Priority.CRITICAL,
        replace(MONITORS, snooze=SNOOZED),
    ),
    "one that a person rated, and the alarm is worse": ((LOWERED,), Priority.CRITICAL, None),
    "one that a person rated so": ((LOWERED,), Priority.HIGH, LOWERED),
    "one that was rated beside one that was not": (
        (LOWERED, ALARMS),
        Priority.CRITICAL,
        ALARMS,
    ),
    "a roll-up": ((ticket(rollup_of("door")),), Priority.LOW, None),
}


def alarm(about: tuple[Ticket, ...], priority: Priority, *, attaches: bool = True) -> Due:
    """Make an alarm that fires, and is due for a ticket."""
    told = Told(
        source="prom", title="it burns", description="", kind="alarm", priority=priority,
        level=None, region=None, application=None, occurred_at=None, attaches=attaches,
    )  # fmt: skip
    made = due(Fixed(about=about), 70)
    return replace(made, context=replace(made.context, told=told))


@pytest.mark.parametrize("row", ROWS)
def test_an_alarm_joins_what_the_monitor_opened_for_its_subject(row: str) -> None:
    """
    What a person filed may be about anything; nobody would look for an alarm there.

    Seen to fail where those of people that are as urgent took it in.
    """
    about, priority, into = ROWS[row]
    expected: Placement | None = Join(into) if into is not None else None
    assert place(alarm(about, priority)) == expected


def test_alarms_that_have_nothing_in_common_join_nothing() -> None:
    """Those on the source's own subject: each is its own ticket."""
    assert place(alarm((MONITORS,), Priority.LOW, attaches=False)) is None
