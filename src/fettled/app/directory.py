"""
The directory: who there is, answered from memory; swapped whole at start and reload.

Numbers of people come from the store and never change; everything else is the
configuration's. What a name may do with a ticket is `core.permissions`' to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from fettled.core.oncall import Duty, Expand, duty, look
from fettled.core.permissions import Role
from fettled.ports import Numbered, People, PeopleReader, PeopleUnit, Schedule, Team, User

USER, TEAM, SCHEDULE = "user", "team", "schedule"


class _HasNumber(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", User, Team, Schedule)
T = TypeVar("T", bound=_HasNumber)


@dataclass(frozen=True, slots=True)
class _Index:
    """One configuration's people, by name; never changed once it is made."""

    people: People
    users: Mapping[str, User]
    teams: Mapping[str, Team]
    schedules: Mapping[str, Schedule]
    shifts: Mapping[str, frozenset[str]]


class Directory:
    """
    Who there is now; see `fettled.ports.Directory`.

    A swap is one assignment, so that whoever asks on another thread sees one configuration.
    """

    def __init__(self, expand: Expand, people: People = People()) -> None:  # noqa: B008 - a frozen value
        self._expand = expand
        self._index = _indexed(people)

    def swap(self, people: People) -> None:
        """Know *people* from now on, and nobody else."""
        self._index = _indexed(people)

    @property
    def is_configured(self) -> bool:
        """Whether there is an `access:` section."""
        return self._index.people.is_configured

    def user(self, name: str) -> User | None:
        """One user."""
        return self._index.users.get(name)

    def team(self, name: str) -> Team | None:
        """One team."""
        return self._index.teams.get(name)

    def schedule(self, name: str) -> Schedule | None:
        """One schedule."""
        return self._index.schedules.get(name)

    def users(self) -> Sequence[User]:
        """Every user, in the file's order."""
        return self._index.people.users

    def teams(self) -> Sequence[Team]:
        """Every team, in the file's order."""
        return self._index.people.teams

    def schedules(self) -> Sequence[Schedule]:
        """Every schedule, in the file's order."""
        return self._index.people.schedules

    def roles_of(self, user: str) -> frozenset[Role] | None:
        """The roles of a configured user; None for any other name."""
        found = self._index.users.get(user)
        return None if found is None else found.roles

    def teams_of(self, user: str) -> frozenset[str]:
        """The teams a user is in."""
        found = self._index.users.get(user)
        return frozenset() if found is None else found.teams

    def shifts_of(self, user: str) -> frozenset[str]:
        """The schedules a user takes part in."""
        return self._index.shifts.get(user, frozenset())

    def on_call(self, schedule: str, at: datetime) -> str | None:
        """Who is on shift; None: nobody, or there is no such schedule."""
        found = self._index.schedules.get(schedule)
        return None if found is None else look(found.rota, at, self._expand).who

    def duty(self, schedule: str, at: datetime) -> Duty:
        """Who is on shift, until when, and who comes next."""
        found = self._index.schedules.get(schedule)
        return Duty() if found is None else duty(found.rota, at, self._expand)


def number_people(unit: PeopleUnit, people: People) -> People:
    """Give *people* their numbers, new ones where they have none; a unit of the store."""
    for kind, named in _KINDS.items():
        unit.number(kind, [each.name for each in named(people)])
    return with_numbers(unit, people)


def with_numbers(reader: PeopleReader, people: People) -> People:
    """Give *people* the numbers that they have; 0 where they have none yet."""
    known = {(each.kind, each.name): each for each in reader.numbered()}
    return replace(
        people,
        users=_numbered(known, USER, people.users),
        teams=_numbered(known, TEAM, people.teams),
        schedules=_numbered(known, SCHEDULE, people.schedules),
    )


_KINDS: dict[str, Callable[[People], Sequence[_HasNumber]]] = {
    USER: lambda people: people.users,
    TEAM: lambda people: people.teams,
    SCHEDULE: lambda people: people.schedules,
}


def _numbered(
    known: Mapping[tuple[str, str], Numbered], kind: str, named: Iterable[N]
) -> tuple[N, ...]:
    found = ((each, known.get((kind, each.name))) for each in named)
    return tuple(
        each if had is None else replace(each, id=had.id, uuid=had.uuid) for each, had in found
    )


def _indexed(people: People) -> _Index:
    shifts: dict[str, set[str]] = {}
    for schedule in people.schedules:
        for member in schedule.members:
            shifts.setdefault(member, set()).add(schedule.name)
    return _Index(
        people,
        _by_name(people.users),
        _by_name(people.teams),
        _by_name(people.schedules),
        {member: frozenset(names) for member, names in shifts.items()},
    )


def _by_name(named: Iterable[T]) -> dict[str, T]:
    return {each.name: each for each in named}
