"""`/api/v1/tickets`: list, show, timeline, and what people do to tickets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from fettled.app.views import SubjectView
from fettled.core.errors import NotFoundError
from fettled.core.lifecycle import Action, Comment, Reopen, Resolve
from fettled.core.permissions import Permission, Principal, may_comment, sees
from fettled.core.references import parse_reference
from fettled.core.tickets import Entry, Member, Ticket
from fettled.core.words import Code, Priority, Source, Status
from fettled.ports import TicketFilter, Viewer
from fettled.web.answers import AdoptedAnswer, EntryAnswer, Page, TicketAnswer
from fettled.web.paging import MOST, Limit, Paged, page, read_number_cursor
from fettled.web.problems import Problem
from fettled.web.reading import AS_TEXT, Text, read_if_match
from fettled.web.routes import Answer, Call, Model, RouteTable
from fettled.web.shapes import entry_json, ticket_json

routes = RouteTable()

#: Enough for a long report, little enough for a webhook to carry it whole.
_LONGEST_BODY = 16_000
_LONGEST_SUMMARY = 2_000
#: Whoever means more names none.
_MOST_SUBJECTS = 1_000

_Name = Annotated[Text, Field(min_length=1, max_length=200)]


class TicketsQuery(Paged):
    """Filters; each may be repeated, or list several values by commas."""

    status: frozenset[Status] = frozenset()
    priority: frozenset[Priority] = frozenset()
    source: frozenset[Source] = frozenset()
    kind: frozenset[_Name] = frozenset()
    subject: frozenset[_Name] = frozenset()
    member: frozenset[_Name] = frozenset()


class TimelineQuery(Paged):
    """A timeline of up to 200 entries comes whole."""

    limit: Limit = MOST


#: `lifecycle.PEOPLES_CODES`, written out so that a refusal lists no others.
GivenCode = Literal[
    "fixed",
    "workaround",
    "not_reproducible",
    "user_error",
    "duplicate",
    "no_action",
    "wont_fix",
]


class CommentBody(Model):
    """Append a note in markdown."""

    action: Literal["comment"]
    body: Annotated[Text, Field(min_length=1, max_length=_LONGEST_BODY)]
    visibility: Literal["public", "internal"] = "public"


class ResolveBody(Model):
    """Say that it is fixed, or why it need not be."""

    action: Literal["resolve"]
    code: GivenCode = "fixed"
    summary: Annotated[Text, Field(max_length=_LONGEST_SUMMARY)] = ""
    duplicate_of: Annotated[int, Field(strict=True, ge=1, lt=10**18)] | None = None
    until: Annotated[AwareDatetime, AS_TEXT] | None = None


class ReopenBody(Model):
    """Take a resolution back."""

    action: Literal["reopen"]


class AdoptBody(Model):
    """Whose checks are adopted; none named: all that are held."""

    subjects: Annotated[tuple[_Name, ...], Field(max_length=_MOST_SUBJECTS)] = ()


ActionBody = Annotated[CommentBody | ResolveBody | ReopenBody, Field(discriminator="action")]


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
    which = TicketFilter(
        viewer=viewer_of(call.principal),
        status=frozenset(map(str, query.status)),
        priority=frozenset(map(str, query.priority)),
        kind=query.kind,
        source=frozenset(map(str, query.source)),
        subject=query.subject,
        member=query.member,
    )
    before = read_number_cursor(query.cursor)
    found = await call.services.tickets.list(which, before, query.limit + 1)
    lines = await _checklists(call, found)

    def shape(one: Ticket) -> dict[str, object]:
        return ticket_json(one, _subject(call, one.subject), lines.get(one.number, ()))

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
    if_version = read_if_match(call.headers)
    ticket = await _visible(call)
    if not _may(call, ticket):
        raise Problem(403, f"your token does not allow {call.body.action} on this ticket")
    after = await call.services.tickets.act(
        str(ticket.number), _action(call.body), call.principal.actor, if_version
    )
    return await _one(call, after)


def _may(call: Call, ticket: Ticket) -> bool:
    if isinstance(call.body, CommentBody):
        return may_comment(call.principal, ticket, internal=call.body.visibility == "internal")
    return Permission.TICKET_UPDATE in call.principal.permissions


def _action(body: CommentBody | ResolveBody | ReopenBody) -> Action:
    if isinstance(body, CommentBody):
        return Comment(body.body, body.visibility)
    if isinstance(body, ResolveBody):
        return Resolve(Code(body.code), body.summary, body.duplicate_of, body.until)
    return Reopen()


def viewer_of(who: Principal) -> Viewer | None:
    """Give what a list is narrowed by; None for one who may see every ticket."""
    if Permission.TICKET_VIEW_ANY in who.permissions:
        return None
    return Viewer(who.name, who.teams, who.shifts)


async def _visible(call: Call) -> Ticket:
    named = parse_reference(call.path["ref"])
    if named is not None:
        ticket = await call.services.tickets.get(str(named))
        if sees(call.principal, ticket):
            return ticket
    # The same words for what does not exist and for what the caller may not see.
    msg = "there is no such ticket"
    raise NotFoundError(msg)


async def _one(call: Call, ticket: Ticket) -> Answer:
    return Answer(await _shape(call, ticket), {"ETag": f'"{ticket.version}"'})


async def _shape(call: Call, ticket: Ticket) -> dict[str, object]:
    lines = (await _checklists(call, [ticket])).get(ticket.number, ())
    return ticket_json(ticket, _subject(call, ticket.subject), lines)


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
