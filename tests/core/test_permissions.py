"""Who may know of a ticket: what a caller without `ticket.view_any` has to be to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fettled.core.permissions import Permission, Principal, sees
from fettled.core.tickets import Actor
from tickets_for import filed_by_hand

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
TICKET = filed_by_hand(START)
ANN = Principal(
    "ann",
    Actor("token", "ann"),
    frozenset({Permission.TICKET_VIEW}),
    teams=frozenset({"network"}),
    shifts=frozenset({"nights"}),
)


@pytest.mark.parametrize(
    "related",
    [{"reporter": "ann"}, {"assignee": "ann"}, {"team": "network"}, {"shift": "nights"}],
    ids=lambda related: next(iter(related)),
)
def test_each_relation_alone_lets_one_see_a_ticket(related: dict[str, str]) -> None:
    """
    And each of them only with `ticket.view`, and for nobody else.

    Seen to fail with any one of the four left out of `sees_names`.
    """
    ticket = replace(TICKET, **related)  # type: ignore[arg-type] # four texts
    assert sees(ANN, ticket)
    assert not sees(replace(ANN, permissions=frozenset({Permission.TICKET_CREATE})), ticket)
    assert not sees(Principal("ben", Actor("token", "ben"), ANN.permissions), ticket)


def test_what_nobody_has_is_nobodys() -> None:
    """A caller without a team or a shift does not share "none" with a ticket that has none."""
    alone = Principal("ann", ANN.actor, ANN.permissions)
    assert not sees(alone, TICKET)
    assert sees(replace(alone, permissions=frozenset({Permission.TICKET_VIEW_ANY})), TICKET)
