"""`/api/v1/tickets/{ref}/attachments`: files, taken and given back byte for byte."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import quote

from fettled.core.attachments import TEXT, Attachment
from fettled.core.errors import NotFoundError
from fettled.core.permissions import Permission
from fettled.web.answers import Page
from fettled.web.answers_files import AttachmentAnswer
from fettled.web.keys import AttachmentDesk
from fettled.web.routes import Answer, Call, RouteTable
from fettled.web.shapes import actor_json, time_json

routes = RouteTable()

_IDENT = re.compile(r"[1-9][0-9]{0,17}")
_PATH = "/api/v1/tickets/{ref}/attachments"
#: Whatever a browser takes the bytes for, it saves them, and runs nothing of them.
_AS_DOWNLOAD = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@routes.route("GET", _PATH, permission=Permission.TICKET_VIEW, answer=Page[AttachmentAnswer])
async def list_attachments(call: Call) -> Answer:
    """List a ticket's files, in the order in which they came."""
    found = await call.services.attachments.list(call.path["ref"], call.principal)
    return Answer({"items": [attachment_json(each) for each in found], "next": None})


@routes.route(
    "POST",
    _PATH,
    permission=Permission.TICKET_VIEW,
    status=201,
    takes_files=True,
    answer=Page[AttachmentAnswer],
    may_exist=True,
)
async def add_attachments(call: Call) -> Answer:
    """Attach files to a ticket; those that are there already are not kept twice."""
    assert call.upload is not None  # noqa: S101 - the route says that it takes files
    desk = call.services.attachments
    await desk.expect(call.path["ref"], call.principal)
    async with call.upload.files() as files:
        given = [(each.name, each.content) for each in files]
        found = await desk.add(call.path["ref"], call.principal, given)
    items = [attachment_json(each) for each in found]
    return Answer({"items": items, "next": None})


@routes.route("GET", f"{_PATH}/{{id}}", permission=Permission.TICKET_VIEW, media="*/*")
async def download_attachment(call: Call) -> Answer:
    """Give a file back, to be saved and never shown."""
    desk = call.services.attachments
    one = await desk.get(call.path["ref"], call.principal, _ident(call))
    media_type = f"{TEXT}; charset=utf-8" if one.media_type == TEXT else one.media_type
    return Answer(
        headers={**_AS_DOWNLOAD, "Content-Disposition": disposition(one.name)},
        content_type=media_type,
        stream=_pieces(desk, one.id),
        length=one.size,
    )


@routes.route("DELETE", f"{_PATH}/{{id}}", permission=Permission.TICKET_VIEW, status=204)
async def remove_attachment(call: Call) -> Answer:
    """Remove a file; its content is gone, and the timeline tells that it was there."""
    await call.services.attachments.remove(call.path["ref"], call.principal, _ident(call))
    return Answer()


def attachment_json(one: Attachment) -> dict[str, Any]:
    """Write what is known of a file."""
    return {
        "id": one.id,
        "name": one.name,
        "media_type": one.media_type,
        "size": one.size,
        "sha256": one.sha256,
        "by": actor_json(one.by),
        "at": time_json(one.at),
    }


def disposition(name: str) -> str:
    """Say "save this as *name*", after RFC 6266; old clients get the ASCII of it."""
    plain = re.sub(r"[^A-Za-z0-9 ._-]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


async def _pieces(desk: AttachmentDesk, ident: int) -> AsyncGenerator[bytes, None]:
    n = 0
    while (piece := await desk.piece(ident, n)) is not None:
        yield piece
        n += 1


def _ident(call: Call) -> int:
    if not _IDENT.fullmatch(call.path["id"]):
        msg = "there is no such attachment"
        raise NotFoundError(msg)
    return int(call.path["id"])
