"""`/api/v1/catalogue`, `/api/v1/applications` and the links of tickets."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from fettled.app.callers import Caller
from fettled.app.links import Linked
from fettled.core.errors import NotFoundError
from fettled.core.links import LinkType
from fettled.core.permissions import Permission
from fettled.web.answers_catalogue import (
    AvailabilityAnswer,
    CatalogueAnswer,
    LinkedAnswer,
    LinksAnswer,
)
from fettled.web.reading import FilledLine, read_if_match
from fettled.web.routes import Answer, Call, Model, RouteTable
from fettled.web.saying import said, saying
from fettled.web.shapes_catalogue import availability_json, lists_json, whole_link_json
from fettled.web.since import Back, length_of

routes = RouteTable()

_LINKS = "/api/v1/tickets/{ref}/links"
_LONGEST_NAME = 200
#: No id has more digits.
_MOST_DIGITS = 18


def trimmed(text: str) -> str:
    """Take the blanks around *text* off, of which at least something must be left."""
    if not (short := text.strip()):
        msg = "must not be empty"
        raise ValueError(msg)
    return short


Name = Annotated[FilledLine, Field(min_length=1, max_length=_LONGEST_NAME), AfterValidator(trimmed)]


class LinkBody(Model):
    """What the ticket is to be linked to."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {"type": "client", "name": "Acme", "is_primary": True},
            {"type": "asset", "name": "Rack 1"},
            rules=[
                {
                    "anyOf": [
                        {"not": said("is_primary")},
                        {"properties": {"type": {"const": "client"}}},
                    ]
                }
            ],
        )
    )

    type: Literal["asset", "application", "employee", "client"]
    name: Name
    is_primary: bool = Field(default=False, strict=True)


class PrimaryBody(Model):
    """Whether this client is the one to speak to first."""

    model_config = ConfigDict(json_schema_extra=saying({"is_primary": True}))

    is_primary: bool = Field(strict=True)


class AvailabilityQuery(Model):
    """How far back."""

    since: Back = "30d"


@routes.route(
    "GET", "/api/v1/catalogue", permission=Permission.SUBJECT_VIEW, answer=CatalogueAnswer
)
async def show_catalogue(call: Call) -> Answer:
    """List what tickets choose from."""
    return Answer(lists_json(call.services.catalogue.lists.lists))


@routes.route(
    "GET",
    "/api/v1/applications/{name}/availability",
    permission=Permission.SUBJECT_VIEW,
    query=AvailabilityQuery,
    answer=AvailabilityAnswer,
)
async def show_availability(call: Call) -> Answer:
    """Say how long an application was available."""
    query: AvailabilityQuery = call.query
    back = length_of(query.since, call.services.wall())
    found = await call.services.catalogue.availabilities.of(call.path["name"], back)
    return Answer(availability_json(*found))


@routes.route("GET", _LINKS, permission=Permission.TICKET_VIEW, answer=LinksAnswer)
async def list_links(call: Call) -> Answer:
    """List what a ticket is linked to, and the applications that might be linked."""
    linked = await call.services.catalogue.links.shown(call.path["ref"], call.principal)
    items = [whole_link_json(each) for each in linked.links]
    return Answer({"items": items, "proposed": list(linked.proposed)}, _etag(linked))


@routes.route(
    "POST",
    _LINKS,
    permission=Permission.TICKET_UPDATE,
    body=LinkBody,
    status=201,
    answer=LinkedAnswer,
    if_match=True,
    may_exist=True,
)
async def add_link(call: Call) -> Answer:
    """Link a ticket; a link that is there already is answered with 200."""
    body: LinkBody = call.body
    linked = await call.services.catalogue.links.add(
        call.path["ref"],
        LinkType(body.type),
        body.name,
        _caller(call),
        primary=body.is_primary,
    )
    answer = _answer(linked)
    return Answer(answer.data, answer.headers, status=None if linked.is_new else 200)


@routes.route(
    "PATCH",
    _LINKS + "/{id}",
    permission=Permission.TICKET_UPDATE,
    body=PrimaryBody,
    answer=LinkedAnswer,
    if_match=True,
)
async def rank_link(call: Call) -> Answer:
    """Make a client the primary one, instead of the one before, or no longer."""
    body: PrimaryBody = call.body
    linked = await call.services.catalogue.links.set_primary(
        call.path["ref"],
        read_id(call, "link"),
        _caller(call),
        primary=body.is_primary,
    )
    return _answer(linked)


@routes.route(
    "DELETE", _LINKS + "/{id}", permission=Permission.TICKET_UPDATE, status=204, if_match=True
)
async def remove_link(call: Call) -> Answer:
    """Take a link off a ticket."""
    linked = await call.services.catalogue.links.remove(
        call.path["ref"],
        read_id(call, "link"),
        _caller(call),
    )
    return Answer(headers=_etag(linked))


def _caller(call: Call) -> Caller:
    return Caller(call.principal.actor, call.principal, read_if_match(call.headers))


def read_id(call: Call, what: str) -> int:
    """Read the id in the path; NotFoundError for what is none."""
    ident = call.path["id"]
    if not (ident.isascii() and ident.isdigit() and len(ident) <= _MOST_DIGITS):
        msg = f"there is no such {what}"
        raise NotFoundError(msg)
    return int(ident)


def _answer(linked: Linked) -> Answer:
    shown: dict[str, Any] = {} if linked.link is None else whole_link_json(linked.link)
    return Answer({**shown, "proposed": list(linked.proposed)}, _etag(linked))


def _etag(linked: Linked) -> dict[str, str]:
    return {"ETag": f'"{linked.ticket.version}"'}
