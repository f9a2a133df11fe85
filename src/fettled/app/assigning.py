"""
To whom a ticket may be given: names that are looked up before an action is taken.

Judges names only; what giving it away does to a ticket is `fettled.core.moves`'. Without an
`access:` section any name is taken, since nobody is known. Somebody who takes a ticket
themselves is not looked up: a token's role goes for any name, configured or not.
"""

from __future__ import annotations

from fettled.core.errors import ConflictError, InvalidError
from fettled.ports import Directory

_ROLE = "give the name of a schedule under access.schedules, or its scenario and role"


def find_assignee(directory: Directory, name: str) -> str:
    """
    Name the user that *name* is.

    Raises:
        InvalidError: `assignee` is not a configured user.
    """
    if directory.is_configured and directory.user(name) is None:
        msg = f"there is no user {name}; give a name under access.users"
        raise InvalidError(msg, "assignee")
    return name


def find_team(directory: Directory, name: str) -> str:
    """
    Name the team that *name* is.

    Raises:
        InvalidError: `team` is not a configured team.
    """
    if directory.is_configured and directory.team(name) is None:
        msg = f"there is no team {name}; give a name under access.teams"
        raise InvalidError(msg, "team")
    return name


def find_shift(directory: Directory, which: str | tuple[str, str]) -> str:
    """
    Name the schedule that *which* is: its name, or its scenario and role.

    Raises:
        InvalidError: `shift` is no configured schedule.
    """
    if isinstance(which, str):
        if directory.is_configured and directory.schedule(which) is None:
            msg = f"there is no schedule {which}; {_ROLE}"
            raise InvalidError(msg, "shift")
        return which
    for schedule in directory.schedules():
        if (schedule.scenario, schedule.role) == which:
            return schedule.name
    scenario, role = which
    msg = f"no schedule is for the scenario {scenario} and the role {role}; {_ROLE}"
    raise InvalidError(msg, "shift")


def parent_team(directory: Directory, team: str | None) -> str:
    """
    Name the team that tickets of *team* are escalated to.

    Raises:
        ConflictError: *team* is at the top, is not configured, or there is none.
    """
    if team is None:
        msg = "the ticket has no team to escalate from; assign one, or escalate to a team by name"
        raise ConflictError(msg)
    found = directory.team(team)
    if found is None:
        msg = f"the team {team} is not configured, nothing is above it; escalate to a team by name"
        raise ConflictError(msg)
    if found.parent is None:
        msg = f"the team {team} is at the top, nothing is above it; escalate to a team by name"
        raise ConflictError(msg)
    return found.parent
