"""`/api/v1/tickets/{ref}/comments`: what people wrote, without the rest of the timeline."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from fettled.app.callers import Caller
from fettled.core.actions import Comment
from fettled.core.permissions import Permission
from fettled.core.tickets import Entry
from fettled.web.answers import Page
from fettled.web.answers_files import CommentAnswer
from fettled.web.api.ticket_bodies import Body
from fettled.web.markdown import render
from fettled.web.paging import MOST, Limit, Paged, page, read_number_cursor
from fettled.web.reading import read_if_match
from fettled.web.routes import Answer, Call, Model, RouteTable
from fettled.web.saying import saying
from fettled.web.shapes import actor_json, time_json

routes = RouteTable()

_BOOLEANS = {"true": True, "false": False}

Flag = Annotated[bool, BeforeValidator(lambda given: _BOOLEANS.get(given, given))]


class CommentsQuery(Paged):
    """Up to 200 come at once; *html* has each rendered, too."""

    limit: Limit = MOST
    html: Annotated[Flag, Field(strict=True)] = False


class NewComment(Model):
    """A note in markdown."""

    model_config = ConfigDict(
        json_schema_extra=saying({"body": "Asked the *janitor*.", "visibility": "internal"})
    )

    body: Body
    visibility: Literal["public", "internal"] = "public"


@routes.route(
    "GET",
    "/api/v1/tickets/{ref}/comments",
    permission=Permission.TICKET_VIEW,
    query=CommentsQuery,
    answer=Page[CommentAnswer],
)
async def list_comments(call: Call) -> Answer:
    """List a ticket's comments, the oldest first; internal ones to those who may see them."""
    query: CommentsQuery = call.query
    after = read_number_cursor(query.cursor) or 0
    found = await call.services.comments.list(
        call.path["ref"], call.principal, after, query.limit + 1
    )
    html: dict[int, str] = {}
    if query.html:
        shown = found[: query.limit]
        html = await asyncio.to_thread(lambda: {each.seq: _html(each) for each in shown})

    def shape(entry: Entry) -> dict[str, Any]:
        return comment_json(entry) | ({"html": html[entry.seq]} if query.html else {})

    return page(call, found, query.limit, shape, lambda entry: str(entry.seq))


@routes.route(
    "POST",
    "/api/v1/tickets/{ref}/comments",
    permission=Permission.TICKET_VIEW,
    body=NewComment,
    status=201,
    answer=CommentAnswer,
    if_match=True,
)
async def add_comment(call: Call) -> Answer:
    """Comment on a ticket; the same as the action."""
    body: NewComment = call.body
    comment = Comment(body.body, body.visibility)
    who = call.principal
    caller = Caller(who.actor, who, read_if_match(call.headers))
    after = await call.services.tickets.act(call.path["ref"], comment, caller)
    entry = await call.services.comments.made(after, comment, who.actor)
    return Answer(comment_json(entry), {"ETag": f'"{after.version}"'})


def comment_json(entry: Entry) -> dict[str, Any]:
    """Write a comment; its id is its place on the timeline."""
    return {
        "id": entry.seq,
        "body": entry.data.get("body", ""),
        "visibility": entry.data.get("visibility", "public"),
        "author": actor_json(entry.actor),
        "at": time_json(entry.at),
    }


def _html(entry: Entry) -> str:
    return render(str(entry.data.get("body", "")))
