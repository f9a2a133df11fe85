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

import orjson
import structlog
from aiohttp import web

from fettled.core.errors import FettledError
from fettled.core.permissions import Principal
from fettled.web import ops
from fettled.web.api import (
    admin,
    attachments,
    catalogue,
    changes,
    comments,
    explain,
    exports,
    maintenances,
    people,
    silences,
    subjects,
    tickets,
)
from fettled.web.attempts import FailedTries
from fettled.web.auth import NOBODY, identify
from fettled.web.control import identify_peer, is_control
from fettled.web.keys import SERVICES, Services
from fettled.web.listening import Connection, expect_continue
from fettled.web.problems import (
    Fault,
    Problem,
    make_response,
    problem_of,
    render_problem,
    unexpected,
)
from fettled.web.reading import MAX_BODY, read_json, refuse_large, take_body, take_query
from fettled.web.routes import Answer, Call, Route
from fettled.web.sending import send_stream
from fettled.web.uploads import MOST_UPLOADED, SLOTS, UPLOAD_SECONDS, Slots, Upload

REQUEST_SERVED = "http.request_served"
REQUEST_FAILED = "http.request_failed"

#: Every route there is. The API's description is made from this, too.
ROUTES: tuple[Route, ...] = (
    *ops.routes,
    *tickets.routes,
    *comments.routes,
    *attachments.routes,
    *exports.routes,
    *subjects.routes,
    *explain.routes,
    *silences.routes,
    *catalogue.routes,
    *maintenances.routes,
    *changes.routes,
    *people.routes,
    *admin.routes,
)

#: Longer than reading the largest configuration takes, shorter than a caller's patience.
_CALL_SECONDS = 30.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(services: Services, routes: Iterable[Route] = ROUTES) -> web.Application:
    """Make the application that serves *routes* by calling *services*."""
    app = web.Application(middlewares=[_answer_errors])
    app[SERVICES] = services
    app[SLOTS] = Slots()
    tries = FailedTries()
    for route in routes:
        for path in route.paths:
            serve = partial(_serve, route, services, tries)
            methods = ("GET", "HEAD") if route.method == "GET" else (route.method,)
            for method in methods:
                app.router.add_route(method, path, serve, expect_handler=expect_continue)
    return app


async def _serve(
    route: Route, services: Services, tries: FailedTries, request: web.Request
) -> web.StreamResponse:
    refuse_large(request, MOST_UPLOADED if route.takes_files else MAX_BODY)
    principal = await _admit(route, services, tries, request)
    query = take_query(route.query, request)
    body = None
    if route.body is not None:
        lacks = route.may_lack_body and not request.body_exists
        body = take_body(route.body, {} if lacks else await read_json(request))
    call = Call(
        services=services,
        principal=principal,
        path=request.match_info,
        target=request.rel_url.raw_path,
        query=query,
        body=body,
        headers=request.headers,
        upload=Upload(request) if route.takes_files else None,
    )
    connection = request.protocol
    if isinstance(connection, Connection):
        connection.working = True
    try:
        answer = await _bounded(route, call)
        status = answer.status or route.status
        if answer.stream is not None:
            return await send_stream(request, status, answer)
        return await _respond(status, answer)
    finally:
        if isinstance(connection, Connection):
            connection.working = False


async def _bounded(route: Route, call: Call) -> Answer:
    # What is read from a slow line takes longer than what is asked of the store.
    try:
        async with asyncio.timeout(_CALL_SECONDS + UPLOAD_SECONDS * route.takes_files):
            return await route.handler(call)
    except TimeoutError:
        detail = "this took too long; whether it was done is not known"
        raise Problem(503, detail, headers={"Retry-After": "30"}) from None


async def _admit(
    route: Route, services: Services, tries: FailedTries, request: web.Request
) -> Principal:
    needed = route.needs(services.settings())
    if is_control(request):
        principal = identify_peer(request, services.directory)
    elif needed is None:
        return NOBODY
    else:
        principal = await identify(request, services.tokens, tries, services.directory)
    if needed is not None and needed not in principal.permissions:
        raise Problem(403, f"your token does not hold the permission {needed}")
    return principal


async def _respond(status: int, answer: Answer) -> web.StreamResponse:
    if answer.chunks is not None:
        body = b"".join([chunk async for chunk in answer.chunks])
    elif answer.data is not None:
        body = orjson.dumps(answer.data)
    else:
        body = b""
    return make_response(status, body, answer.content_type, answer.headers)


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
        path=request.path,
        status=response.status,
        took=round(time.perf_counter() - began, 6),
    )
    return response


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _log_failure(request: web.Request, error: Exception) -> Problem:
    structlog.get_logger().error(
        REQUEST_FAILED, method=request.method, path=request.path, exc_info=error
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
        return Problem(404, "there is nothing at this address")
    return Problem(error.status, error.reason)
