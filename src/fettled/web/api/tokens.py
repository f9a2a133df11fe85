"""`/api/v1/tokens`: who may talk to the daemon; made, listed without their secrets, revoked."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

from fettled.app.tokens import USER
from fettled.core.durations import parse_duration
from fettled.core.errors import InvalidError, NotFoundError
from fettled.core.permissions import Permission, Role
from fettled.core.scopes import ALIASES, permission_of
from fettled.ports import Token
from fettled.web.answers import NewTokenAnswer, Page, TokenAnswer
from fettled.web.paging import Paged, bad_cursor, page, read_cursor
from fettled.web.reading import Duration, Text
from fettled.web.routes import Answer, Call, Model, RouteTable
from fettled.web.saying import Said, saying
from fettled.web.shapes import time_json

routes = RouteTable()

_ID = re.compile(r"[0-9a-f]{12}")
#: More names than there are permissions and aliases.
_MOST_NAMES = 40


#: Which names there are is in the description; what is none is told in words of our own.
_Permission = Annotated[
    Text,
    Field(max_length=40, json_schema_extra={"enum": [*map(str, Permission), *ALIASES]}),
    AfterValidator(permission_of),
]


class TokenBody(Model):
    """Whose token, as what, how far it goes, and for how long."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {"user": "pipeline", "role": "reporter", "scope": ["ticket.create"], "expires": "90d"},
            {"user": "ann"},
        )
    )

    user: Annotated[str, Field(max_length=64), Said(f"^{USER}$")]
    role: Role | None = None
    expires: Duration | None = None
    scope: (
        Annotated[
            list[_Permission],
            Field(min_length=1, max_length=_MOST_NAMES),
        ]
        | None
    ) = None


@routes.route(
    "GET", "/api/v1/tokens", permission=Permission.ADMIN, query=Paged, answer=Page[TokenAnswer]
)
async def list_tokens(call: Call) -> Answer:
    """List tokens by id, without what proves them; a revoked one is in the audit log alone."""
    query: Paged = call.query
    after = read_cursor(query.cursor) or ""
    if after and not _ID.fullmatch(after):
        raise bad_cursor()
    found = await call.services.tokens.list(after, query.limit + 1)
    return page(call, found, query.limit, token_json, lambda token: token.id)


@routes.route(
    "POST",
    "/api/v1/tokens",
    permission=Permission.ADMIN,
    body=TokenBody,
    status=201,
    answer=NewTokenAnswer,
    tells_secret=True,
)
async def create_token(call: Call) -> Answer:
    """Make a token; its text is told here and never again."""
    body: TokenBody = call.body
    try:
        expires = None if body.expires is None else parse_duration(body.expires)
    except ValueError as error:
        raise InvalidError(str(error), "expires") from None
    scope = None if body.scope is None else frozenset(map(Permission, body.scope))
    by = call.principal.actor
    new = await call.services.tokens.create(body.user, body.role, expires, scope, by)
    return Answer({"token": new.text, **token_json(new.token)})


@routes.route("DELETE", "/api/v1/tokens/{id}", permission=Permission.ADMIN, status=204)
async def revoke_token(call: Call) -> Answer:
    """Revoke a token: it is refused from now on."""
    ident = call.path["id"]
    if not _ID.fullmatch(ident):
        msg = "there is no such token"
        raise NotFoundError(msg)
    await call.services.tokens.revoke(ident, call.principal.actor)
    return Answer()


def token_json(token: Token) -> dict[str, Any]:
    """Write a token, without its digest."""
    return {
        "id": token.id,
        "user": token.user,
        "role": token.role,
        "scope": None if token.scope is None else list(token.scope),
        "created_at": time_json(token.created_at),
        "expires_at": time_json(token.expires_at),
    }
