"""
The house's rules for people's work, as the configuration and the catalogue have them.

Made anew for each piece of work, so that a reload holds from the next one on. What every
house has in common (which action leads where) is `core.moves`'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fettled.core.actions import Action, Assign, Escalate, SnoozeFor
from fettled.core.errors import InvalidError
from fettled.core.words import Status
from fettled.ports import Directory


@dataclass(frozen=True, slots=True)
class Desk:
    """
    The house's rules for people's work.

    Attributes:
        directory: who there is; where nobody is configured, any name will do.
        reopen_to: the status that a reopening leads to; None: the one before.
        escalates_enterprise: whether impact `enterprise` escalates at once.
        next_office: when office hours begin next; None where none are configured.
        check_fields: judges what is chosen from the catalogue; InvalidError names the field.
        has_subject: whether something of that key is watched.
    """

    directory: Directory
    reopen_to: Status | None = None
    escalates_enterprise: bool = True
    next_office: Callable[[datetime], datetime | None] = lambda _: None
    check_fields: Callable[[Mapping[str, object]], None] = lambda _: None
    has_subject: Callable[[str], bool] = lambda _: True

    def parent_of(self, team: str | None) -> str | None:
        """Name the team above *team*; None at the top, or where there is no team."""
        known = self.directory.team(team) if team is not None else None
        return known.parent if known is not None else None

    def settled(self, action: Action, at: datetime) -> Action:
        """
        Judge whom *action* names, and find what it leaves to be found.

        Raises:
            InvalidError: nobody is called that, or there are no office hours.
        """
        if isinstance(action, Assign):
            if action.shift_of is not None:
                shift = find_shift(self.directory, *action.shift_of)
                action = Assign(action.assignee, action.team, shift)
            self.check_owners(action.assignee, action.team, action.shift)
        if isinstance(action, Escalate) and action.is_supplier:
            self.check_fields({"supplier": action.to})
        elif isinstance(action, Escalate) and action.mode == "functional":
            self.check_owners(None, action.to, None)
        if isinstance(action, SnoozeFor) and action.office_hours:
            opens = self.next_office(at)
            if opens is None:
                msg = "no office hours are configured: give a time instead"
                raise InvalidError(msg, "office_hours")
            return SnoozeFor(until=opens)
        return action

    def check_subject(self, subject: str | None) -> None:
        """
        Judge the key of a subject.

        Raises:
            InvalidError: nothing is called that.
        """
        if subject is not None and not self.has_subject(subject):
            msg = f"there is no subject {subject!r}"
            raise InvalidError(msg, "subject")

    def check_owners(self, assignee: str | None, team: str | None, shift: str | None) -> None:
        """
        Judge the names of owners.

        Raises:
            InvalidError: nobody is called that.
        """
        if not self.directory.is_configured:
            return
        asked = (
            ("assignee", assignee, self.directory.user, "user"),
            ("team", team, self.directory.team, "team"),
            ("shift", shift, self.directory.schedule, "on-call schedule"),
        )
        for field, name, find_one, what in asked:
            if name is not None and find_one(name) is None:
                msg = f"there is no {what} {name!r}"
                raise InvalidError(msg, field)


def find_shift(directory: Directory, scenario: str, role: str) -> str:
    """
    Name the on-call schedule for a scenario and a role.

    Raises:
        InvalidError: there is none.
    """
    for each in directory.schedules():
        if (each.scenario, each.role) == (scenario, role):
            return each.name
    msg = f"there is no on-call schedule for scenario {scenario} and role {role}"
    raise InvalidError(msg, "shift")
