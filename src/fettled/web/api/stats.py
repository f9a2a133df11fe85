"""`/api/v1/stats`: what the tickets of a stretch of time add up to."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from fettled.core.errors import InvalidError
from fettled.core.permissions import Permission
from fettled.core.sla_values import Outcome
from fettled.core.statistics import Lengths
from fettled.core.words import Priority
from fettled.ports.search import StatsFilter
from fettled.web.answers_work import StatsAnswer
from fettled.web.api.ticket_bodies import Name
from fettled.web.api.ticket_filters import Some, refuse_unknown
from fettled.web.routes import Answer, Call, Model, RouteTable
from fettled.web.shapes import time_json
from fettled.web.since import Since, time_of

routes = RouteTable()

_USUAL = timedelta(days=30)
_MOST = timedelta(days=3_660)


class StatsQuery(Model):
    """From when until when (30 days until now), and which tickets."""

    since: Since | None = None
    until: Since | None = None
    team: Some[Name] = frozenset()
    priority: Some[Priority] = frozenset()
    kind: Some[Name] = frozenset()


@routes.route(
    "GET",
    "/api/v1/stats",
    permission=Permission.TICKET_VIEW_ANY,
    query=StatsQuery,
    answer=StatsAnswer,
)
async def show_stats(call: Call) -> Answer:
    """Add up the tickets of a stretch of time: how soon answered, how soon over."""
    query: StatsQuery = call.query
    now = call.services.wall()
    until = now if query.until is None else time_of(query.until, now)
    since = until - _USUAL if query.since is None else time_of(query.since, now)
    if not timedelta() < until - since <= _MOST:
        msg = "must lie before `until`, and at most ten years before"
        raise InvalidError(msg, "since")
    await refuse_unknown(call, {"team": query.team})
    which = StatsFilter(since, until, query.team, frozenset(map(str, query.priority)), query.kind)
    sums = await call.services.searching.stats(which)
    return Answer(
        {
            "since": time_json(since),
            "until": time_json(until),
            "opened": sums.opened,
            "resolved": sums.resolved,
            "reopened": sums.reopened,
            "mtta": _lengths(sums.to_answer),
            "mttr": _lengths(sums.to_repair),
            "sla": {"response": _outcomes(sums.response), "resolution": _outcomes(sums.resolution)},
            "false_alarms": {
                "count": sums.false_alarms,
                "share": sums.false_alarms / sums.resolved if sums.resolved else None,
            },
            "recurring": [
                {
                    "subject": each.subject,
                    "tickets": each.tickets,
                    "reopened": each.reopened,
                    "last": each.last,
                }
                for each in sums.recurring
            ],
            "truncated": sums.is_cut,
        }
    )


def _lengths(found: Lengths) -> dict[str, Any]:
    return {"count": found.count, "mean": found.mean, "median": found.median, "p90": found.p90}


def _outcomes(found: Counter[str]) -> dict[str, Any]:
    told: dict[str, Any] = {outcome.value: found[outcome.value] for outcome in Outcome}
    kept = found[Outcome.MET.value] + found[Outcome.MISSED.value]
    return told | {"compliance": found[Outcome.MET.value] / kept if kept else None}
