"""`/api/v1/subjects` and `/api/v1/heartbeats`: what is watched, and what reports itself."""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import attrgetter

from fettled.core.errors import NotFoundError
from fettled.core.permissions import Permission
from fettled.web.answers import Page, SubjectAnswer
from fettled.web.paging import Paged, page, read_cursor
from fettled.web.routes import Answer, Call, RouteTable
from fettled.web.shapes import subject_json

routes = RouteTable()

_KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,199}(/[a-z0-9][a-z0-9._-]{0,199})?")


@routes.route(
    "GET",
    "/api/v1/subjects",
    permission=Permission.SUBJECT_VIEW,
    query=Paged,
    answer=Page[SubjectAnswer],
)
async def list_subjects(call: Call) -> Answer:
    """List subjects by key."""
    query: Paged = call.query
    after = read_cursor(query.cursor)
    views = sorted(call.services.subjects.all(), key=attrgetter("key"))
    start = 0 if after is None else bisect_right(views, after, key=attrgetter("key"))
    found = views[start : start + query.limit + 1]
    return page(call, found, query.limit, subject_json, attrgetter("key"))


@routes.route(
    "GET", "/api/v1/subjects/{key}", permission=Permission.SUBJECT_VIEW, answer=SubjectAnswer
)
async def show_subject(call: Call) -> Answer:
    """Show one subject with its checks."""
    return Answer(subject_json(call.services.subjects.get(known_form(call.path["key"], "subject"))))


@routes.route(
    "POST",
    "/api/v1/heartbeats/{subject}",
    "/api/v1/heartbeats/{subject}/{check}",
    permission=Permission.HEARTBEAT_PUSH,
    status=204,
)
async def push_heartbeat(call: Call) -> Answer:
    """Take a beat of a heartbeat check; a body is not read."""
    key = "/".join(call.path.values())
    await call.services.heartbeats.beat(known_form(key, "heartbeat check"))
    return Answer()


def known_form(key: str, what: str) -> str:
    """Give *key* if it could be one; NotFoundError otherwise."""
    if not _KEY.fullmatch(key):
        msg = f"there is no such {what}"
        raise NotFoundError(msg)
    return key
