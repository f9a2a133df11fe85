"""`/api/v1/changes`: markers of what was changed in the world, for the tickets it concerns."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field

from fettled.app.changes import WantedChange
from fettled.core.changes import ChangeMarker
from fettled.core.permissions import Permission
from fettled.ports import ChangeFilter
from fettled.web.answers import Page
from fettled.web.answers_catalogue import ChangeAnswer
from fettled.web.api.catalogue import Name, trimmed
from fettled.web.paging import Paged, bad_cursor, page, read_cursor
from fettled.web.reading import FilledLine, Line, Selector, Time
from fettled.web.routes import Answer, Call, Model, RouteTable
from fettled.web.saying import Said, in_days, one_of, saying
from fettled.web.shapes_catalogue import change_json
from fettled.web.since import Since, time_of

routes = RouteTable()

_PATH = "/api/v1/changes"
_LONGEST_URL = 2_000
_PLACE = re.compile(r"(\S{20,40})/([0-9]{1,18})")


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        # What a page makes a link of must lead to a page: no javascript: and the like.
        is_right = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_right = False
    if not is_right or any(char <= " " for char in text):
        msg = "must be an address that begins with https:// or http://"
        raise ValueError(msg)
    return text


_Url = Annotated[
    str,
    Field(max_length=_LONGEST_URL),
    AfterValidator(_web_address),
    Said(r"^https?://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,4})?([/?#][^\x00-\x20]*)?$"),
]


class ChangesQuery(Paged):
    """Filters; each that is a set may be repeated, or list several values by commas."""

    subject: frozenset[Name] = frozenset()
    application: frozenset[Name] = frozenset()
    source: frozenset[Name] = frozenset()
    since: Since | None = None
    until: Since | None = None


class ChangeBody(Model):
    """What was changed, of whom, and when."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {
                "title": "Firmware 2.1",
                "selector": {"site": "oslo"},
                "at": in_days(-1),
                "url": "https://ci.example.org/1",
                "source": "ci",
            },
            {"title": "Firmware 2.1", "subject": "door-1"},
            rules=[one_of("subject", "application", "selector")],
        )
    )

    title: Annotated[FilledLine, Field(min_length=1, max_length=200), AfterValidator(trimmed)]
    subject: Name | None = None
    application: Name | None = None
    selector: Selector | None = None
    at: Time | None = None
    url: _Url | None = None
    source: Annotated[Line, Field(max_length=200)] = ""


@routes.route(
    "GET", _PATH, permission=Permission.SUBJECT_VIEW, query=ChangesQuery, answer=Page[ChangeAnswer]
)
async def list_changes(call: Call) -> Answer:
    """List changes, the newest first."""
    query: ChangesQuery = call.query
    now = call.services.wall()
    which = ChangeFilter(
        subject=query.subject,
        application=query.application,
        source=query.source,
        since=None if query.since is None else time_of(query.since, now),
        until=None if query.until is None else time_of(query.until, now),
    )
    before = _read_place(query.cursor)
    found = await call.services.catalogue.changes.list(which, before, query.limit + 1)
    return page(call, found, query.limit, change_json, _place)


@routes.route(
    "POST",
    _PATH,
    permission=Permission.MAINTENANCE_MANAGE,
    body=ChangeBody,
    status=201,
    answer=ChangeAnswer,
)
async def create_change(call: Call) -> Answer:
    """Tell of a change; it is shown on the tickets that it concerns."""
    body: ChangeBody = call.body
    wanted = WantedChange(
        title=body.title,
        subject=body.subject,
        application=body.application,
        selector=body.selector or {},
        at=body.at,
        url=body.url,
        source=body.source.strip(),
    )
    made = await call.services.catalogue.changes.add(wanted, call.principal)
    return Answer(change_json(made))


def _place(marker: ChangeMarker) -> str:
    return f"{marker.at.isoformat()}/{marker.id}"


def _read_place(cursor: str | None) -> tuple[datetime, int] | None:
    place = read_cursor(cursor)
    if place is None:
        return None
    match = _PLACE.fullmatch(place)
    try:
        at = datetime.fromisoformat(match[1]) if match else None
    except ValueError:
        at = None
    if match is None or at is None or at.tzinfo is None:
        raise bad_cursor()
    return at, int(match[2])
