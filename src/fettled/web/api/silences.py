"""`/api/v1/silences` and `/api/v1/maintenance-windows`: list, show, make and end them."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from fettled.app.silences import Wanted, place_of
from fettled.app.views import QuietState, QuietView
from fettled.core.durations import format_duration, parse_duration
from fettled.core.errors import InvalidError, NotFoundError
from fettled.core.permissions import Permission
from fettled.core.quiet import Recurrence, Scope
from fettled.core.words import Gate
from fettled.ports import QUIET_WORDS
from fettled.web.answers import Page, SilenceAnswer, WindowAnswer
from fettled.web.paging import Paged, page, read_cursor
from fettled.web.reading import Duration, Line, Selector, Text, Time
from fettled.web.routes import Answer, Call, Model, RouteTable
from fettled.web.saying import given, in_days, none_of, one_of, saying
from fettled.web.shapes import time_json

routes = RouteTable()

_ID = re.compile(r"[a-z0-9-]{1,40}")
_SILENCES = "/api/v1/silences"
_WINDOWS = "/api/v1/maintenance-windows"

_Key = Annotated[Line, Field(min_length=1, max_length=200)]


class StatesQuery(Paged):
    """Which to list, by how they stand."""

    state: frozenset[QuietState] = frozenset({"active", "upcoming"})


class SilenceBody(Model):
    """Whom to silence, until when, and why."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {"selector": {"site": "oslo"}, "ends_at": in_days(2), "reason": "The painters are in."},
            {
                "subject": "door-1",
                "scope": "subtree",
                "starts_at": in_days(2),
                "ends_at": in_days(3),
                "reason": "The painters are in.",
            },
            rules=[one_of("subject", "selector")],
        )
    )

    subject: _Key | None = None
    selector: Selector | None = None
    scope: Scope | None = None
    starts_at: Time | None = None
    ends_at: Time
    reason: Annotated[Text, Field(min_length=1, max_length=500)]


class WindowBody(Model):
    """Whom work is done on, when, and why; once, or again and again."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {
                "selector": {"site": "oslo"},
                "starts_at": in_days(2),
                "ends_at": in_days(3),
                "reason": "A new switch.",
            },
            {
                "subject": "door-1",
                "cron": "0 3 * * sun",
                "duration": "2h",
                "zone": "Europe/Oslo",
                "reason": "Updates.",
            },
            rules=[
                one_of("subject", "selector"),
                {
                    "anyOf": [
                        {"allOf": [given("ends_at"), none_of("cron", "duration", "zone")]},
                        {"allOf": [given("cron", "duration"), none_of("starts_at", "ends_at")]},
                    ]
                },
            ],
        )
    )

    subject: _Key | None = None
    selector: Selector | None = None
    scope: Scope | None = None
    starts_at: Time | None = None
    ends_at: Time | None = None
    cron: Annotated[Line, Field(min_length=1, max_length=200)] | None = None
    duration: Duration | None = None
    zone: Annotated[Line, Field(min_length=1, max_length=100)] | None = None
    reason: Annotated[Text, Field(min_length=1, max_length=500)]


@routes.route(
    "GET",
    _SILENCES,
    permission=Permission.SUBJECT_VIEW,
    query=StatesQuery,
    answer=Page[SilenceAnswer],
)
async def list_silences(call: Call) -> Answer:
    """List silences, the newest first; by default those that are not over."""
    return _list(call, Gate.SILENCE)


@routes.route(
    "GET",
    _WINDOWS,
    permission=Permission.SUBJECT_VIEW,
    query=StatesQuery,
    answer=Page[WindowAnswer],
)
async def list_windows(call: Call) -> Answer:
    """List maintenance windows, the newest first; by default those that are not over."""
    return _list(call, Gate.MAINTENANCE_WINDOW)


@routes.route(
    "POST",
    _SILENCES,
    permission=Permission.SILENCE_MANAGE,
    body=SilenceBody,
    status=201,
    answer=SilenceAnswer,
)
async def create_silence(call: Call) -> Answer:
    """Silence a subject, or all that have certain labels."""
    body: SilenceBody = call.body
    return await _create(call, _wanted(Gate.SILENCE, body, None))


@routes.route(
    "POST",
    _WINDOWS,
    permission=Permission.SILENCE_MANAGE,
    body=WindowBody,
    status=201,
    answer=WindowAnswer,
)
async def create_window(call: Call) -> Answer:
    """Announce work, once or again and again."""
    body: WindowBody = call.body
    return await _create(call, _wanted(Gate.MAINTENANCE_WINDOW, body, _recurrence(body)))


@routes.route("GET", _SILENCES + "/{id}", permission=Permission.SUBJECT_VIEW, answer=SilenceAnswer)
async def show_silence(call: Call) -> Answer:
    """Show one silence."""
    return _show(call, Gate.SILENCE)


@routes.route("GET", _WINDOWS + "/{id}", permission=Permission.SUBJECT_VIEW, answer=WindowAnswer)
async def show_window(call: Call) -> Answer:
    """Show one maintenance window."""
    return _show(call, Gate.MAINTENANCE_WINDOW)


@routes.route("DELETE", _SILENCES + "/{id}", permission=Permission.SILENCE_MANAGE, status=204)
async def end_silence(call: Call) -> Answer:
    """End a silence now; one that is over stays as it is."""
    return await _end(call, Gate.SILENCE)


@routes.route("DELETE", _WINDOWS + "/{id}", permission=Permission.SILENCE_MANAGE, status=204)
async def end_window(call: Call) -> Answer:
    """End a maintenance window now, for good; one that is over stays as it is."""
    return await _end(call, Gate.MAINTENANCE_WINDOW)


def _list(call: Call, gate: Gate) -> Answer:
    query: StatesQuery = call.query
    before = read_cursor(query.cursor)
    found = call.services.silences.list(gate, query.state, before, query.limit + 1)
    return page(call, found, query.limit, quiet_json, lambda view: place_of(view.spec))


def _show(call: Call, gate: Gate) -> Answer:
    return Answer(quiet_json(call.services.silences.get(gate, _ident(call, gate))))


async def _create(call: Call, wanted: Wanted) -> Answer:
    view = await call.services.silences.add(wanted, call.principal.name)
    path = _SILENCES if wanted.gate is Gate.SILENCE else _WINDOWS
    return Answer(quiet_json(view), {"Location": f"{path}/{view.spec.id}"})


async def _end(call: Call, gate: Gate) -> Answer:
    await call.services.silences.end(gate, _ident(call, gate), call.principal.name)
    return Answer()


def _ident(call: Call, gate: Gate) -> str:
    ident = call.path["id"]
    if not _ID.fullmatch(ident):
        msg = f"there is no such {QUIET_WORDS[gate]}"
        raise NotFoundError(msg)
    return ident


def _wanted(gate: Gate, body: SilenceBody | WindowBody, recurrence: Recurrence | None) -> Wanted:
    return Wanted(
        gate=gate,
        reason=body.reason,
        subject=body.subject,
        selector=body.selector or {},
        scope=body.scope,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        recurrence=recurrence,
    )


def _recurrence(body: WindowBody) -> Recurrence | None:
    """Read when a window recurs; what it needs is asked for, what it cannot have is refused."""
    if body.cron is None:
        for field in ("duration", "zone"):
            if getattr(body, field) is not None:
                msg = "belongs to cron, which is not given"
                raise InvalidError(msg, field)
        return None
    if body.duration is None:
        msg = "is required beside cron"
        raise InvalidError(msg, "duration")
    try:
        duration = parse_duration(body.duration)
    except ValueError as error:
        raise InvalidError(str(error), "duration") from None
    return Recurrence(body.cron, duration, "UTC" if body.zone is None else body.zone)


def quiet_json(view: QuietView) -> dict[str, Any]:
    """Write a silence or maintenance window; windows have some fields more."""
    spec, recurrence = view.spec, view.spec.recurrence
    shown = {
        "id": spec.id,
        "subject": spec.subject,
        "selector": spec.selector or None,
        "scope": spec.scope,
        "state": view.state,
        "starts_at": time_json(view.starts_at),
        "ends_at": time_json(view.ends_at),
        "reason": spec.reason,
        "author": spec.author or None,
        "matches": view.matches,
        "notes": list(view.notes),
        "file": view.source,
        "created_at": time_json(spec.created_at),
        "ended_at": time_json(spec.ended_at),
    }
    if spec.gate is Gate.SILENCE:
        return shown
    return shown | {
        "name": spec.name or None,
        "cron": None if recurrence is None else recurrence.cron,
        "duration": None if recurrence is None else format_duration(recurrence.duration),
        "zone": None if recurrence is None else recurrence.zone,
    }
