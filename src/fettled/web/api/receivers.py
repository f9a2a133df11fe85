"""`/api/v1/receivers` and `/api/v1/dead-letters`: who is told, and what never arrived."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field

from fettled.app.receivers import LONGEST_TEST, ReceiverView, Tested
from fettled.core.errors import InvalidError, NotFoundError
from fettled.core.permissions import Permission
from fettled.core.references import NUMBER, REFERENCE, parse_reference
from fettled.ports import Letter, Settled
from fettled.web.answers import Page
from fettled.web.answers_receivers import (
    DeadLetterAnswer,
    ReceiverAnswer,
    ResentAnswer,
    TestedAnswer,
)
from fettled.web.paging import Paged, page, read_cursor, read_number_cursor
from fettled.web.reading import Line
from fettled.web.routes import Answer, Call, RouteTable
from fettled.web.saying import Said
from fettled.web.shapes import time_json

routes = RouteTable()

_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
#: A sample may take its whole deadline, and then there is an answer to be written.
_TEST_SECONDS = LONGEST_TEST.total_seconds() + 10.0


class LettersQuery(Paged):
    """Which dead letters: of whom, about which ticket."""

    receiver: Annotated[Line, Field(min_length=1, max_length=200)] | None = None
    ticket: Annotated[Line, Field(max_length=40), Said(f"^({NUMBER}|{REFERENCE})$")] | None = None


@routes.route(
    "GET",
    "/api/v1/receivers",
    permission=Permission.RECEIVER_MANAGE,
    query=Paged,
    answer=Page[ReceiverAnswer],
)
async def list_receivers(call: Call) -> Answer:
    """List receivers by name: what each listens to, what it is owed, and how it went last."""
    query: Paged = call.query
    after = read_cursor(query.cursor) or ""
    found = await call.services.receivers.list(after, query.limit + 1)
    return page(call, found, query.limit, receiver_json, lambda view: view.receiver.name)


@routes.route(
    "GET",
    "/api/v1/receivers/{name}",
    permission=Permission.RECEIVER_MANAGE,
    answer=ReceiverAnswer,
)
async def show_receiver(call: Call) -> Answer:
    """Show one receiver, without its address and its secrets."""
    return Answer(receiver_json(await call.services.receivers.get(call.path["name"])))


@routes.route(
    "POST",
    "/api/v1/receivers/{name}/test",
    permission=Permission.RECEIVER_MANAGE,
    answer=TestedAnswer,
    seconds=_TEST_SECONDS,
)
async def test_receiver(call: Call) -> Answer:
    """Send a receiver a sample, `fettled.test`, and say what came back; no ticket is touched."""
    name, by = call.path["name"], call.principal.actor
    return Answer(tested_json(await call.services.receivers.test(name, by)))


@routes.route(
    "POST",
    "/api/v1/receivers/{name}/enable",
    permission=Permission.RECEIVER_MANAGE,
    answer=ReceiverAnswer,
)
async def enable_receiver(call: Call) -> Answer:
    """Tell a receiver again that wanted nothing any more (410); what it missed is not sent."""
    name, by = call.path["name"], call.principal.actor
    return Answer(receiver_json(await call.services.receivers.enable(name, by)))


@routes.route(
    "POST",
    "/api/v1/receivers/{name}/resend",
    permission=Permission.RECEIVER_MANAGE,
    answer=ResentAnswer,
)
async def resend_to_receiver(call: Call) -> Answer:
    """Send all dead letters of a receiver again, the oldest first."""
    name, by = call.path["name"], call.principal.actor
    return Answer({"resent": await call.services.receivers.resend_all(name, by)})


@routes.route(
    "GET",
    "/api/v1/dead-letters",
    permission=Permission.RECEIVER_MANAGE,
    query=LettersQuery,
    answer=Page[DeadLetterAnswer],
)
async def list_dead_letters(call: Call) -> Answer:
    """List events that receivers were never told, the newest first; kept for 30 days."""
    query: LettersQuery = call.query
    before = read_number_cursor(query.cursor)
    ticket = None if query.ticket is None else _ticket(query.ticket)
    found = await call.services.receivers.letters(query.receiver, ticket, before, query.limit + 1)
    return page(call, found, query.limit, letter_json, lambda letter: str(letter.number))


@routes.route(
    "POST",
    "/api/v1/dead-letters/{number}/resend",
    permission=Permission.RECEIVER_MANAGE,
    answer=ResentAnswer,
)
async def resend_dead_letter(call: Call) -> Answer:
    """Send one again, with all its tries and under its id."""
    given = call.path["number"]
    if not _NUMBER.fullmatch(given):
        msg = "there is no such dead letter"
        raise NotFoundError(msg)
    await call.services.receivers.resend(int(given), call.principal.actor)
    return Answer({"resent": 1})


def _ticket(ref: str) -> int:
    named = parse_reference(ref)
    if named is None:
        msg = "must be a ticket's number or reference, such as 42 or INC-20261121-000042"
        raise InvalidError(msg, "ticket")
    return named.number


def receiver_json(view: ReceiverView) -> dict[str, Any]:
    """Write a receiver; where it is, and what proves us to it, is not known here."""
    receiver, wanted = view.receiver, view.receiver.filter
    backlog, disabled = view.backlog, view.disabled
    return {
        "name": receiver.name,
        "type": receiver.type,
        "events": list(wanted.events),
        "kinds": list(wanted.kinds),
        "priorities": sorted(wanted.priorities),
        "sources": sorted(wanted.sources),
        "teams": sorted(wanted.teams),
        "labels": dict(wanted.labels),
        "sla": sorted(wanted.sla),
        "fallback": receiver.fallback,
        "disabled_at": None if disabled is None else time_json(disabled.disabled_at),
        "disabled_reason": None if disabled is None else disabled.reason,
        "pending": 0 if backlog is None else backlog.pending,
        "oldest_at": None if backlog is None else time_json(backlog.oldest_at),
        "next_at": time_json(view.next_at),
        "held_by": view.held_by,
        "late": view.is_late,
        "dead_letters": view.dead_letters,
        "last": view.last and _last_json(view.last),
    }


def _last_json(last: Settled) -> dict[str, Any]:
    return {
        "at": time_json(last.at),
        "event": last.event,
        "delivered": last.is_delivered,
        "reason": last.reason,
        "detail": last.detail,
        "status": last.status,
    }


def tested_json(tested: Tested) -> dict[str, Any]:
    """Write what came of a sample."""
    return {
        "receiver": tested.receiver,
        "id": tested.id,
        "delivered": tested.tried.is_delivered,
        "reason": tested.tried.reason,
        "detail": tested.tried.detail,
        "status": tested.tried.status,
        "seconds": round(tested.seconds, 3),
    }


def letter_json(letter: Letter) -> dict[str, Any]:
    """Write a dead letter."""
    return {
        "number": letter.number,
        "receiver": letter.receiver,
        "ticket": letter.ticket,
        "event": letter.event,
        "id": letter.id,
        "at": time_json(letter.at),
        "failed_at": time_json(letter.failed_at),
        "tries": letter.tries,
        "reason": letter.data.get("reason") or "",
        "detail": letter.data.get("detail") or "",
        "status": letter.data.get("status"),
    }
