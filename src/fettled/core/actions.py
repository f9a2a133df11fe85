"""
What people can do to a ticket, as values: one class an action, named as the API names it.

Who or what an action refers to (a person, a team, the parent of a team) is looked up
before it is made; from which status it is legal is `moves`' table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fettled.core.words import Code


@dataclass(frozen=True, slots=True)
class Comment:
    """Append an immutable note in markdown."""

    body: str
    visibility: Literal["public", "internal"] = "public"


@dataclass(frozen=True, slots=True)
class Assign:
    """
    Give it to a person, a team or a shift: a new owner frees the old one, but a team stays.

    Attributes:
        shift: the name of an on-call schedule.
        shift_of: its scenario and role instead; its name is found when it is done.
    """

    assignee: str | None = None
    team: str | None = None
    shift: str | None = None
    shift_of: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Unassign:
    """Take it from whoever was to do it; the team stays."""


@dataclass(frozen=True, slots=True)
class AssignToMe:
    """Put one's own name on it, without starting."""


@dataclass(frozen=True, slots=True)
class Take:
    """Put one's own name on it and start."""


@dataclass(frozen=True, slots=True)
class Start:
    """Say that work has begun: the first response."""


@dataclass(frozen=True, slots=True)
class MoveToOpen:
    """Take a start back."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Wait for somebody else, until a time at which it resumes by itself."""

    reason: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Escalate:
    """
    Hand it up or sideways.

    Attributes:
        to: the team or supplier; for `hierarchical` the team above, found when it is done.
    """

    mode: Literal["hierarchical", "functional"]
    reason: str
    to: str = ""
    is_supplier: bool = False


@dataclass(frozen=True, slots=True)
class SnoozeFor:
    """
    Quiet its notifications until a time, or until it changes.

    Attributes:
        office_hours: until the next ones begin, whose time is found when it is done.
    """

    until: datetime | None = None
    on_change: bool = False
    office_hours: bool = False


@dataclass(frozen=True, slots=True)
class Unsnooze:
    """Let its notifications be heard again."""


@dataclass(frozen=True, slots=True)
class Resolve:
    """Say that it is fixed, or why it need not be."""

    code: Code = Code.FIXED
    summary: str = ""
    duplicate_of: int | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reopen:
    """Take a resolution back, whatever the reopen window says."""


@dataclass(frozen=True, slots=True)
class Close:
    """End it for good."""


Action = (
    Comment
    | Assign
    | Unassign
    | AssignToMe
    | Take
    | Start
    | MoveToOpen
    | Hold
    | Resume
    | Escalate
    | SnoozeFor
    | Unsnooze
    | Resolve
    | Reopen
    | Close
)

#: The word of each action: in the API, in the log of inputs, in the docs.
WORDS: dict[type[Action], str] = {
    Comment: "comment",
    Assign: "assign",
    Unassign: "unassign",
    AssignToMe: "assign_to_me",
    Take: "take",
    Start: "start",
    MoveToOpen: "move_to_open",
    Hold: "hold",
    Resume: "resume",
    Escalate: "escalate",
    SnoozeFor: "snooze",
    Unsnooze: "unsnooze",
    Resolve: "resolve",
    Reopen: "reopen",
    Close: "close",
}


def word_of(action: Action) -> str:
    """Name an action as the API does."""
    return WORDS[type(action)]
