"""
Who there is: users, teams and on-call schedules, as configured, and who is on call.

What a rotation makes of an instant is `fettled.core.oncall`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from fettled.core.oncall import Duty, Rota
from fettled.core.permissions import Role


@dataclass(frozen=True, slots=True)
class User:
    """
    A person.

    Attributes:
        id, uuid: stable by name, also after a removal from the configuration.
        contacts: where to reach them, by means (`mail`, `phone`, ...).
    """

    name: str
    full_name: str
    roles: frozenset[Role] = frozenset()
    teams: frozenset[str] = frozenset()
    contacts: tuple[tuple[str, str], ...] = ()
    id: int = 0
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class Team:
    """A team; *parent* is who it escalates to, *notify* the receivers that it is told by."""

    name: str
    parent: str | None = None
    notify: tuple[str, ...] = ()
    id: int = 0
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """An on-call schedule: who is on shift for *scenario* in *role*."""

    name: str
    scenario: str
    role: str
    members: tuple[str, ...]
    rota: Rota = field(default_factory=Rota)
    id: int = 0
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who is configured; *is_configured* says whether there is such a section."""

    users: tuple[User, ...] = ()
    teams: tuple[Team, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    is_configured: bool = False


@dataclass(frozen=True, slots=True)
class Numbered:
    """The number and uuid that a name of one *kind* (`user`, `team`, `schedule`) has for good."""

    kind: str
    name: str
    id: int
    uuid: str


class Directory(Protocol):
    """Who there is now; a reload changes it. Answers from memory, on any thread."""

    @property
    def is_configured(self) -> bool:
        """Whether there is an `access:` section; without one any name may hold a ticket."""
        ...

    def user(self, name: str) -> User | None: ...
    def team(self, name: str) -> Team | None: ...
    def schedule(self, name: str) -> Schedule | None: ...
    def users(self) -> Sequence[User]: ...
    def teams(self) -> Sequence[Team]: ...
    def schedules(self) -> Sequence[Schedule]: ...
    def teams_of(self, user: str) -> frozenset[str]:
        """The teams a user is in."""
        ...

    def shifts_of(self, user: str) -> frozenset[str]:
        """The schedules a user takes part in."""
        ...

    def on_call(self, schedule: str, at: datetime) -> str | None:
        """Who is on shift at *at* (wall time); None: nobody."""
        ...

    def duty(self, schedule: str, at: datetime) -> Duty:
        """Who is on shift at *at*, until when, and who comes next."""
        ...


class PeopleReader(Protocol):
    """The numbers of people."""

    def numbered(self) -> list[Numbered]:
        """Every name that ever had one."""
        ...


class PeopleUnit(PeopleReader, Protocol):
    """The numbers of people, to be given."""

    def number(self, kind: str, names: Collection[str]) -> None:
        """Give each of *names* that has none the next number of its kind, in their order."""
        ...
