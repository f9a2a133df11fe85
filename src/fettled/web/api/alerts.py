"""`/api/v1/alerts`: alarms from outside are taken in, and their sources listed."""

from __future__ import annotations

from bisect import bisect_right
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, RootModel

from fettled.core.alarm_intake import Line, Received
from fettled.core.alarms import SourceView, State
from fettled.core.errors import NotFoundError
from fettled.core.permissions import Permission
from fettled.web.answers import Page
from fettled.web.answers_alarms import AlertsAnswer, SourceAnswer
from fettled.web.keys_alarms import AlarmDesk
from fettled.web.paging import Paged, page, read_cursor
from fettled.web.problems import Fault, Problem
from fettled.web.routes import Answer, Call, RouteTable
from fettled.web.saying import saying
from fettled.web.shapes import time_json
from fettled.web.sources import prove_source

routes = RouteTable()

#: Lines of an answer; senders read none, and people who try few.
MOST_LINES = 100
_EXAMPLE = {
    "version": "4",
    "groupKey": '{}:{alertname="DiskFull"}',
    "status": "firing",
    "receiver": "fettled",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "DiskFull", "instance": "web-1", "severity": "critical"},
            "annotations": {"summary": "The disk of web-1 is full"},
            "startsAt": "2026-11-21T08:30:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "fingerprint": "c4b8c2a1d0e9f7a6",
        }
    ],
}


def _object_or_list(value: object) -> object:
    if not isinstance(value, dict | list):
        msg = "must be a JSON object, or a list of alarms"
        raise ValueError(msg)  # noqa: TRY004 - pydantic reports ValueError as a fault
    return value


_Body = Annotated[dict[str, Any] | list[Any], BeforeValidator(_object_or_list)]


class PushBody(RootModel[_Body]):
    """What the source's format says; how it is read is the configuration's."""

    model_config = ConfigDict(frozen=True, json_schema_extra=saying(_EXAMPLE))


@routes.route(
    "POST",
    "/api/v1/alerts/{source}",
    permission=Permission.ALERT_PUSH,
    body=PushBody,
    answer=AlertsAnswer,
    proof=prove_source,
)
async def push_alerts(call: Call) -> Answer:
    """Take in alarms of a source; answered once they are kept, and a message only once."""
    body: PushBody = call.body
    received = await _desk(call).push(call.path["source"], body.root, call.message)
    if received.refused:
        raise _refused(received)
    return Answer(received_json(received))


def _refused(received: Received) -> Problem:
    """Say which of them were not taken, and of the others that they were."""
    faults = list(received.faults)
    faults += dict.fromkeys(line.because for line in received.lines if line.is_refused)
    told = received.refused + len(received.lines) - sum(line.is_refused for line in received.lines)
    detail = f"{_how_many(received, told)}: {faults[0]}"
    return Problem(422, detail, [Fault(*_split(fault)) for fault in faults])


def _how_many(received: Received, told: int) -> str:
    refused, taken = received.refused, received.taken
    if refused == told:
        return "the alarm was not taken" if told == 1 else f"none of {told} alarms was taken"
    said = f"{refused} of {told} alarms {'was' if refused == 1 else 'were'} not taken"
    if refused + taken < told:
        return said  # of the rest some are ignored
    return f"{said}, the {'other was' if taken == 1 else 'others were'}"


def _split(fault: str) -> tuple[str, str]:
    field, colon, detail = fault.partition(": ")
    return (field, detail) if colon else ("", fault)


@routes.route(
    "GET",
    "/api/v1/alerts",
    permission=Permission.SUBJECT_VIEW,
    query=Paged,
    answer=Page[SourceAnswer],
)
async def list_sources(call: Call) -> Answer:
    """List the sources of alarms by name, with how many of theirs fire."""
    query: Paged = call.query
    after = read_cursor(query.cursor)
    views = _desk(call).views()
    names = [view.source.name for view in views]
    start = 0 if after is None else bisect_right(names, after)
    found = views[start : start + query.limit + 1]
    return page(call, found, query.limit, source_json, lambda view: view.source.name)


def _desk(call: Call) -> AlarmDesk:
    desk = call.services.alarms
    if desk is None:
        msg = "there are no sources of alarms here"
        raise NotFoundError(msg)
    return desk


def received_json(received: Received) -> dict[str, Any]:
    """Write what became of a push."""
    return {
        "source": received.source,
        "taken": received.taken,
        "ignored": received.ignored,
        "because": received.because,
        "alarms": [line_json(line) for line in received.lines[:MOST_LINES]],
    }


def line_json(line: Line) -> dict[str, Any]:
    """Write what became of one alarm."""
    return {
        "alarm": line.alarm,
        "status": "firing" if line.is_firing else "resolved",
        "check": line.check,
        "rule": line.rule,
        "subject": line.subject,
        "wanted": line.wanted,
        "because": line.because,
    }


def source_json(view: SourceView) -> dict[str, Any]:
    """Write a source; never by what it proves itself."""
    source = view.source
    return {
        "name": source.name,
        "format": source.form,
        "subject": source.own,
        "rules": [rule.name for rule in source.rules],
        "firing": view.counts.get(State.FIRING, 0),
        "unsure": view.counts.get(State.UNSURE, 0),
        "resolved": view.counts.get(State.RESOLVED, 0),
        "max_alarms": source.most,
        "heard_at": None if view.heard_at is None else time_json(view.heard_at),
    }
