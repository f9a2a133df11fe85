"""What is answered about comments, attachments and exports; see `fettled.web.answers`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from fettled.core.holds import HeldBy
from fettled.web.answers import ActorAnswer, EntryAnswer, Shape, TicketAnswer


class CommentAnswer(Shape):
    """A comment; `html` only where it was asked for."""

    id: int
    body: str
    visibility: Literal["public", "internal"]
    author: ActorAnswer
    at: datetime
    html: str = ""


class AttachmentAnswer(Shape):
    """A file that hangs on a ticket."""

    id: int
    name: str
    media_type: str
    size: int
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    by: ActorAnswer
    at: datetime


class ActionAnswer(Shape):
    """
    Something that was done for a ticket; of a delivery, also of which event, and when next.

    What holds a delivery until `due_at`, if more than a pause does, is `held_by`; `behind` is
    the event of the same ticket that its receiver is to be told first.
    """

    id: str
    type: str
    target: str
    event: str | None
    seq: int | None
    outcome: str
    tries: int
    at: datetime
    due_at: datetime | None
    held_by: HeldBy | None
    behind: str | None
    done_at: datetime | None
    data: dict[str, Any]


class ExportAnswer(Shape):
    """A ticket with everything about it."""

    ticket: TicketAnswer
    attachments: list[AttachmentAnswer]
    actions: list[ActionAnswer]
    comments: list[CommentAnswer]
    timeline: list[EntryAnswer]
