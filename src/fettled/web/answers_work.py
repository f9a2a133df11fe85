"""What is answered beside tickets and subjects, as models; see `fettled.web.answers`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from fettled.core.permissions import Role
from fettled.web.answers import ActorAnswer, Shape

T = TypeVar("T")


class Items(Shape, Generic[T]):
    """A list that comes whole, and tells what might be added to it."""

    items: list[T]
    proposed: list[str]


class DataPage(Shape, Generic[T]):
    """A page of maintenances, as maintenance tools read it."""

    data: list[T]
    next: str | None


class Data(Shape, Generic[T]):
    """One maintenance, as maintenance tools read it."""

    data: T


class CommentAnswer(Shape):
    """A comment; `html` where it was asked for."""

    id: int
    body: str
    visibility: Literal["public", "internal"]
    author: ActorAnswer
    at: datetime
    html: str | None = None


class AttachmentAnswer(Shape):
    """What is known of a file."""

    id: int
    name: str
    media_type: str
    size: int
    sha256: str
    by: ActorAnswer
    at: datetime


class LinkAnswer(Shape):
    """A link of a ticket, with who made it."""

    id: int
    type: Literal["asset", "application", "employee", "client"]
    name: str
    is_primary: bool
    at: datetime
    by: str | None


class LinkedAnswer(LinkAnswer):
    """A link that was made or changed, and the applications that might be linked now."""

    proposed: list[str]


class MaterialAnswer(Shape):
    """A subject, as maintenance tools name it."""

    id: int | None
    name: str | None


class MaintenanceAnswer(Shape):
    """A record of work."""

    id: int
    uuid: str
    material: MaterialAnswer
    material_id: int | None
    subject: str | None
    type: str
    status: str
    incident_id: int | None
    ticket: int | None
    scheduled_at: datetime | None
    description: str
    created_by: str | None
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    version: int


class ChangeAnswer(Shape):
    """A marker of a change in the world."""

    id: int
    title: str
    at: datetime
    subject: str | None
    application: str | None
    selector: dict[str, str] | None
    url: str | None
    source: str | None
    created_by: str | None
    created_at: datetime


class AvailabilityAnswer(Shape):
    """How long an application was available; null where nothing is known."""

    application: str
    hosted_on: list[str]
    since: datetime
    until: datetime
    availability: float | None
    available_seconds: float
    degraded_seconds: float
    unavailable_seconds: float
    unknown_seconds: float


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
