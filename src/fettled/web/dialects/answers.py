"""What the foreign APIs answer, as models; see `fettled.web.answers`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from fettled.web.answers import Shape

T = TypeVar("T")


class Enveloped(Shape, Generic[T]):
    """One thing in its envelope."""

    data: T


class EnvelopedPage(Shape, Generic[T]):
    """A page of things in their envelope."""

    data: list[T]
    next: str | None


class Material(Shape):
    """Equipment; its number is null once it was removed."""

    id: int | None
    name: str


class Person(Shape):
    """A person; a number is null for a name that is not configured."""

    id: int | None
    full_name: str


class EquipmentIncident(Shape):
    """A ticket as an incident about equipment."""

    id: int
    material: Material | None
    title: str
    priority: Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"]
    status: Literal["OPEN", "IN_PROGRESS", "RESOLVED", "CLOSED"]
    description: str
    reported_by: Person | None
    created_at: datetime
    assigned_to: Person | None
    resolution: str | None
    updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None


class AssigneeAnswer(Shape):
    """A team or a person who has an incident."""

    type: Literal["team", "user"]
    id: str
    name: str


class IncidentActionAnswer(Shape):
    """Something that was done for an incident, or was to be."""

    id: str
    type: str
    target: str
    settings: list[dict[str, Any]]
    status: str
    tries: int
    created_at: datetime
    executed_at: datetime | None
    data: dict[str, Any]


class TeamIncident(Shape):
    """A ticket as an incident of a team."""

    id: str
    name: str
    description: str
    status: Literal["active", "resolved"]
    urgency: Literal["low", "medium", "high"]
    assignees: list[AssigneeAnswer]
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    number: int
    reference: str


class CreatedIncident(TeamIncident):
    """An incident with its actions."""

    actions: list[IncidentActionAnswer]


class UpdatedIncident(CreatedIncident):
    """An incident after an update."""

    message: str
