"""
Puts the route table to work: the order in which a request is judged, and its errors.

Known and not too large, then who is calling, then whether they may, then query and
body, and only then the use case. Every way out is a response of `fettled.web.problems`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

import structlog
from aiohttp import web

from fettled.core.errors import FettledError
from fettled.core.permissions import Principal
from fettled.web import ops
from fettled.web.api import (
    admin,
    alerts,
    attachments,
    audit,
    catalogue,
    changes,
    comments,
    docs,
    events,
    explain,
    exports,
    maintenances,
    people,
    receivers,
    signed_links,
    silences,
    stats,
    subjects,
    tickets,
    tokens,
    workflows,
)
from fettled.web.attempts import FailedTries
from fettled.web.auth import NOBODY, count_miss, identify
from fettled.web.control import identify_peer, is_control
from fettled.web.dialects import equipment, team_incidents
from fettled.web.gate import Gate
from fettled.web.keys import SERVICES, Feed, Services
from fettled.web.listening import expect_continue
from fettled.web.paths import shown_path
from fettled.web.problems import (
    Fault,
    Problem,
    make_response,
    problem_of,
    render_problem,
    unexpected,
)
from fettled.web.reading import refuse_large, take_query
from fettled.web.routes import Call, Proven, Route
from fettled.web.sending import send_stream
from fettled.web.uploads import SLOTS, Slots, Upload
from fettled.web.working import Reading, read_call, work

REQUEST_SERVED = "http.request_served"
REQUEST_FAILED = "http.request_failed"

#: Every route there is. The API's description is made from this, too.
ROUTES: tuple[Route, ...] = (
    *ops.routes,
    *tickets.routes,
    *comments.routes,
    *attachments.routes,
    *exports.routes,
    *stats.routes,
    *workflows.routes,
    *subjects.routes,
    *alerts.routes,
    *explain.routes,
    *silences.routes,
    *catalogue.routes,
    *maintenances.routes,
    *changes.routes,
    *people.routes,
    *receivers.routes,
    *admin.routes,
    *equipment.routes,
    *team_incidents.routes,
    *tokens.routes,
    *audit.routes,
    *events.routes,
    *docs.routes,
    *signed_links.routes,
)

#: A reference has a digit. So /tickets/adopt is never a ticket's address, and another method
#: there is 405.
_REF = r"{ref:[^{}/]*[0-9][^{}/]*}"

_TURN = web.AppKey("turn", asyncio.Lock)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(services: Services, routes: Iterable[Route] = ROUTES) -> web.Application:
    """Make the application that serves *routes* by calling *services*."""
    app = web.Application(middlewares=[_answer_errors])
    app[SERVICES] = services
    app[SLOTS] = Slots()
    app[_TURN] = asyncio.Lock()
    if (feed := services.feed) is not None:
        # Before we wait for requests in work: a stream would not end by itself.
        app.on_shutdown.append(partial(_close, feed))
    table, settings = tuple(routes), services.settings()
    tries, gate = FailedTries(tries=settings.failed_tries), Gate.of(settings)
    for route in table:
        for path in route.paths:
            serve = partial(_serve, route, table, services, tries, gate)
            methods = ("GET", "HEAD") if route.method == "GET" else (route.method,)
            for method in methods:
                app.router.add_route(
                    method, path.replace("{ref}", _REF), serve, expect_handler=expect_continue
                )
    return app


async def _close(feed: Feed, _app: web.Application) -> None:
    feed.close()


async def _serve(  # noqa: PLR0917 - bound by position, so that a route is one value
    route: Route,
    table: tuple[Route, ...],
    services: Services,
    tries: FailedTries,
    gate: Gate,
    request: web.Request,
) -> web.StreamResponse:
    if route.switched is not None and not route.switched(services.settings()):
        raise web.HTTPNotFound
    refuse_large(request, route.max_body)
    with gate.address(route, request):
        reading = Reading(route, request)
        proven = await _admit(route, services, tries, request, reading)
        gate.token(route, request)
        query = take_query(route.query, request.query)
        raw, body = await read_call(reading)
        call = Call(
            services=services,
            principal=proven.principal,
            path=request.match_info,
            target=request.rel_url.raw_path,
            query=query,
            body=body,
            headers=request.headers,
            upload=Upload(request) if route.takes_files else None,
            table=table,
            renew=partial(_recognise, route, services, tries, request, reading),
            miss=partial(count_miss, request, tries),
            turn=request.app[_TURN],
            message=proven.message,
        )
        rendered = await work(route, call, request, raw)
    if rendered.stream is not None:
        return await send_stream(request, rendered, rendered.stream)
    return make_response(rendered.status, rendered.body, rendered.content_type, rendered.headers)


async def _admit(
    route: Route,
    services: Services,
    tries: FailedTries,
    request: web.Request,
    reading: Reading,
) -> Proven:
    needed = route.needs(services.settings())
    proven = None
    if is_control(request):
        proven = Proven(identify_peer(request, services.directory))
    elif needed is None:
        return Proven(NOBODY)
    elif route.proof is not None:
        path, headers = request.match_info, request.headers
        proven = await route.proof(services, path, headers, reading.body)
    if proven is None:
        proven = Proven(await identify(request, services.tokens, tries, services.directory))
    if needed is not None and needed not in proven.principal.permissions:
        raise Problem(403, f"your token does not hold the permission {needed}")
    return proven


async def _recognise(
    route: Route,
    services: Services,
    tries: FailedTries,
    request: web.Request,
    reading: Reading,
) -> Principal:
    return (await _admit(route, services, tries, request, reading)).principal


@web.middleware
async def _answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    began = time.perf_counter()
    try:
        response = await handler(request)
    except Problem as problem:
        response = render_problem(problem)
    except web.HTTPException as error:
        response = render_problem(_of_router(error))
    except FettledError as error:
        response = render_problem(problem_of(error) or _log_failure(request, error))
    except Exception as error:  # the last line before the client
        if isinstance(error, ConnectionError) and _is_gone(request):
            raise  # nobody is there to answer, and nothing of ours went wrong
        response = render_problem(_log_failure(request, error))
    structlog.get_logger().debug(
        REQUEST_SERVED,
        method=request.method,
        path=shown_path(request.path),
        status=response.status,
        took=round(time.perf_counter() - began, 6),
    )
    return response


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _log_failure(request: web.Request, error: Exception) -> Problem:
    structlog.get_logger().error(
        REQUEST_FAILED, method=request.method, path=shown_path(request.path), exc_info=error
    )
    return unexpected()


def _of_router(error: web.HTTPException) -> Problem:
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return Problem(
            405,
            f"{error.method} is not possible here; {allowed} is",
            [Fault("method", f"must be one of {allowed}")],
            headers={"Allow": allowed},
        )
    if isinstance(error, web.HTTPNotFound):
        return Problem(404, "there is nothing at this address; /docs lists what there is")
    return Problem(error.status, error.reason)
