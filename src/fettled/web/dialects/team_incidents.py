"""
The API `team_incidents`: incidents of teams, and what was done for each.

Teams, people and incidents go by their UUIDs. There are three urgencies; a critical ticket
reads as high, and putting high back does not lower it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from fettled.app.callers import Caller, viewer_of
from fettled.app.incidents import MOST_ACTIONS, Step, Wish
from fettled.core.actions import Assign, Reopen, Resolve, Unassign
from fettled.core.errors import ForbiddenError, InvalidError, NotFoundError
from fettled.core.filing import NewTicket
from fettled.core.permissions import Permission
from fettled.core.tickets import OVER_STATUSES, Ticket
from fettled.core.words import Code, Priority, Source, Status
from fettled.ports import Directory, Team, TicketAction, TicketFilter
from fettled.web.dialects.answers import (
    CreatedIncident,
    IncidentActionAnswer,
    TeamIncident,
    UpdatedIncident,
)
from fettled.web.dialects.switches import only_if
from fettled.web.paging import Paged, page, read_number_cursor
from fettled.web.reading import FilledLine, Line, Text, read_if_match
from fettled.web.routes import Answer, Call, Model, RouteTable
from fettled.web.saying import goes_with, saying
from fettled.web.shapes import time_json

routes = RouteTable()

_OURS = only_if("team_incidents")

Urgency = Literal["low", "medium", "high"]
State = Literal["active", "resolved"]

_READS: dict[Priority, Urgency] = {
    Priority.LOW: "low",
    Priority.MEDIUM: "medium",
    Priority.HIGH: "high",
    Priority.CRITICAL: "high",
}
#: How long a UUID is as it is written; a library takes braces and other forms as well.
_UUID = 36
#: Until it is stored, which says when.
_NO_TIME = datetime.min.replace(tzinfo=UTC)

_Name = Annotated[FilledLine, Field(min_length=1, max_length=300)]
_Description = Annotated[Text, Field(max_length=16_000)]
_Short = Annotated[Line, Field(max_length=200)]


class Assignee(Model):
    """A team or a person."""

    type: Literal["team", "user"]
    id: _Short


class ActionSetting(Model):
    """What an action is about; we keep it for whoever asks."""

    id: _Short = ""
    status_page_id: _Short = ""
    component_id: _Short = ""


class IncidentAction(Model):
    """Something to be done for the incident."""

    id: _Short = ""
    type: Annotated[Line, Field(min_length=1, max_length=100)]
    settings: Annotated[tuple[ActionSetting, ...], Field(max_length=50)] = ()


_Assignees = Annotated[tuple[Assignee, ...], Field(max_length=20)]
_Actions = Annotated[tuple[IncidentAction, ...], Field(max_length=50)]


class TeamIncidentBody(Model):
    """An incident to be created."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {
                "name": "The API does not answer",
                "description": "Since the release.",
                "urgency": "high",
                "assignees": [],
                "actions": [
                    {"id": "", "type": "status_page", "settings": [{"status_page_id": "sp-1"}]}
                ],
            }
        )
    )

    name: _Name
    description: _Description
    urgency: Urgency
    assignees: _Assignees = ()
    actions: _Actions = ()


class TeamIncidentPut(Model):
    """What an incident is to be; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {"urgency": "low", "description": "Half of it answers again."},
            {"status": "resolved", "resolution": "Rolled back."},
            rules=[goes_with("resolution", status=["resolved"])],
        )
    )

    name: _Name = ""
    description: _Description = ""
    urgency: Urgency = "low"
    assignees: _Assignees = ()
    actions: _Actions = ()
    status: State | None = None
    resolution: Annotated[Text, Field(max_length=2_000)] | None = None


class TeamIncidentsQuery(Paged):
    """What is listed."""

    status: frozenset[State] = frozenset()


@routes.route(
    "GET",
    "/v1/team/{id}/incidents",
    permission=Permission.TICKET_VIEW,
    query=TeamIncidentsQuery,
    answer=list[TeamIncident],
    switched=_OURS,
)
async def list_team_incidents(call: Call) -> Answer:
    """List the incidents that a team has or that were created for it, the newest first."""
    query: TeamIncidentsQuery = call.query
    team = _team(call)
    statuses = frozenset(
        status
        for status in Status
        if query.status and ("resolved" if status in OVER_STATUSES else "active") in query.status
    )
    which = TicketFilter(viewer=viewer_of(call.principal), status=statuses)
    before = read_number_cursor(query.cursor)
    desk = call.services.incidents
    found = await desk.of_team(team.name, which, before, query.limit + 1)
    answer = page(
        call, found, query.limit, lambda one: incident_json(call, one), lambda one: str(one.number)
    )
    shown: Any = answer.data
    return Answer(shown["items"], answer.headers)


@routes.route(
    "POST",
    "/v1/team/{id}/incident",
    permission=Permission.TICKET_CREATE,
    body=TeamIncidentBody,
    status=201,
    answer=CreatedIncident,
    switched=_OURS,
)
async def create_team_incident(call: Call) -> Answer:
    """Create an incident for a team."""
    body: TeamIncidentBody = call.body
    who = call.principal
    team = _team(call)
    owner = _owner(body.assignees, call.services.directory)
    if owner is not None and Permission.TICKET_ASSIGN not in who.permissions:
        msg = (
            f"assignees: to give it, your token must hold the permission {Permission.TICKET_ASSIGN}"
        )
        raise ForbiddenError(msg, "assignees")
    new = NewTicket(
        title=body.name,
        description=body.description,
        source=Source.API,
        priority=Priority(body.urgency),
        filed_for=team.name,
        team=owner.team if owner is not None else None,
        assignee=owner.assignee if owner is not None else None,
        reporter=who.name,
    )
    actions = [_action(each) for each in body.actions]
    ticket = await call.services.incidents.file(new, actions, Caller(who.actor, who))
    return await _one(call, ticket)


@routes.route(
    "GET",
    "/v1/incident/{id}",
    permission=Permission.TICKET_VIEW,
    answer=CreatedIncident,
    switched=_OURS,
)
async def show_team_incident(call: Call) -> Answer:
    """Show an incident as it is now, to be read before it is changed."""
    return await _one(call, await call.services.tickets.get(await _ref(call), call.principal))


@routes.route(
    "PUT",
    "/v1/incident/{id}",
    permission=Permission.TICKET_UPDATE,
    body=TeamIncidentPut,
    answer=UpdatedIncident,
    if_match=True,
    switched=_OURS,
)
async def update_team_incident(call: Call) -> Answer:
    """Change an incident; all of it, or nothing."""
    body: TeamIncidentPut = call.body
    people, who = call.services.directory, call.principal
    caller = Caller(who.actor, who, read_if_match(call.headers))
    ticket = await call.services.incidents.amend(
        await _ref(call), lambda before: wish_of(body, before, people), caller
    )
    answer = await _one(call, ticket)
    shown: Any = answer.data
    return Answer({"message": "the incident was updated", **shown}, answer.headers)


@routes.route(
    "GET",
    "/v1/incident/{id}/actions",
    permission=Permission.TICKET_VIEW,
    answer=list[IncidentActionAnswer],
    switched=_OURS,
)
async def list_incident_actions(call: Call) -> Answer:
    """List what was done for an incident, in order."""
    actions = await call.services.incidents.actions(int(await _ref(call)), 0, MOST_ACTIONS)
    return Answer([action_json(each) for each in actions])


def wish_of(body: TeamIncidentPut, before: Ticket, people: Directory) -> Wish:
    """
    Say what *before* is to be.

    Raises:
        InvalidError: nobody has that id, or a resolution is given with no resolving.
    """
    named = body.model_fields_set
    edits: dict[str, Any] = {}
    if "name" in named:
        edits["title"] = body.name
    if "description" in named:
        edits["description"] = body.description
    if "urgency" in named and _READS[before.priority] != body.urgency:
        edits["priority"] = Priority(body.urgency)
    if body.resolution is not None and body.status != "resolved":
        msg = "goes with status resolved"
        raise InvalidError(msg, "resolution")
    steps: list[Step] = []
    owner = _owner(body.assignees, people)
    if owner is not None:
        steps.append(lambda t: None if _has(t, owner) else owner)
    elif "assignees" in named:
        steps.append(lambda t: None if t.assignee is None else Unassign())
    if body.status == "resolved":
        resolve = Resolve(Code.FIXED, body.resolution or "")
        steps.append(lambda t: None if t.status in OVER_STATUSES else resolve)
    if body.status == "active":
        steps.append(lambda t: Reopen() if t.status in OVER_STATUSES else None)
    return Wish(edits, steps, [_action(each) for each in body.actions])


def _has(ticket: Ticket, owner: Assign) -> bool:
    team = owner.team if owner.team is not None else ticket.team
    return (ticket.team, ticket.assignee) == (team, owner.assignee)


def _owner(assignees: tuple[Assignee, ...], people: Directory) -> Assign | None:
    """Find who is meant: at most one team and one person, as a ticket has."""
    teams = {team.uuid: team.name for team in people.teams()}
    users = {user.uuid: user.name for user in people.users()}
    found: dict[str, str] = {}
    for place, each in enumerate(assignees):
        name = (teams if each.type == "team" else users).get(each.id.lower())
        if name is None:
            msg = f"there is no {each.type} with that id"
            raise InvalidError(msg, f"assignees.{place}.id")
        if found.setdefault(each.type, name) != name:
            msg = f"is a second {each.type}; an incident has one"
            raise InvalidError(msg, f"assignees.{place}")
    return Assign(found.get("user"), found.get("team")) if found else None


def _action(given: IncidentAction) -> TicketAction:
    settings = [each.model_dump() for each in given.settings]
    target = next((each.status_page_id for each in given.settings if each.status_page_id), "")
    return TicketAction(
        ticket=0,
        type=given.type,
        target=target,
        at=_NO_TIME,
        # There are no status pages here; what was asked for is kept, and shown as it was.
        outcome="not_configured",
        data={"settings": settings},
        uuid=_uuid(given.id) or "",
    )


def action_json(action: TicketAction) -> dict[str, Any]:
    """Write something that was done."""
    data = dict(action.data)
    return {
        "id": action.uuid,
        "type": action.type,
        "target": action.target,
        "settings": data.pop("settings", []),
        "status": action.outcome,
        "tries": action.tries,
        "created_at": time_json(action.at),
        "executed_at": time_json(action.done_at),
        "data": data,
    }


def incident_json(call: Call, ticket: Ticket) -> dict[str, Any]:
    """Write a ticket as an incident."""
    return {
        "id": ticket.uuid,
        "name": ticket.title,
        "description": ticket.description,
        "status": "resolved" if ticket.status in OVER_STATUSES else "active",
        "urgency": _READS[ticket.priority],
        "assignees": list(_assignees(call, ticket)),
        "created_at": time_json(ticket.created_at),
        "updated_at": time_json(ticket.updated_at),
        "resolved_at": time_json(ticket.resolved_at),
        "resolution": ticket.resolution.summary if ticket.resolution is not None else None,
        "number": ticket.number,
        "reference": ticket.reference,
    }


def _assignees(call: Call, ticket: Ticket) -> list[dict[str, Any]]:
    people = call.services.directory
    team = people.team(ticket.team) if ticket.team is not None else None
    user = people.user(ticket.assignee) if ticket.assignee is not None else None
    both = (("team", team), ("user", user))
    return [{"type": kind, "id": one.uuid, "name": one.name} for kind, one in both if one]


def _team(call: Call) -> Team:
    wanted = _uuid(call.path["id"])
    for team in call.services.directory.teams():
        if team.uuid == wanted:
            return team
    msg = "there is no such team"
    raise NotFoundError(msg)


async def _ref(call: Call) -> str:
    wanted = _uuid(call.path["id"])
    if wanted is None:
        msg = "there is no such incident"
        raise NotFoundError(msg)
    return await call.services.incidents.number_of(wanted, call.principal)


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text)) if len(text) == _UUID else None
    except ValueError:
        return None


async def _one(call: Call, ticket: Ticket) -> Answer:
    actions = await call.services.incidents.actions(ticket.number, 0, MOST_ACTIONS)
    shown = {**incident_json(call, ticket), "actions": [action_json(each) for each in actions]}
    return Answer(shown, {"ETag": f'"{ticket.version}"'})
