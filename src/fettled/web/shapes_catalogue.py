"""The JSON shapes of the catalogue, of links, maintenances, changes and availability."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fettled.core.availability import Availability
from fettled.core.changes import ChangeMarker
from fettled.core.links import TicketLink
from fettled.core.maintenances import Maintenance
from fettled.ports import Application, Lists, Party
from fettled.web.shapes import time_json


def lists_json(lists: Lists) -> dict[str, Any]:
    """Write what there is to choose from."""
    return {
        "applications": [
            {"name": each.name, "hosted_on": list(each.hosted_on)} for each in lists.applications
        ],
        "assets": [
            {"name": each.name, "subject": each.subject, "hosts": list(each.hosts)}
            for each in lists.assets
        ],
        "clients": _parties(lists.clients),
        "employees": _parties(lists.employees),
        "suppliers": _parties(lists.suppliers),
        "regions": _names(lists.regions),
        "projects": _names(lists.projects),
        "categories": _names(lists.categories),
    }


def _parties(parties: Iterable[Party]) -> list[dict[str, Any]]:
    return [{"name": each.name, "contact": each.contact} for each in parties]


def _names(names: Iterable[str]) -> list[dict[str, Any]]:
    return [{"name": name} for name in names]


def link_json(link: TicketLink) -> dict[str, Any]:
    """Write a link, as it stands in a ticket."""
    return {
        "id": link.id,
        "type": link.type,
        "name": link.name,
        "is_primary": link.is_primary,
    }


def whole_link_json(link: TicketLink) -> dict[str, Any]:
    """Write a link with who made it and when."""
    return {**link_json(link), "at": time_json(link.at), "by": link.by}


def attached_json(
    links: Iterable[TicketLink], changes: Iterable[ChangeMarker] | None
) -> dict[str, Any]:
    """Write what hangs from a ticket; *changes* None: they are not read for lists."""
    return {
        "links": [link_json(each) for each in links],
        "changes": None if changes is None else [change_json(each) for each in changes],
    }


def maintenance_json(one: Maintenance) -> dict[str, Any]:
    """Write a record of work: as maintenance tools name its fields, and as we do."""
    return {
        "id": one.id,
        "uuid": one.uuid,
        "material": {"id": one.subject_id, "name": one.subject_name or one.subject},
        "material_id": one.subject_id,
        "subject": one.subject,
        "type": one.type.value.upper(),
        "status": one.status.value.upper(),
        "incident_id": one.ticket,
        "ticket": one.ticket,
        "scheduled_at": time_json(one.scheduled_at),
        "description": one.description,
        "created_by": one.created_by,
        "created_at": time_json(one.created_at),
        "updated_at": time_json(one.updated_at),
        "ended_at": time_json(one.ended_at),
        "version": one.version,
    }


def change_json(marker: ChangeMarker) -> dict[str, Any]:
    """Write a marker of a change."""
    return {
        "id": marker.id,
        "title": marker.title,
        "at": time_json(marker.at),
        "subject": marker.subject,
        "application": marker.application,
        "selector": marker.selector or None,
        "url": marker.url,
        "source": marker.source,
        "created_by": marker.created_by,
        "created_at": time_json(marker.created_at),
    }


def availability_json(application: Application, made: Availability) -> dict[str, Any]:
    """Write how long it was available; null where nothing is known."""
    return {
        "application": application.name,
        "hosted_on": list(application.hosted_on),
        "since": time_json(made.since),
        "until": time_json(made.until),
        "availability": made.ratio,
        "available_seconds": made.available.total_seconds(),
        "degraded_seconds": made.degraded.total_seconds(),
        "unavailable_seconds": made.unavailable.total_seconds(),
        "unknown_seconds": made.unknown.total_seconds(),
    }
