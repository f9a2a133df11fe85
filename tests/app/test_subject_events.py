"""Changes of phase told to receivers: to those that ask, and of subjects that they mean."""

from __future__ import annotations

import pytest

from fettled.app.roster import Roster
from fettled.core.condition import Condition
from fettled.core.routing import Audience, Filter, Receiver
from fettled.core.subject_events import PHASE_CHANGED
from fettled.core.words import Phase, Priority, SubjectType
from fettled.ports import SubjectSpec
from tickets_for import NOW

DOOR = SubjectSpec("door-1", "Door 1", SubjectType.DEVICE, labels={"site": "oslo"}, team="north")
BEFORE, AFTER = Condition("door-1/main"), Condition("door-1/main", phase=Phase.FIRING)
PHASES = Filter(events=("subject.*",))


def roster(*receivers: Receiver) -> Roster:
    """Somebody who may be told of door-1."""
    made = Roster({each.name: each for each in receivers}, wall=lambda: NOW)
    made.subjects = {DOOR.key: DOOR}.get
    return made


@pytest.mark.parametrize(
    ("receiver", "is_told"),
    [
        (Receiver("r", PHASES), True),
        (Receiver("r", Filter(events=(PHASE_CHANGED, "ticket.*"))), True),
        (Receiver("r"), False),
        (Receiver("r", Filter(PHASES.events, labels={"site": "os*"})), True),
        (Receiver("r", Filter(PHASES.events, teams=frozenset({"north"}))), True),
        (Receiver("r", Filter(PHASES.events, labels={"site": "bergen"})), False),
        (Receiver("r", Filter(PHASES.events, teams=frozenset({"south"}))), False),
        (Receiver("r", Filter(PHASES.events, priorities=frozenset({Priority.HIGH}))), False),
        (Receiver("r", PHASES, audience=Audience.TEAM), False),
        (Receiver("r/ann", PHASES, audience=Audience.PERSON, user="ann"), False),
    ],
)  # fmt: skip
def test_who_is_told(receiver: Receiver, is_told: bool) -> None:
    """By events, labels and team; what asks for something of a ticket is told of tickets."""
    event = roster(receiver).phases(BEFORE, AFTER)
    assert (event is not None) is is_told


def test_what_is_told() -> None:
    """Of which subject and check, from what to what; a receiver that is off is told nothing."""
    made = roster(Receiver("hook", PHASES), Receiver("off", PHASES))
    made.disabled = frozenset({"off"})
    event = made.phases(BEFORE, AFTER)
    assert event is not None
    assert (event.lanes, event.at) == (("hook",), NOW)
    data = event.payload["data"]
    assert (data["subject"]["key"], data["check"]) == ("door-1", "door-1/main")
    assert (data["from"], data["to"]) == ("unknown", "firing")


def test_what_is_no_subject_of_the_file_is_nobodys() -> None:
    """The monitor's own conditions, and groups, have tickets and no subject."""
    made = roster(Receiver("hook", PHASES))
    assert made.phases(BEFORE, Condition("isolation/internet", phase=Phase.FIRING)) is None


def test_nobody_is_asked_where_nobody_asks() -> None:
    """So that what is written with each condition is not even looked at."""
    assert not roster(Receiver("hook")).wants_phases()
    assert roster(Receiver("hook"), Receiver("board", PHASES)).wants_phases()
