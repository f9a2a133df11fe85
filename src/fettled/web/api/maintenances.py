"""
`/api/v1/maintenances`: records of work, in the shape of maintenance tools and in our own.

A body may name the subject by its number (`material_id`) or its key (`subject`), and the
ticket as `incident_id` or `ticket`; what is answered has both, in an envelope.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from fettled.app.callers import viewer_of
from fettled.app.maintenances import WantedMaintenance
from fettled.core.errors import InvalidError
from fettled.core.maintenances import Maintenance, MaintenanceStatus, MaintenanceType
from fettled.core.permissions import Permission
from fettled.ports import MaintenanceFilter
from fettled.web.answers_catalogue import MaintenanceAnswer, MaintenancesAnswer
from fettled.web.api.catalogue import Name, read_id
from fettled.web.paging import Paged, page, read_number_cursor
from fettled.web.reading import Id, Number, Text, Time, read_if_match
from fettled.web.routes import Answer, Call, Model, RouteTable
from fettled.web.saying import any_of, in_days, saying
from fettled.web.shapes_catalogue import maintenance_json

routes = RouteTable()

_PATH = "/api/v1/maintenances"
_LONGEST_DESCRIPTION = 16_000


def _lower(value: object) -> object:
    """Read a word in capitals, as other tools write it; not one in both."""
    return value.lower() if isinstance(value, str) and value.isupper() else value


def _either_case(words: Iterable[str]) -> WithJsonSchema:
    names = [str(word) for word in words]
    return WithJsonSchema({"type": "string", "enum": names + [name.upper() for name in names]})


_Type = Annotated[MaintenanceType, BeforeValidator(_lower), _either_case(MaintenanceType)]
_Status = Annotated[MaintenanceStatus, BeforeValidator(_lower), _either_case(MaintenanceStatus)]
_AnId = Annotated[Number, Field(ge=1, lt=10**18)]
_Description = Annotated[Text, Field(max_length=_LONGEST_DESCRIPTION)]


class MaintenancesQuery(Paged):
    """Filters; each that is a set may be repeated, or list several values by commas."""

    status: frozenset[_Status] = frozenset()
    type: frozenset[_Type] = frozenset()
    subject: frozenset[Name] = frozenset()
    material_id: _AnId | None = None
    ticket: _AnId | None = None
    incident_id: _AnId | None = None


class MaintenanceBody(Model):
    """Work on a subject."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {
                "material_id": 1,
                "type": "CORRECTIVE",
                "scheduled_at": in_days(2),
                "description": "Replace the bearing",
            },
            {"subject": "door-1", "type": "inspection", "status": "done"},
            rules=[any_of("material_id", "subject", "incident_id", "ticket")],
        )
    )

    material_id: Id | None = None
    subject: Name | None = None
    type: _Type
    incident_id: Id | None = None
    ticket: Id | None = None
    scheduled_at: Time | None = None
    description: _Description = ""
    status: _Status = MaintenanceStatus.PLANNED


class MaintenancePatch(Model):
    """What is to be edited; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra=saying({"status": "done", "description": "The bearing was replaced."})
    )

    type: _Type = MaintenanceType.CORRECTIVE
    status: _Status = MaintenanceStatus.PLANNED
    scheduled_at: Time | None = None
    description: _Description = ""
    incident_id: Id | None = None
    ticket: Id | None = None


@routes.route(
    "GET",
    _PATH,
    permission=Permission.SUBJECT_VIEW,
    query=MaintenancesQuery,
    answer=MaintenancesAnswer,
)
async def list_maintenances(call: Call) -> Answer:
    """List records of work, the newest first."""
    query: MaintenancesQuery = call.query
    which = MaintenanceFilter(
        viewer=viewer_of(call.principal),
        status=frozenset(map(str, query.status)),
        type=frozenset(map(str, query.type)),
        subject=query.subject,
        ticket=_ticket(query)[1],
    )
    before = read_number_cursor(query.cursor)
    desk = call.services.catalogue.maintenances
    found = await desk.list(which, query.material_id, before, query.limit + 1)
    answer = page(call, found, query.limit, maintenance_json, lambda one: str(one.id))
    shown: Any = answer.data
    return Answer({"data": shown["items"], "next": shown["next"]}, answer.headers)


@routes.route(
    "POST",
    _PATH,
    permission=Permission.MAINTENANCE_MANAGE,
    body=MaintenanceBody,
    status=201,
    answer=MaintenanceAnswer,
)
async def create_maintenance(call: Call) -> Answer:
    """Write work down; the ticket that it is for is told of it."""
    body: MaintenanceBody = call.body
    ticket_field, ticket = _ticket(body)
    wanted = WantedMaintenance(
        type=body.type,
        subject=body.subject,
        subject_id=body.material_id,
        ticket=ticket,
        scheduled_at=body.scheduled_at,
        description=body.description,
        status=body.status,
        names={"subject_id": "material_id", "ticket": ticket_field},
    )
    made = await call.services.catalogue.maintenances.add(wanted, call.principal)
    return _answer(made, {"Location": f"{_PATH}/{made.id}"})


@routes.route("GET", _PATH + "/{id}", permission=Permission.SUBJECT_VIEW, answer=MaintenanceAnswer)
async def show_maintenance(call: Call) -> Answer:
    """Show a record of work."""
    ident = read_id(call, "maintenance")
    return _answer(await call.services.catalogue.maintenances.get(ident, call.principal))


@routes.route(
    "PATCH",
    _PATH + "/{id}",
    permission=Permission.MAINTENANCE_MANAGE,
    body=MaintenancePatch,
    answer=MaintenanceAnswer,
    if_match=True,
)
async def edit_maintenance(call: Call) -> Answer:
    """Edit a record of work."""
    body: MaintenancePatch = call.body
    ticket_field, ticket = _ticket(body)
    given = body.model_fields_set - {"incident_id", "ticket"}
    changes: dict[str, Any] = {name: getattr(body, name) for name in given}
    if ticket is not None:
        changes["ticket"] = ticket
    made = await call.services.catalogue.maintenances.edit(
        read_id(call, "maintenance"),
        changes,
        call.principal,
        if_version=read_if_match(call.headers),
        names={"ticket": ticket_field},
    )
    return _answer(made)


def _answer(made: Maintenance, headers: dict[str, str] | None = None) -> Answer:
    etag = {"ETag": f'"{made.version}"'}
    return Answer({"data": maintenance_json(made)}, {**etag, **(headers or {})})


def _ticket(
    given: MaintenanceBody | MaintenancePatch | MaintenancesQuery,
) -> tuple[str, int | None]:
    """Read the ticket's number, and by which of its names it was given."""
    if given.incident_id is None:
        return "ticket", given.ticket
    if given.ticket not in {None, given.incident_id}:
        msg = "is another number than incident_id: give one of the two"
        raise InvalidError(msg, "ticket")
    return "incident_id", given.incident_id
