"""
The API `equipment`: incidents about equipment, with four statuses, as maintenance tools know them.

`material_id` is a subject's number; assigned and pending tickets read as IN_PROGRESS.
Saying what is read already changes nothing. Its maintenances are `web.api.maintenances`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from fettled.app.callers import Caller, viewer_of
from fettled.app.incidents import Step, Wish
from fettled.core.actions import (
    Action,
    Assign,
    Close,
    MoveToOpen,
    Reopen,
    Resolve,
    Resume,
    Start,
    Unassign,
)
from fettled.core.errors import InvalidError, NotFoundError
from fettled.core.filing import NewTicket
from fettled.core.permissions import Permission
from fettled.core.tickets import Ticket
from fettled.core.words import Code, Priority, Source, Status
from fettled.ports import Directory, TicketFilter
from fettled.web.dialects.answers import Enveloped, EnvelopedPage, EquipmentIncident
from fettled.web.dialects.switches import only_if
from fettled.web.paging import Paged, page, read_number_cursor
from fettled.web.reading import FilledLine, Id, Number, Text, read_if_match
from fettled.web.routes import Answer, Call, Model, RouteTable
from fettled.web.saying import goes_with, saying
from fettled.web.shapes import time_json

routes = RouteTable()

_PATH = "/api/v1/incidents"
_OURS = only_if("equipment")
_LONGEST = 16_000

Word = Literal["OPEN", "IN_PROGRESS", "RESOLVED", "CLOSED"]
PriorityWord = Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"]

#: How each of our statuses reads.
READS: dict[Status, Word] = {
    Status.OPEN: "OPEN",
    Status.ASSIGNED: "IN_PROGRESS",
    Status.IN_PROGRESS: "IN_PROGRESS",
    Status.PENDING: "IN_PROGRESS",
    Status.RESOLVED: "RESOLVED",
    Status.CLOSED: "CLOSED",
}

_Title = Annotated[FilledLine, Field(min_length=1, max_length=300)]
_Description = Annotated[Text, Field(max_length=_LONGEST)]
_Resolution = Annotated[Text, Field(max_length=2_000)]


class IncidentsQuery(Paged):
    """Filters; each may be repeated, or list several values by commas."""

    status: frozenset[Word] = frozenset()
    priority: frozenset[PriorityWord] = frozenset()
    material_id: Annotated[Number, Field(ge=1, lt=10**18)] | None = None


class IncidentBody(Model):
    """An incident to be reported."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {
                "material_id": 1,
                "title": "Compressor is overheating",
                "priority": "HIGH",
                "description": "It reached 95 degrees.",
            }
        )
    )

    material_id: Id
    title: _Title
    priority: PriorityWord
    description: _Description


class IncidentPatch(Model):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {"status": "RESOLVED", "resolution": "The bearing was replaced."},
            {"status": "IN_PROGRESS", "priority": "CRITICAL", "assigned_to": 1},
            rules=[goes_with("resolution", status=["RESOLVED", "CLOSED"])],
        )
    )

    title: _Title = ""
    priority: PriorityWord = "LOW"
    description: _Description = ""
    status: Word | None = None
    assigned_to: Id | None = None
    resolution: _Resolution | None = None


@routes.route(
    "POST",
    _PATH,
    permission=Permission.TICKET_CREATE,
    body=IncidentBody,
    status=201,
    answer=Enveloped[EquipmentIncident],
    switched=_OURS,
)
async def report_incident(call: Call) -> Answer:
    """Report an incident with a piece of equipment."""
    body: IncidentBody = call.body
    subject = call.services.subjects.key_of(body.material_id)
    if subject is None:
        msg = f"there is no equipment with the number {body.material_id}"
        raise InvalidError(msg, "material_id")
    new = NewTicket(
        title=body.title,
        description=body.description,
        source=Source.API,
        priority=Priority(body.priority.lower()),
        subject=subject,
        reporter=call.principal.name,
    )
    caller = Caller(call.principal.actor, call.principal)
    ticket = await call.services.incidents.file(new, (), caller)
    answer = _one(call, ticket)
    answer.headers["Location"] = f"{_PATH}/{ticket.number}"
    return answer


@routes.route(
    "GET",
    _PATH,
    permission=Permission.TICKET_VIEW,
    query=IncidentsQuery,
    answer=EnvelopedPage[EquipmentIncident],
    switched=_OURS,
)
async def list_incidents(call: Call) -> Answer:
    """List incidents, the newest first."""
    query: IncidentsQuery = call.query
    material = query.material_id
    subject = None if material is None else call.services.subjects.key_of(material)
    found: list[Ticket] = []
    if material is None or subject is not None:
        which = TicketFilter(
            viewer=viewer_of(call.principal),
            status=frozenset(ours for ours, word in READS.items() if word in query.status),
            priority=frozenset(word.lower() for word in query.priority),
            subject=frozenset({subject} if subject is not None else ()),
        )
        before = read_number_cursor(query.cursor)
        found = await call.services.tickets.list(which, before, query.limit + 1)
    answer = page(
        call, found, query.limit, lambda one: incident_json(call, one), lambda one: str(one.number)
    )
    shown: Any = answer.data
    return Answer({"data": shown["items"], "next": shown["next"]}, answer.headers)


@routes.route(
    "GET",
    _PATH + "/{id}",
    permission=Permission.TICKET_VIEW,
    answer=Enveloped[EquipmentIncident],
    switched=_OURS,
)
async def show_incident(call: Call) -> Answer:
    """Show one incident."""
    return _one(call, await call.services.tickets.get(_number(call), call.principal))


@routes.route(
    "PATCH",
    _PATH + "/{id}",
    permission=Permission.TICKET_UPDATE,
    body=IncidentPatch,
    answer=Enveloped[EquipmentIncident],
    if_match=True,
    switched=_OURS,
)
async def update_incident(call: Call) -> Answer:
    """Change an incident, its status and who has it; all of it, or nothing."""
    body: IncidentPatch = call.body
    people = call.services.directory
    caller = Caller(call.principal.actor, call.principal, read_if_match(call.headers))
    ticket = await call.services.incidents.amend(
        _number(call), lambda before: wish_of(body, before, people), caller
    )
    return _one(call, ticket)


@routes.route(
    "DELETE",
    _PATH + "/{id}",
    permission=Permission.TICKET_DELETE,
    status=204,
    if_match=True,
    switched=_OURS,
)
async def delete_incident(call: Call) -> Answer:
    """Delete a closed incident, or one that was reported by mistake."""
    caller = Caller(call.principal.actor, call.principal, read_if_match(call.headers))
    await call.services.removals.delete(_number(call), caller)
    return Answer()


def wish_of(body: IncidentPatch, before: Ticket, people: Directory) -> Wish:
    """
    Say what *before* is to be.

    Raises:
        InvalidError: nobody has that number, or a resolution is given with no resolving.
    """
    named = body.model_fields_set
    edits: dict[str, Any] = {
        name: getattr(body, name) for name in ("title", "description") if name in named
    }
    if "priority" in named and body.priority.lower() != before.priority:
        edits["priority"] = Priority(body.priority.lower())
    if body.resolution is not None and not _takes_resolution(body, before):
        msg = "goes with status RESOLVED"
        raise InvalidError(msg, "resolution")
    steps: list[Step] = []
    if "assigned_to" in named:
        steps.append(_towards_owner(body.assigned_to, people, frees=body.status == "OPEN"))
    if body.status is not None:
        steps.append(_towards(body.status, before, body.resolution or ""))
    return Wish(edits, steps)


def _takes_resolution(body: IncidentPatch, before: Ticket) -> bool:
    """Whether the text goes somewhere: a closing has none, but for what was read already."""
    is_read = before.resolution is not None and before.resolution.summary == body.resolution
    return body.status == "RESOLVED" or (body.status == "CLOSED" and is_read)


def _towards_owner(ident: int | None, people: Directory, *, frees: bool) -> Step:
    """Say who is to have it; *frees*: the status that is asked for takes it from everybody."""
    if ident is None:
        # Refused where it cannot be done: 200 with the old name would be no answer.
        return lambda t: None if frees or t.assignee is None else Unassign()
    name = next((user.name for user in people.users() if user.id == ident), None)
    if name is None:
        msg = f"there is no user with the number {ident}"
        raise InvalidError(msg, "assigned_to")
    return lambda t: None if t.assignee == name else Assign(assignee=name)


def _towards(word: Word, before: Ticket, resolution: str) -> Step:
    # What reads as asked for is so already: whoever writes it back changes nothing.
    starts = READS[before.status] != word
    match word:
        case "OPEN":
            return lambda t: _DOWN.get(t.status)
        case "IN_PROGRESS":
            return lambda t: _UP.get(t.status) if starts else None
        case "RESOLVED":
            resolve = Resolve(Code.FIXED, resolution)
            return lambda t: None if t.status is Status.RESOLVED else resolve
        case _:
            return lambda t: None if t.status is Status.CLOSED else Close()


_DOWN: dict[Status, Action] = {
    Status.RESOLVED: Reopen(),
    Status.CLOSED: Reopen(),  # is refused, in the words of a reopening
    Status.PENDING: Resume(),
    Status.IN_PROGRESS: MoveToOpen(),
    Status.ASSIGNED: Unassign(),
}
_UP: dict[Status, Action] = {
    Status.RESOLVED: Reopen(),
    Status.CLOSED: Reopen(),
    Status.PENDING: Resume(),
    Status.ASSIGNED: Start(),
    Status.OPEN: Start(),
}


def incident_json(call: Call, ticket: Ticket) -> dict[str, Any]:
    """Write a ticket as an incident."""
    return {
        "id": ticket.number,
        "material": _material(call, ticket.subject),
        "title": ticket.title,
        "priority": ticket.priority.upper(),
        "status": READS[ticket.status],
        "description": ticket.description,
        "reported_by": _person(call, ticket.reporter),
        "created_at": time_json(ticket.created_at),
        "assigned_to": _person(call, ticket.assignee),
        "resolution": ticket.resolution.summary if ticket.resolution is not None else None,
        "updated_at": time_json(ticket.updated_at),
        "resolved_at": time_json(ticket.resolved_at),
        "closed_at": time_json(ticket.closed_at),
    }


def _material(call: Call, key: str | None) -> dict[str, Any] | None:
    if key is None:
        return None
    try:
        view = call.services.subjects.get(key)
    except NotFoundError:
        return {"id": None, "name": key}  # it was removed from the configuration
    return {"id": view.id, "name": view.name}


def _person(call: Call, name: str | None) -> dict[str, Any] | None:
    if name is None:
        return None
    user = call.services.directory.user(name)
    if user is None:
        return {"id": None, "full_name": name}
    return {"id": user.id, "full_name": user.full_name}


def _number(call: Call) -> str:
    ident = call.path["id"]
    if not (ident.isascii() and ident.isdigit() and len(ident) <= 18):  # noqa: PLR2004 - fits 64 bits
        msg = "there is no such incident"
        raise NotFoundError(msg)
    return str(int(ident))


def _one(call: Call, ticket: Ticket) -> Answer:
    return Answer({"data": incident_json(call, ticket)}, {"ETag": f'"{ticket.version}"'})
