"""What is answered beside tickets and subjects, as models; see `fettled.web.answers`."""

from __future__ import annotations

from typing import Any

from fettled.core.permissions import Role
from fettled.web.answers import ActorAnswer, Shape


class UserAnswer(Shape):
    """A person; `contacts` is null for whoever may not see them."""

    id: int
    uuid: str
    name: str
    full_name: str
    roles: list[Role]
    teams: list[str]
    contacts: dict[str, str] | None


class TeamAnswer(Shape):
    """A team with its members' names."""

    id: int
    uuid: str
    name: str
    parent: str | None
    members: list[str]
    notify: list[str]


class AuditAnswer(Shape):
    """A row of the audit log; whoever has them all can verify the chain."""

    position: int
    at: str
    actor: ActorAnswer
    kind: str
    object: str | None
    data: dict[str, Any]
    hash: str | None
