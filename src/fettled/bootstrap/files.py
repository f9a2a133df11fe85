"""The desks for comments, attachments, exports and searches, as the web is given them."""

from __future__ import annotations

from typing import TypedDict

from fettled.app.attachments import AttachmentDesk
from fettled.app.comments import Comments
from fettled.app.exports import Exports
from fettled.app.memory import Memory
from fettled.app.searching import Searching
from fettled.ports import Clock, DeskStore, EventSink


class FileDesks(TypedDict):
    """Fields of `fettled.web.keys.Services`."""

    comments: Comments
    attachments: AttachmentDesk
    exports: Exports
    searching: Searching


def file_desks(store: DeskStore, clock: Clock, memory: Memory, sink: EventSink) -> FileDesks:
    """Make them."""
    return FileDesks(
        comments=Comments(store),
        attachments=AttachmentDesk(store, clock, memory, sink),
        exports=Exports(store, clock),
        searching=Searching(store),
    )
