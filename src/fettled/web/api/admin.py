"""`/api/v1/reload` and `/api/v1/tokens`: what administrators do to the daemon."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fettled.core.durations import parse_duration
from fettled.core.errors import InvalidError
from fettled.core.permissions import Permission, Role
from fettled.web.answers import NotesAnswer, TokenAnswer
from fettled.web.reading import Text
from fettled.web.routes import Answer, Call, Model, RouteTable
from fettled.web.shapes import time_json

routes = RouteTable()


class ReloadBody(Model):
    """Whether what is gone is gone, however much it is."""

    force: Annotated[bool, Field(strict=True)] = False


class TokenBody(Model):
    """Whose token, as what, and for how long."""

    user: Annotated[Text, Field(max_length=64)]
    role: Role | None = None
    expires: Annotated[Text, Field(max_length=40)] | None = None


@routes.route(
    "POST",
    "/api/v1/reload",
    permission=Permission.CONFIG_RELOAD,
    body=ReloadBody,
    may_lack_body=True,
    answer=NotesAnswer,
)
async def reload_configuration(call: Call) -> Answer:
    """Read the configuration again; a bad one changes nothing."""
    body: ReloadBody = call.body
    return Answer({"notes": await call.services.reload(force=body.force)})


@routes.route(
    "POST",
    "/api/v1/tokens",
    permission=Permission.ADMIN,
    body=TokenBody,
    status=201,
    answer=TokenAnswer,
    tells_secret=True,
)
async def create_token(call: Call) -> Answer:
    """Make a token; its text is told here and never again."""
    body: TokenBody = call.body
    try:
        expires = None if body.expires is None else parse_duration(body.expires)
    except ValueError as error:
        raise InvalidError(str(error), "expires") from None
    new = await call.services.tokens.create(body.user, body.role, expires)
    return Answer(
        {
            "token": new.text,
            "id": new.token.id,
            "user": new.token.user,
            "role": new.token.role,
            "created_at": time_json(new.token.created_at),
            "expires_at": time_json(new.token.expires_at),
        }
    )
