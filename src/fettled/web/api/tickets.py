"""`/api/v1/tickets`: list, show, timeline, and what people do to tickets."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from fettled.app.acting import Caller
from fettled.app.views import SubjectView
from fettled.core.errors import ForbiddenError, NotFoundError
from fettled.core.links import LinkType
from fettled.core.permissions import Permission, Principal
from fettled.core.references import parse_reference
from fettled.core.sla_values import Clocks
from fettled.core.tickets import Entry, Member, Ticket
from fettled.core.words import Priority, Source, Status
from fettled.ports import TicketFilter, Viewer
from fettled.web.answers import AdoptedAnswer, EntryAnswer, Page, TicketAnswer
from fettled.web.api.ticket_bodies import (
    ActionBody,
    EditBody,
    Name,
    TicketBody,
    action_of,
    edits,
    new_ticket,
)
from fettled.web.paging import MOST, Limit, Paged, page, read_number_cursor
from fettled.web.reading import Text, read_if_match
from fettled.web.routes import Answer, Call, Model, RouteTable
from fettled.web.shapes import entry_json, ticket_json
from fettled.web.shapes_catalogue import attached_json

routes = RouteTable()

#: Whoever means more names none.
_MOST_SUBJECTS = 1_000


def _names_a_link(text: str) -> str:
    kind, _, name = text.partition(":")
    if not name or kind not in set(LinkType):
        msg = f"must be TYPE:NAME, such as asset:Rack 1; types are {', '.join(LinkType)}"
        raise ValueError(msg)
    return text


#: A link by its type and name, such as `asset:Rack 1`.
LinkName = Annotated[Text, Field(max_length=220), AfterValidator(_names_a_link)]


class TicketFilters(Model):
    """Filters; each may be repeated, or list several values by commas."""

    status: frozenset[Status] = frozenset()
    priority: frozenset[Priority] = frozenset()
    source: frozenset[Source] = frozenset()
    kind: frozenset[Name] = frozenset()
    subject: frozenset[Name] = frozenset()
    member: frozenset[Name] = frozenset()
    link: frozenset[LinkName] = frozenset()


class TicketsQuery(TicketFilters, Paged):
    """Filters, and which page."""


class TimelineQuery(Paged):
    """A timeline of up to 200 entries comes whole."""

    limit: Limit = MOST


class AdoptBody(Model):
    """Whose checks are adopted; none named: all that are held."""

    subjects: Annotated[tuple[Name, ...], Field(max_length=_MOST_SUBJECTS)] = ()


@routes.route(
    "GET",
    "/api/v1/tickets",
    permission=Permission.TICKET_VIEW,
    query=TicketsQuery,
    answer=Page[TicketAnswer],
)
async def list_tickets(call: Call) -> Answer:
    """List tickets, the newest first."""
    query: TicketsQuery = call.query
    which = which_tickets(call)
    before = read_number_cursor(query.cursor)
    found = await call.services.tickets.list(which, before, query.limit + 1)
    lines = await _checklists(call, found)
    links = await call.services.catalogue.links.of([one.number for one in found])

    def shape(one: Ticket) -> dict[str, object]:
        shown = ticket_json(
            one, _subject(call, one.subject), lines.get(one.number, ()), _clocks(call, one)
        )
        return shown | attached_json(links.get(one.number, ()), None)

    return page(call, found, query.limit, shape, lambda one: str(one.number))


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
)
async def file_ticket(call: Call) -> Answer:
    """File a ticket; the caller is its reporter unless another one is named."""
    body: TicketBody = call.body
    who = call.principal
    _check_filing(body, who)
    new = new_ticket(body, call.services.directory, who.name)
    ticket = await call.services.tickets.create(new, Caller(who.actor, who))
    answer = await _one(call, ticket)
    answer.headers["Location"] = f"/api/v1/tickets/{ticket.number}"
    return answer


def _check_filing(body: TicketBody, who: Principal) -> None:
    """Refuse what only those may say who also work on tickets."""
    needs = (
        ("reporter", body.reporter not in {None, who.name}, Permission.TICKET_UPDATE),
        ("assignee", body.assignee is not None, Permission.TICKET_ASSIGN),
        ("team", body.team is not None, Permission.TICKET_ASSIGN),
        ("shift", body.shift is not None, Permission.TICKET_ASSIGN),
    )
    for field, given, needed in needs:
        if given and needed not in who.permissions:
            msg = f"{field}: to give it, your token must hold the permission {needed}"
            raise ForbiddenError(msg)


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
    "POST",
    "/api/v1/tickets/{ref}/actions",
    permission=Permission.TICKET_VIEW,
    body=ActionBody,
    answer=TicketAnswer,
    if_match=True,
)
async def act_on_ticket(call: Call) -> Answer:
    """Do an action; what each needs beyond seeing the ticket is judged by the action."""
    caller = _caller(call)
    action = action_of(call.body)
    return await _one(call, await call.services.tickets.act(_ref(call), action, caller))


def which_tickets(call: Call) -> TicketFilter:
    """Make the filter that the query asks for, narrowed to what the caller may see."""
    query: TicketFilters = call.query
    return TicketFilter(
        viewer=viewer_of(call.principal),
        status=frozenset(map(str, query.status)),
        priority=frozenset(map(str, query.priority)),
        kind=query.kind,
        source=frozenset(map(str, query.source)),
        subject=query.subject,
        member=query.member,
        link=frozenset((kind, name) for kind, _, name in (w.partition(":") for w in query.link)),
    )


def viewer_of(who: Principal) -> Viewer | None:
    """Give what a list is narrowed by; None for one who may see every ticket."""
    if Permission.TICKET_VIEW_ANY in who.permissions:
        return None
    return Viewer(who.name, who.teams, who.shifts)


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


async def _one(call: Call, ticket: Ticket) -> Answer:
    return Answer(await _shape(call, ticket), {"ETag": f'"{ticket.version}"'})


async def _shape(call: Call, ticket: Ticket) -> dict[str, object]:
    lines = (await _checklists(call, [ticket])).get(ticket.number, ())
    shown = ticket_json(ticket, _subject(call, ticket.subject), lines, _clocks(call, ticket))
    links = (await call.services.catalogue.links.of([ticket.number])).get(ticket.number, ())
    changes = await call.services.catalogue.changes.of_ticket(ticket)
    return shown | attached_json(links, changes)


def _clocks(call: Call, ticket: Ticket) -> Clocks:
    return call.services.clocks(ticket)


async def _checklists(call: Call, tickets: list[Ticket]) -> dict[int, list[Member]]:
    numbers = [ticket.number for ticket in tickets if ticket.member_count]
    return await call.services.tickets.checklists(numbers) if numbers else {}


def _subject(call: Call, key: str | None) -> SubjectView | None:
    if key is None:
        return None
    try:
        return call.services.subjects.get(key)
    except NotFoundError:
        return None
