"""Exports: a ticket whole, as JSON, CSV and PDF, and a list of tickets as CSV."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

import orjson

from fettled.app.exports import Dossier
from fettled.app.views import SubjectView
from fettled.core.errors import NotFoundError
from fettled.core.permissions import Permission
from fettled.core.tickets import Entry, Ticket
from fettled.ports import TicketFilter
from fettled.web import csv_text
from fettled.web.answers_files import ExportAnswer
from fettled.web.api.attachments import attachment_json, disposition
from fettled.web.api.comments import comment_json
from fettled.web.api.ticket_filters import TicketFilters, which_tickets
from fettled.web.pdf_process import PDF, make_pdf
from fettled.web.routes import Answer, Call, RouteTable
from fettled.web.shapes import action_json, entry_json, ticket_json, time_json
from fettled.web.shapes_catalogue import attached_json

routes = RouteTable()
T = TypeVar("T")

#: One thread for all that is written out, and by `Call.turn` one page at a time that is read
#: or written: with more of them the loop waits its turn behind each, and thirty lists at once
#: would hold up whoever asks for our health.
_ASIDE = ThreadPoolExecutor(1, thread_name_prefix="export")

_TICKET = "/api/v1/tickets/{ref}"
_CSV = "text/csv; charset=utf-8; header=present"
#: A page of the list; each is one question to the store, behind which other readers wait.
_PAGE = 200
#: Entries of a timeline that go into a PDF; a multiple of the pages they are read in.
MOST_LAID_OUT = 2_000
#: Columns of the list, by the place of each in a ticket's JSON.
_COLUMNS = (
    *("number", "reference", "title", "kind", "source", "status", "priority", "level"),
    *("subject.key", "check", "team", "assignee", "reporter"),
    *("created_at", "updated_at", "occurred_at", "recovered_at", "resolved_at", "closed_at"),
    *("resolution.code", "resolution.summary", "resolution.by.name"),
    *("reopen_count", "flap_count", "escalation_level", "previous", "merged_into", "labels"),
    *("uuid", "description"),
    *("severity", "impact", "urgency", "category", "ownership", "region", "project"),
    *("application", "service_interrupted", "shift", "supplier", "responded_at"),
    *("sla.response.due_at", "sla.response.outcome"),
    *("sla.resolution.due_at", "sla.resolution.outcome"),
    "deduplication_key",
)
_ENTRY_COLUMNS = ("seq", "at", "event", "actor_type", "actor", "text", "data")
#: What an entry says in words, wherever it keeps them.
_WORDS = ("body", "summary", "reason", "name")


@routes.route(
    "GET",
    "/api/v1/tickets.csv",
    permission=Permission.TICKET_VIEW,
    query=TicketFilters,
    media="text/csv",
)
async def export_list(call: Call) -> Answer:
    """Give the tickets that a filter chooses as CSV, the newest first."""
    return _download("tickets.csv", _CSV, _list_csv(call, await which_tickets(call)))


@routes.route("GET", f"{_TICKET}/export.csv", permission=Permission.TICKET_VIEW, media="text/csv")
async def export_timeline(call: Call) -> Answer:
    """Give a ticket's timeline as CSV."""
    dossier = await call.services.exports.gather(call.path["ref"], call.principal)
    name = f"{dossier.ticket.reference}.csv"
    return _download(name, _CSV, _timeline_csv(call, dossier.ticket))


@routes.route(
    "GET", f"{_TICKET}/export.json", permission=Permission.TICKET_VIEW, answer=ExportAnswer
)
async def export_json(call: Call) -> Answer:
    """Give a ticket with everything about it as JSON."""
    dossier = await call.services.exports.gather(call.path["ref"], call.principal)
    name = f"{dossier.ticket.reference}.json"
    return _download(name, "application/json", _whole_json(call, dossier))


@routes.route("GET", f"{_TICKET}/export.pdf", permission=Permission.TICKET_VIEW, media=PDF)
async def export_pdf(call: Call) -> Answer:
    """Give a ticket's history as PDF, for people to read and to keep."""
    dossier = await call.services.exports.gather(call.path["ref"], call.principal)
    exported_at = call.services.exports.now()
    pdf = make_pdf(_for_pdf(call, dossier, exported_at))
    return _download(f"{dossier.ticket.reference}.pdf", PDF, pdf)


async def _aside(write: Callable[[T], bytes], what: T) -> bytes:
    return await asyncio.get_running_loop().run_in_executor(_ASIDE, write, what)


def _download(name: str, content_type: str, stream: AsyncGenerator[bytes, None]) -> Answer:
    headers = {"Content-Disposition": disposition(name)}
    return Answer(headers=headers, content_type=content_type, stream=stream)


async def _list_csv(call: Call, which: TicketFilter) -> AsyncGenerator[bytes, None]:
    before: int | None = None
    yield csv_text.line(_COLUMNS).encode()
    while True:
        async with call.turn:
            found = await call.services.tickets.list(which, before, _PAGE)
            if not found:
                return
            piece = await _aside(_ticket_lines, found)
        yield piece
        before = found[-1].number


def _ticket_lines(tickets: list[Ticket]) -> bytes:
    # Of its subject a line has the key alone, which the ticket knows.
    shaped = (ticket_json(each, None) for each in tickets)
    rows = ([_at(each, place) for place in _COLUMNS] for each in shaped)
    return "".join(map(csv_text.line, rows)).encode()


def _at(shaped: dict[str, Any], place: str) -> object:
    value: Any = shaped
    for name in place.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


async def _timeline_csv(call: Call, ticket: Ticket) -> AsyncGenerator[bytes, None]:
    yield csv_text.line(_ENTRY_COLUMNS).encode()
    async for piece in _timeline(call, ticket, _entry_lines):
        yield piece


def _entry_lines(piece: list[Entry]) -> bytes:
    return "".join(map(csv_text.line, map(_entry_row, piece))).encode()


def _entry_row(entry: Entry) -> list[object]:
    words = next((entry.data[name] for name in _WORDS if entry.data.get(name)), "")
    rest = {name: value for name, value in entry.data.items() if value is not words}
    at, actor = time_json(entry.at), entry.actor
    return [entry.seq, at, entry.event, actor.type, actor.name, words, rest]


async def _whole_json(call: Call, dossier: Dossier) -> AsyncGenerator[bytes, None]:
    """Write one object, whose long lists come last, piece by piece."""
    ticket = dossier.ticket
    yield orjson.dumps(_head(call, dossier))[:-1] + b',"comments":['
    separator = b""
    async for piece in _timeline(call, ticket, _comments):
        yield separator + piece
        separator = b","
    separator = b""
    yield b'],"timeline":['
    async for piece in _timeline(call, ticket, _entries):
        yield separator + piece
        separator = b","
    yield b"]}"


async def _for_pdf(
    call: Call, dossier: Dossier, exported_at: datetime
) -> AsyncGenerator[bytes, None]:
    """Write what is laid out: bounded, since all of it is held there."""
    head = _head(call, dossier) | {
        "exported_at": time_json(exported_at),
        "exported_by": call.principal.name,
        "left_out": max(dossier.ticket.last_seq - MOST_LAID_OUT, 0),
    }
    yield orjson.dumps(head)[:-1] + b',"timeline":['
    separator = b""
    async for piece in _timeline(call, dossier.ticket, _entries, MOST_LAID_OUT):
        yield separator + piece
        separator = b","
    yield b"]}"


def _head(call: Call, dossier: Dossier) -> dict[str, Any]:
    ticket = dossier.ticket
    shown = ticket_json(ticket, _subject(call, ticket), dossier.members)
    return {
        "ticket": shown | attached_json(dossier.links, None),
        "attachments": [attachment_json(each) for each in dossier.attachments],
        "actions": [action_json(call.services.receivers.held(each)) for each in dossier.actions],
    }


def _entries(piece: list[Entry]) -> bytes:
    return orjson.dumps([entry_json(each) for each in piece])[1:-1]


def _comments(piece: list[Entry]) -> bytes:
    said = [comment_json(each) for each in piece if each.event == "comment_added"]
    return orjson.dumps(said)[1:-1]


async def _timeline(
    call: Call,
    ticket: Ticket,
    write: Callable[[list[Entry]], bytes],
    most: int | None = None,
) -> AsyncGenerator[bytes]:
    """Yield what *write* makes of the timeline; no piece of it is empty."""
    after, is_first = 0, True
    while is_first or (after and (most is None or after < most)):
        is_first = False
        async with call.turn:
            found, after = await call.services.exports.entries(ticket, after, call.principal)
            piece = await _aside(write, found)
        if piece:
            yield piece


def _subject(call: Call, ticket: Ticket) -> SubjectView | None:
    if ticket.subject is None:
        return None
    try:
        return call.services.subjects.get(ticket.subject)
    except NotFoundError:
        return None
