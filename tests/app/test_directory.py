"""The directory: who there is after a start, a reload, a removal and a return."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fettled import calendar
from fettled.app.desk import Desk
from fettled.app.directory import Directory, number_people, with_numbers
from fettled.core.actions import Assign
from fettled.core.errors import InvalidError
from fettled.core.oncall import Layer, Rota, Rotation
from fettled.core.permissions import Role
from fettled.ports import People, Schedule, Team, User
from fettled.store import open_store

ANN = User("ann", "Ann Example", frozenset({Role.OPERATOR}), frozenset({"network"}))
BOB = User("bob", "Bob")
LAYER = Layer(Rotation(timedelta(days=7), datetime(2026, 1, 5, 8), ("ann",)))  # noqa: DTZ001 - local time
NIGHTS = Schedule("nights", "infrastructure", "operator", ("ann",), Rota("UTC", (LAYER,)))
PEOPLE = People(
    users=(ANN, BOB),
    teams=(Team("network", "operations"), Team("operations")),
    schedules=(NIGHTS,),
    is_configured=True,
)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_it_answers_by_name_and_knows_nobody_else() -> None:
    """A name that is not configured, such as a role token's, has no teams and no shifts."""
    directory = Directory(calendar.shift, PEOPLE)
    assert directory.is_configured
    assert (directory.user("ann"), directory.user("eve")) == (ANN, None)
    assert directory.teams_of("ann") == {"network"}
    assert directory.shifts_of("ann") == {"nights"}
    assert (directory.teams_of("eve"), directory.shifts_of("eve")) == (frozenset(), frozenset())
    assert directory.roles_of("ann") == {Role.OPERATOR}
    assert directory.roles_of("bob") == frozenset()
    assert directory.roles_of("eve") is None
    assert directory.on_call("nights", NOON) == "ann"
    assert directory.on_call("days", NOON) is None


def test_a_swap_forgets_who_left() -> None:
    """Whole: nothing of the old configuration is left."""
    directory = Directory(calendar.shift, PEOPLE)
    directory.swap(People())
    assert not directory.is_configured
    assert (directory.users(), directory.teams(), directory.schedules()) == ((), (), ())
    assert directory.user("ann") is None
    assert directory.shifts_of("ann") == frozenset()


async def test_numbers_outlast_reload_removal_and_return(tmp_path: Path) -> None:
    """Of users, teams and schedules, also over a restart; a reader alone gives none."""
    async with open_store(f"sqlite:///{tmp_path / 'fettled.db'}") as store:
        unread = await store.read(lambda reader: with_numbers(reader, PEOPLE))
        assert [user.id for user in unread.users] == [0, 0]
        first = await store.write(lambda unit: number_people(unit, PEOPLE))
        await store.write(lambda unit: number_people(unit, People(users=(User("kim", "Kim"),))))
    async with open_store(f"sqlite:///{tmp_path / 'fettled.db'}") as store:
        turned = replace(PEOPLE, users=(BOB, User("kim", "Kim"), ANN), schedules=(NIGHTS,))
        again = await store.write(lambda unit: number_people(unit, turned))
    assert {user.name: user.id for user in again.users} == {"ann": 1, "bob": 2, "kim": 3}
    by_name = {user.name: user for user in again.users}
    assert [by_name[user.name] for user in first.users] == list(first.users)
    assert (again.teams, again.schedules) == (first.teams, first.schedules)
    assert len({each.uuid for each in (*again.users, *again.teams, *again.schedules)}) == 6


@pytest.mark.parametrize(
    ("action", "field"),
    [
        (Assign(assignee="eve"), "assignee"),
        (Assign(team="eve"), "team"),
        (Assign(shift="eve"), "shift"),
        (Assign(shift_of=("infrastructure", "manager")), "shift"),
    ],
)
def test_only_who_is_configured_is_given_a_ticket(action: Assign, field: str) -> None:
    """The answer names the field; without an `access:` section any name will do."""
    with pytest.raises(InvalidError) as caught:
        Desk(Directory(calendar.shift, PEOPLE)).settled(action, NOON)
    assert caught.value.field == field
    if action.shift_of is None:
        assert Desk(Directory(calendar.shift)).settled(action, NOON) == action


def test_a_shift_is_found_by_scenario_and_role_and_the_parent_by_itself() -> None:
    """As the desk finds them."""
    desk = Desk(Directory(calendar.shift, PEOPLE))
    asked = Assign(shift_of=("infrastructure", "operator"))
    assert desk.settled(asked, NOON) == Assign(shift="nights")
    assert [desk.parent_of(team) for team in ("network", "operations", "gone", None)] == [
        "operations",
        None,
        None,
        None,
    ]
