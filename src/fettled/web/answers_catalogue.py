"""Models of what `shapes_catalogue` writes, for the API's description, and for nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from fettled.core.links import LinkType


class _Shape(BaseModel):
    """What is answered: every key is there, and no other."""

    model_config = ConfigDict(extra="forbid")


class ApplicationAnswer(_Shape):
    """An application, and where it runs."""

    name: str
    hosted_on: list[str]


class AssetAnswer(_Shape):
    """A thing of the house."""

    name: str
    subject: str | None
    hosts: list[str]


class PartyAnswer(_Shape):
    """A client, an employee or a supplier."""

    name: str
    contact: str | None


class NameAnswer(_Shape):
    """A name to choose."""

    name: str


class CatalogueAnswer(_Shape):
    """What tickets choose from."""

    applications: list[ApplicationAnswer]
    assets: list[AssetAnswer]
    clients: list[PartyAnswer]
    employees: list[PartyAnswer]
    suppliers: list[PartyAnswer]
    regions: list[NameAnswer]
    projects: list[NameAnswer]
    categories: list[NameAnswer]


class AvailabilityAnswer(_Shape):
    """How long an application was available; the ratio is null where nothing is known."""

    application: str
    hosted_on: list[str]
    since: datetime
    until: datetime
    availability: float | None
    available_seconds: float
    degraded_seconds: float
    unavailable_seconds: float
    unknown_seconds: float


class LinkOfTicket(_Shape):
    """A link, as it stands in a ticket."""

    id: int
    type: LinkType
    name: str
    is_primary: bool


class LinkAnswer(LinkOfTicket):
    """A link with who made it and when."""

    at: datetime
    by: str


class LinkedAnswer(LinkAnswer):
    """A link that was made, with the applications that might be linked as well."""

    proposed: list[str]


class LinksAnswer(_Shape):
    """What a ticket is linked to."""

    items: list[LinkAnswer]
    proposed: list[str]


class MaterialAnswer(_Shape):
    """A subject, as maintenance tools call it."""

    id: int | None
    name: str


class MaintenanceRecord(_Shape):
    """A record of work."""

    id: int
    uuid: str
    material: MaterialAnswer
    material_id: int | None
    subject: str
    type: Literal["CORRECTIVE", "PREVENTIVE", "INSPECTION", "IMPROVEMENT"]
    status: Literal["PLANNED", "IN_PROGRESS", "DONE", "CANCELLED"]
    incident_id: int | None
    ticket: int | None
    scheduled_at: datetime | None
    description: str
    created_by: str
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    version: int


class MaintenanceAnswer(_Shape):
    """A record of work, in its envelope."""

    data: MaintenanceRecord


class MaintenancesAnswer(_Shape):
    """Records of work; `next` is the cursor of the next page."""

    data: list[MaintenanceRecord]
    next: str | None


class ChangeAnswer(_Shape):
    """A marker of a change."""

    id: int
    title: str
    at: datetime
    subject: str | None
    application: str | None
    selector: dict[str, str] | None
    url: str | None
    source: str
    created_by: str
    created_at: datetime
