"""`/api/v1/audit`: what people, and the configuration, have done; see `fettled.core.audit`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from fettled.core.audit import exact_time
from fettled.core.errors import InvalidError
from fettled.core.permissions import Permission
from fettled.core.references import NUMBER, REFERENCE, parse_reference
from fettled.ports import AuditFilter, Input
from fettled.web.answers import Page
from fettled.web.answers_work import AuditAnswer
from fettled.web.paging import Paged, page, read_number_cursor
from fettled.web.reading import Line
from fettled.web.routes import Answer, Call, RouteTable
from fettled.web.saying import Said
from fettled.web.since import Since, time_of

routes = RouteTable()

#: More values of one filter than anybody types.
_MOST = 50
_Names = Annotated[
    frozenset[Annotated[Line, Field(min_length=1, max_length=100)]], Field(max_length=_MOST)
]


class AuditQuery(Paged):
    """Which rows: by whom, what was done, to which ticket, and when."""

    actor: _Names = frozenset()
    kind: _Names = frozenset()
    ticket: Annotated[Line, Field(max_length=40), Said(f"^({NUMBER}|{REFERENCE})$")] | None = None
    since: Since | None = None
    until: Since | None = None


@routes.route(
    "GET",
    "/api/v1/audit",
    permission=Permission.AUDIT_VIEW,
    query=AuditQuery,
    answer=Page[AuditAnswer],
)
async def list_audit(call: Call) -> Answer:
    """List what was done by people and to the configuration, over all tickets, newest first."""
    query: AuditQuery = call.query
    now = call.services.wall()
    which = AuditFilter(
        actor=query.actor,
        kind=query.kind,
        about=None if query.ticket is None else _about(query.ticket),
        since=None if query.since is None else time_of(query.since, now),
        until=None if query.until is None else time_of(query.until, now),
    )
    before = read_number_cursor(query.cursor)
    found = await call.services.audit.list(which, before, query.limit + 1)
    return page(call, found, query.limit, audit_json, lambda row: str(row.position))


def _about(ref: str) -> str:
    named = parse_reference(ref)
    if named is None:
        msg = "must be a ticket's number or reference, such as 42 or INC-20261121-000042"
        raise InvalidError(msg, "ticket")
    # A deleted ticket is listed too, so the day of a reference cannot be held against it.
    return f"ticket:{named.number}"


def audit_json(row: Input) -> dict[str, Any]:
    """Write a row; whoever has them all can verify the chain."""
    return {
        "position": row.position,
        "at": exact_time(row.at),
        "actor": {"type": row.actor_type, "name": row.actor},
        "kind": row.kind,
        "object": row.about or None,
        "data": row.data,
        "hash": row.hash,
    }
