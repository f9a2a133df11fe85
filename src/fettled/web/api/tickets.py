"""`/api/v1/tickets`: list, show, timeline, and what people do to tickets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict, Field

from fettled.app.callers import Caller
from fettled.app.searching import MOST_LISTED, MOST_MEMBERS
from fettled.app.views import SubjectView
from fettled.core.durations import parse_duration
from fettled.core.errors import ForbiddenError, InvalidError, NotFoundError
from fettled.core.permissions import Permission, Principal
from fettled.core.references import parse_reference
from fettled.core.sla_values import Clocks
from fettled.core.tickets import WORKFLOW, Actor, Entry, Member, Ticket
from fettled.core.words import Source
from fettled.ports import Sort
from fettled.web.answers import AdoptedAnswer, EntryAnswer, Page, TicketAnswer
from fettled.web.answers_files import ActionAnswer
from fettled.web.answers_work import TicketsAnswer
from fettled.web.api.action_bodies import ActionBody, action_of
from fettled.web.api.ticket_bodies import (
    PERSON_OR_SHIFT,
    EditBody,
    Name,
    TicketBody,
    edits,
    new_ticket,
)
from fettled.web.api.ticket_filters import (
    TicketsQuery,
    read_place,
    which_tickets,
    write_place,
)
from fettled.web.paging import MOST, Limit, Paged, page, read_number_cursor
from fettled.web.reading import read_if_match
from fettled.web.routes import Answer, Call, Model, RouteTable
from fettled.web.saying import saying
from fettled.web.shapes import action_json, entry_json, ticket_json
from fettled.web.shapes_catalogue import attached_json

routes = RouteTable()

#: Whoever means more names none.
_MOST_SUBJECTS = 1_000


class TimelineQuery(Paged):
    """A timeline of up to 200 entries comes whole."""

    limit: Limit = MOST


class AdoptBody(Model):
    """Whose checks are adopted; none named: all that are held."""

    model_config = ConfigDict(json_schema_extra=saying({"subjects": ["door-1"]}, {}))

    subjects: Annotated[tuple[Name, ...], Field(max_length=_MOST_SUBJECTS)] = ()


@routes.route(
    "GET",
    "/api/v1/tickets",
    permission=Permission.TICKET_VIEW,
    query=TicketsQuery,
    answer=TicketsAnswer,
)
async def list_tickets(call: Call) -> Answer:
    """List tickets, the newest first unless another order is asked for."""
    query: TicketsQuery = call.query
    which, sort = await which_tickets(call), Sort.parse(query.sort)
    after = read_place(sort, query.cursor)
    searching = call.services.searching
    found = await searching.find(which, sort, after, query.limit + 1)
    count = await searching.count(which) if query.counts else None
    lines = await _checklists(call, found, MOST_LISTED)
    links = await call.services.catalogue.links.of([one.number for one in found])

    def shape(one: Ticket) -> dict[str, object]:
        shown = ticket_json(
            one, _subject(call, one.subject), lines.get(one.number, ()), _clocks(call, one)
        )
        return shown | attached_json(links.get(one.number, ()), None)

    answer = page(call, found, query.limit, shape, lambda one: write_place(sort, one))
    if query.counts:
        assert isinstance(answer.data, dict)  # noqa: S101 -- a page is one
        return Answer({**answer.data, "count": count}, answer.headers)
    return answer


@routes.route(
    "POST",
    "/api/v1/tickets/adopt",
    permission=Permission.TICKET_UPDATE,
    body=AdoptBody,
    may_lack_body=True,
    answer=AdoptedAnswer,
)
async def adopt_backlog(call: Call) -> Answer:
    """Make one ticket of what was down when publishing was switched on."""
    body: AdoptBody = call.body
    adopted = await call.services.tickets.adopt(body.subjects, call.principal.actor)
    shaped = None if adopted.ticket is None else await _shape(call, adopted.ticket)
    return Answer({"ticket": shaped, "adopted": sorted(adopted.conditions)})


@routes.route(
    "POST",
    "/api/v1/tickets",
    permission=Permission.TICKET_CREATE,
    body=TicketBody,
    status=201,
    answer=TicketAnswer,
    may_exist=True,
)
async def file_ticket(call: Call) -> Answer:
    """File a ticket; the caller is its reporter unless another one is named."""
    body: TicketBody = call.body
    who = call.principal
    _check_filing(body, who)
    new = new_ticket(body, call.services.directory, who.name)
    caller = _caller_of(call, body.source)
    opened = await call.services.tickets.open(new, caller, _window(body))
    answer = await _one(call, opened.ticket)
    answer.headers["Location"] = f"/api/v1/tickets/{opened.ticket.number}"
    return answer if opened.is_new else replace(answer, status=200)


def _window(body: TicketBody) -> timedelta | None:
    if body.reopen_within is None:
        return None
    if body.deduplication_key is None:
        msg = "goes with a deduplication_key, by which the ticket is found"
        raise InvalidError(msg, "reopen_within")
    try:
        return parse_duration(body.reopen_within)
    except ValueError as error:
        raise InvalidError(str(error), "reopen_within") from None


def _check_filing(body: TicketBody, who: Principal) -> None:
    """Refuse two owners, and what only those may say who also work on tickets."""
    if body.assignee is not None and body.shift is not None:
        raise InvalidError(PERSON_OR_SHIFT, "shift")
    needs = (
        ("reporter", body.reporter not in {None, who.name}, Permission.TICKET_UPDATE),
        ("assignee", body.assignee is not None, Permission.TICKET_ASSIGN),
        ("team", body.team is not None, Permission.TICKET_ASSIGN),
        ("shift", body.shift is not None, Permission.TICKET_ASSIGN),
        ("reopen_within", body.reopen_within is not None, Permission.TICKET_UPDATE),
    )
    for field, given, needed in needs:
        if given and needed not in who.permissions:
            msg = f"{field}: to give it, your token must hold the permission {needed}"
            raise ForbiddenError(msg, field)


@routes.route(
    "PATCH",
    "/api/v1/tickets/{ref}",
    permission=Permission.TICKET_UPDATE,
    body=EditBody,
    answer=TicketAnswer,
    if_match=True,
)
async def edit_ticket(call: Call) -> Answer:
    """Change fields of a ticket; null takes one back."""
    wanted = edits(call.body)
    return await _one(call, await call.services.tickets.edit(_ref(call), wanted, _caller(call)))


@routes.route(
    "DELETE",
    "/api/v1/tickets/{ref}",
    permission=Permission.TICKET_DELETE,
    status=204,
    if_match=True,
)
async def delete_ticket(call: Call) -> Answer:
    """Delete a closed ticket, or one that was filed by mistake."""
    await call.services.removals.delete(_ref(call), _caller(call))
    return Answer()


@routes.route(
    "GET", "/api/v1/tickets/{ref}", permission=Permission.TICKET_VIEW, answer=TicketAnswer
)
async def show_ticket(call: Call) -> Answer:
    """Show one ticket."""
    return await _one(call, await _visible(call))


@routes.route(
    "GET",
    "/api/v1/tickets/{ref}/timeline",
    permission=Permission.TICKET_VIEW,
    query=TimelineQuery,
    answer=Page[EntryAnswer],
)
async def show_timeline(call: Call) -> Answer:
    """List what happened to a ticket, the oldest first."""
    query: TimelineQuery = call.query
    after = read_number_cursor(query.cursor) or 0
    ticket = await _visible(call)
    found = await call.services.tickets.timeline(str(ticket.number), after, query.limit + 1)
    sees_internal = Permission.TICKET_COMMENT_INTERNAL in call.principal.permissions

    def shape(entry: Entry) -> dict[str, object] | None:
        hidden = entry.data.get("visibility") == "internal" and not sees_internal
        return None if hidden else entry_json(entry)

    return page(call, found, query.limit, shape, lambda entry: str(entry.seq))


@routes.route(
    "GET",
    "/api/v1/tickets/{ref}/actions",
    permission=Permission.TICKET_VIEW,
    query=Paged,
    answer=Page[ActionAnswer],
)
async def list_actions(call: Call) -> Answer:
    """List what was done for a ticket, in order: escalations, and what others asked for."""
    query: Paged = call.query
    after = read_number_cursor(query.cursor) or 0
    ticket = await _visible(call)
    found = await call.services.incidents.actions(ticket.number, after, query.limit + 1)
    held = [call.services.receivers.held(each) for each in found]
    return page(call, held, query.limit, action_json, lambda each: str(each.number))


@routes.route(
    "POST",
    "/api/v1/tickets/{ref}/actions",
    permission=Permission.TICKET_VIEW,
    body=ActionBody,
    answer=TicketAnswer,
    if_match=True,
)
async def act_on_ticket(call: Call) -> Answer:
    """Do an action; what each needs beyond seeing the ticket is judged by the action."""
    caller = _caller_of(call, getattr(call.body, "source", None))
    action = action_of(call.body)
    return await _one(call, await call.services.tickets.act(_ref(call), action, caller))


class KeyQuery(Model):
    """Which ticket is meant."""

    deduplication_key: Name


@routes.route(
    "POST",
    "/api/v1/tickets/actions",
    permission=Permission.TICKET_VIEW,
    query=KeyQuery,
    body=ActionBody,
    answer=TicketAnswer,
    if_match=True,
)
async def act_on_key(call: Call) -> Answer:
    """Do an action to the open ticket of a caller's key, else to the one resolved last."""
    query: KeyQuery = call.query
    caller = _caller_of(call, getattr(call.body, "source", None))
    action, key = action_of(call.body), query.deduplication_key
    return await _one(call, await call.services.tickets.act_on_key(key, action, caller))


async def _visible(call: Call) -> Ticket:
    return await call.services.tickets.get(_ref(call), call.principal)


def _ref(call: Call) -> str:
    """Give the reference in the path, if it could be one."""
    named = parse_reference(call.path["ref"])
    if named is None:
        msg = "there is no such ticket"
        raise NotFoundError(msg)
    return str(named)


def _caller(call: Call) -> Caller:
    return Caller(call.principal.actor, call.principal, read_if_match(call.headers))


def _caller_of(call: Call, source: str | None) -> Caller:
    """Name who does it; what an engine does as a workflow sets off none of ours."""
    caller = _caller(call)
    if source != Source.WORKFLOW:
        return caller
    return replace(caller, actor=Actor(WORKFLOW, call.principal.name))


async def _one(call: Call, ticket: Ticket) -> Answer:
    return Answer(await _shape(call, ticket), {"ETag": f'"{ticket.version}"'})


async def _shape(call: Call, ticket: Ticket) -> dict[str, object]:
    lines = (await _checklists(call, [ticket], MOST_MEMBERS)).get(ticket.number, ())
    shown = ticket_json(ticket, _subject(call, ticket.subject), lines, _clocks(call, ticket))
    links = (await call.services.catalogue.links.of([ticket.number])).get(ticket.number, ())
    changes = await call.services.catalogue.changes.of_ticket(ticket)
    return shown | attached_json(links, changes)


def _clocks(call: Call, ticket: Ticket) -> Clocks:
    return call.services.clocks(ticket)


async def _checklists(call: Call, tickets: list[Ticket], most: int) -> dict[int, list[Member]]:
    numbers = [ticket.number for ticket in tickets if ticket.member_count]
    return await call.services.searching.checklists(numbers, most) if numbers else {}


def _subject(call: Call, key: str | None) -> SubjectView | None:
    if key is None:
        return None
    try:
        return call.services.subjects.get(key)
    except NotFoundError:
        return None
