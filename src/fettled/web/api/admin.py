"""`/api/v1/reload` and `/api/v1/config`: what administrators do to the daemon."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from fettled.core.permissions import Permission
from fettled.web.answers import NotesAnswer
from fettled.web.routes import Answer, Call, Model, RouteTable
from fettled.web.saying import saying

routes = RouteTable()


class ReloadBody(Model):
    """Whether what is gone is gone, however much it is."""

    model_config = ConfigDict(json_schema_extra=saying({"force": False}))

    force: Annotated[bool, Field(strict=True)] = False


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
    return Answer({"notes": await call.services.reload(force=body.force, by=call.principal.actor)})


@routes.route("GET", "/api/v1/config", permission=Permission.ADMIN, answer=dict[str, Any])
async def show_configuration(call: Call) -> Answer:
    """Show the configuration in force, with every default and without any secret."""
    return Answer(await call.services.config())
