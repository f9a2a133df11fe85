"""`/api/v1/subjects/{key}/explain` and `/api/v1/account`: why it is so, and where time went."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field

from fettled.app.account import AccountPage
from fettled.app.explain import Explained
from fettled.core.account import Account
from fettled.core.alarms import is_alarm
from fettled.core.explain import Blind, Evidence, Explanation, Run, Stands
from fettled.core.holding import Held
from fettled.core.permissions import Permission, Principal, sees
from fettled.core.prospects import Coming, Missing, Relapse
from fettled.core.spans import Span
from fettled.web.answers import Page, SpanAnswer
from fettled.web.api.subjects import known_form
from fettled.web.paging import Paged, bad_cursor, page, read_cursor, write_cursor
from fettled.web.reading import Line
from fettled.web.routes import Answer, Call, RouteTable
from fettled.web.shapes import time_json
from fettled.web.since import Back, length_of

routes = RouteTable()

_ORDER = re.compile(r"([0-9]{1,18})/([0-9]{1,18})")


class AccountQuery(Paged):
    """How far back; which checks."""

    since: Back = "24h"


class HistoryQuery(AccountQuery):
    """Of which check (the primary one), and how far back."""

    check: Annotated[Line, Field(min_length=1, max_length=200)] | None = None


@routes.route(
    "GET",
    "/api/v1/subjects/{key}/explain",
    permission=Permission.SUBJECT_VIEW,
    answer=dict[str, Any],
)
async def explain_subject(call: Call) -> Answer:
    """Explain why a subject is as it is, or an alarm, by the key of its check."""
    key = call.path["key"]
    if not is_alarm(key):
        key = known_form(key, "subject")
    made = await call.services.explainer.explain(key, call.principal)
    return Answer(explained_json(made, call.principal))


@routes.route(
    "GET",
    "/api/v1/subjects/{key}/history",
    permission=Permission.SUBJECT_VIEW,
    query=HistoryQuery,
    answer=Page[SpanAnswer],
)
async def subject_history(call: Call) -> Answer:
    """List what was seen of a check, stretch by stretch, the oldest first."""
    query: HistoryQuery = call.query
    found = await call.services.histories.of(
        known_form(call.path["key"], "subject"),
        query.check,
        length_of(query.since, call.services.wall()),
        _read_order(query.cursor),
        query.limit + 1,
    )
    return page(call, found, query.limit, span_json, lambda span: "/".join(map(str, span.order)))


def span_json(span: Span) -> dict[str, Any]:
    """Write a stretch."""
    return {
        "check": span.check,
        "verdict": span.verdict,
        "reason": span.reason,
        "message": span.message,
        "from": time_json(span.first),
        "to": time_json(span.last),
        "count": span.count,
    }


def _read_order(cursor: str | None) -> tuple[int, int] | None:
    place = read_cursor(cursor)
    if place is None:
        return None
    match = _ORDER.fullmatch(place)
    if match is None:
        raise bad_cursor()
    return int(match[1]), int(match[2])


@routes.route(
    "GET",
    "/api/v1/account",
    permission=Permission.SUBJECT_VIEW,
    query=AccountQuery,
    answer=dict[str, Any],
)
async def account(call: Call) -> Answer:
    """Account for all down time, some checks at a time."""
    query: AccountQuery = call.query
    after = read_cursor(query.cursor)
    back = length_of(query.since, call.services.wall())
    made = await call.services.accounts.page(back, after, query.limit)
    return Answer(account_json(made))


def account_json(made: AccountPage) -> dict[str, Any]:
    """Write a page of the account; seconds by place, and what nothing accounts for."""
    return {
        "since": time_json(made.since),
        "until": time_json(made.until),
        "checks": made.checks,
        "items": [_account(each) for each in made.accounts],
        "next": write_cursor(made.next) if made.next is not None else None,
    }


def _account(made: Account) -> dict[str, Any]:
    return {
        "check": made.check,
        "seconds": {
            place.value: time.total_seconds() for place, time in sorted(made.spent.items())
        },
        "unmapped": [
            {"from": time_json(gap.since), "to": time_json(gap.until)} for gap in made.unmapped
        ],
    }


def explained_json(made: Explained, who: Principal) -> dict[str, Any]:
    """Write the explanations of a subject's checks for *who* may see them."""
    return {
        "subject": made.subject,
        "name": made.name,
        "at": time_json(made.at),
        "checks": [_check(each, who) for each in made.checks],
    }


def _check(made: Explanation, who: Principal) -> dict[str, Any]:
    return {
        "check": made.check,
        "summary": made.summary,
        "phase": made.phase,
        "since": time_json(made.since),
        "unknown": _blind(made.blind),
        "evidence": [_evidence(each) for each in made.evidence],
        "run": _run(made.run),
        "missing": _missing(made.missing),
        "gates": [_gate(each) for each in made.gates],
        "ticket": _ticket(made.stands, who),
        "coming": [_coming(each) for each in made.coming],
        "relapse": _relapse(made.relapse),
        "waiting": made.waiting,
        "unaccounted": made.is_unaccounted,
    }


def _blind(blind: Blind | None) -> dict[str, Any] | None:
    if blind is None:
        return None
    return {"reason": blind.reason, "message": blind.message, "since": time_json(blind.since)}


def _evidence(seen: Evidence) -> dict[str, Any]:
    return {
        "verdict": seen.verdict,
        "reason": seen.reason,
        "message": seen.message,
        "from": time_json(seen.since),
        "to": time_json(seen.until),
        "count": seen.count,
    }


def _run(run: Run | None) -> dict[str, Any] | None:
    if run is None:
        return None
    side = "up" if run.is_up else "not_up"
    return {"side": side, "from": time_json(run.since), "count": run.count}


def _missing(need: Missing) -> dict[str, Any]:
    return {
        "phase": need.phase,
        "seconds": need.seconds,
        "looks": need.looks,
        "at": time_json(need.at),
    }


def _gate(held: Held) -> dict[str, Any]:
    return {
        "gate": held.gate,
        "until": time_json(held.until),
        "because": held.because,
        "names": held.names,
        "lifted": held.is_over,
    }


def _ticket(stands: Stands | None, who: Principal) -> dict[str, Any] | None:
    if stands is None:
        return None
    ticket = stands.ticket
    # That there is one is the subject's matter; what people wrote is for those who see it.
    is_seen = sees(who, ticket)
    return {
        "number": ticket.number,
        "reference": ticket.reference,
        "title": ticket.title if is_seen else None,
        "status": ticket.status if is_seen else None,
        "own": stands.is_own,
        "line": stands.line,
        "member_count": stands.members,
        "done_count": stands.done,
    }


def _coming(each: Coming) -> dict[str, Any]:
    return {"what": each.what, "at": time_json(each.at)}


def _relapse(relapse: Relapse) -> dict[str, Any]:
    return {
        "would": relapse.would,
        "rule": relapse.rule,
        "because": relapse.because,
        "ticket": relapse.ticket,
        "until": time_json(relapse.until),
    }
