"""What clients of other products' APIs wish for, turned into actions step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fettled.app.anybody import Anybody
from fettled.app.incidents import Wish
from fettled.core.effects import Moment
from fettled.core.errors import InvalidError
from fettled.core.moves import act
from fettled.core.tickets import Actor, Resolution, Ticket
from fettled.core.words import Code, Status
from fettled.ports import Team, User
from fettled.web.dialects import equipment, team_incidents
from tickets_for import filed_by_hand

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
ANN = Actor("token", "ann")
NET, OPS, DORA, BEN = (f"0{n}000000-0000-4000-8000-00000000000a" for n in range(4))
RESOLVED = filed_by_hand(
    START,
    status=Status.RESOLVED,
    status_before=Status.PENDING,
    assignee="dora",
    hold_until=START + timedelta(hours=1),
    hold_reason="a part",
    resolution=Resolution(Code.FIXED, START, ANN),
    resolved_at=START,
)


class House(Anybody):
    """Two teams and two people."""

    def teams(self) -> tuple[Team, ...]:
        """Both teams."""
        return Team("network", uuid=NET), Team("operations", uuid=OPS)

    def users(self) -> tuple[User, ...]:
        """Both people."""
        return User("dora", "Dora", uuid=DORA), User("ben", "Ben", uuid=BEN)


def granted(wish: Wish, ticket: Ticket) -> Ticket:
    """Do what *wish* asks for, step by step."""
    for step in wish.steps:
        while (action := step(ticket)) is not None:
            change = act(ticket, action, Moment(ANN, START))
            assert change is not None
            ticket = change.ticket
    return ticket


def test_in_progress_leads_out_of_a_hold_that_the_reopening_led_back_to() -> None:
    """
    A resolved incident whose ticket was pending is reopened to pending, and resumed.

    Seen to fail without the step from pending.
    """
    wish = equipment.wish_of(equipment.IncidentPatch(status="IN_PROGRESS"), RESOLVED, House())
    assert granted(wish, RESOLVED).status is Status.IN_PROGRESS


def put(**fields: object) -> team_incidents.TeamIncidentPut:
    """Make the body of a PUT."""
    return team_incidents.TeamIncidentPut.model_validate(fields)


def test_ids_are_the_same_in_either_case() -> None:
    """
    RFC 9562 has them read so.

    Seen to fail with ids compared as they were written.
    """
    body = put(assignees=[{"type": "user", "id": BEN.upper()}])
    ticket = replace(RESOLVED, status=Status.ASSIGNED)
    assert granted(team_incidents.wish_of(body, ticket, House()), ticket).assignee == "ben"


@pytest.mark.parametrize(("kind", "ids"), [("team", (NET, OPS)), ("user", (DORA, BEN))])
def test_a_second_team_or_person_is_named_and_the_same_one_twice_is_not(
    kind: str, ids: tuple[str, str]
) -> None:
    """
    A ticket has one of each.

    Seen to fail with the first of them taken, whoever comes after.
    """
    first, second = ({"type": kind, "id": ident} for ident in ids)
    with pytest.raises(InvalidError, match=f"is a second {kind}") as refused:
        team_incidents.wish_of(put(assignees=[first, second]), RESOLVED, House())
    assert refused.value.field == "assignees.1"
    assert len(team_incidents.wish_of(put(assignees=[first, first]), RESOLVED, House()).steps) == 1


def test_a_closed_incident_is_resolved_already() -> None:
    """
    It reads so, and writing back what was read is no change: not even a refusal.

    Seen to fail with closed tickets resolved once more.
    """
    closed = replace(RESOLVED, status=Status.CLOSED, closed_at=START)
    wish = team_incidents.wish_of(put(status="resolved"), closed, House())
    assert granted(wish, closed) is closed


def test_closing_takes_no_text_but_the_one_that_was_read() -> None:
    """
    A text that would be kept nowhere is refused; a client that writes back all it read is not.

    Seen to fail with any text taken beside CLOSED: it was dropped without a word.
    """
    resolved = replace(RESOLVED, resolution=Resolution(Code.FIXED, START, ANN, "new fuse"))
    same = equipment.IncidentPatch(status="CLOSED", resolution="new fuse")
    assert granted(equipment.wish_of(same, resolved, House()), resolved).status is Status.CLOSED
    other = equipment.IncidentPatch(status="CLOSED", resolution="checked by Ben")
    with pytest.raises(InvalidError, match="goes with status RESOLVED"):
        equipment.wish_of(other, resolved, House())
