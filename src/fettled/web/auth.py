"""
Who is calling: by bearer token over TCP, by the kernel's word over the control socket.

What a caller may do is looked up in `fettled.core.permissions`; which route needs what
is declared in the route table. Failed tries are limited here.
"""

from __future__ import annotations

import math

import structlog
from aiohttp import web

from fettled.app.tokens import Tokens, token_id
from fettled.core.permissions import Principal
from fettled.core.tickets import SYSTEM, Actor
from fettled.ports import Directory
from fettled.web.attempts import FailedTries, address_key
from fettled.web.problems import Fault, Problem

REFUSED = "token.refused"

CHALLENGE = 'Bearer realm="fettled"'
_NO_TOKEN = "this needs a token: send Authorization: Bearer ftl_..."  # noqa: S105 - no token at all
_BAD_TOKEN = "the token is unknown, wrong or expired"  # noqa: S105 - no token at all


NOBODY = Principal("", SYSTEM, frozenset())


async def identify(
    request: web.Request, tokens: Tokens, tries: FailedTries, people: Directory
) -> Principal:
    """
    Recognise the bearer of *request*'s token; *people* tells their teams and shifts.

    A token that proved itself lately is never held up by others' failures from the same
    address (a proxy, a NAT): whoever works goes on working.

    Raises:
        Problem: 401 without a good token, 429 after too many failures.
        StoreDownError: the token cannot be looked up now.
    """
    presented = _presented(request)
    keys = [address_key(request.remote or "")]
    if ident := token_id(presented):
        keys.append(f"token:{ident}")
    wait = tries.wait(*keys)
    if wait and not tokens.remembers(presented):
        raise _too_many(wait)
    token = await tokens.authenticate(presented)
    if token is None:
        tries.failed(*keys)
        structlog.get_logger().warning(REFUSED, token_id=ident, address=request.remote)
        challenge = f'{CHALLENGE}, error="invalid_token"'
        raise Problem(401, _BAD_TOKEN, headers={"WWW-Authenticate": challenge})
    return Principal(
        token.user,
        Actor("token", token.user),
        tokens.permissions(token),
        people.teams_of(token.user),
        people.shifts_of(token.user),
    )


def count_miss(request: web.Request, tries: FailedTries) -> None:
    """
    Count that somebody proved nothing by an address that is a proof itself.

    Asked only of what is no proof: whoever has one is never held up.

    Raises:
        Problem: 429 after too many.
    """
    key = address_key(request.remote or "")
    if wait := tries.wait(key):
        raise _too_many(wait)
    tries.failed(key)


def _too_many(wait: float) -> Problem:
    return Problem(
        429,
        "too many failed tries: wait before trying again",
        headers={"Retry-After": str(math.ceil(wait))},
    )


def _presented(request: web.Request) -> str:
    given = request.headers.getall("Authorization", [])
    if not given:
        raise Problem(401, _NO_TOKEN, headers={"WWW-Authenticate": CHALLENGE})
    if len(given) > 1:
        detail = "is given more than once"
        raise Problem(400, f"Authorization {detail}", [Fault("Authorization", detail)])
    scheme, _, presented = given[0].partition(" ")
    if scheme.lower() != "bearer":
        raise Problem(401, _NO_TOKEN, headers={"WWW-Authenticate": CHALLENGE})
    return presented.strip()
