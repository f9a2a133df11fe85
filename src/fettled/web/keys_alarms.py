"""What the web needs of alarms from outside: a protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from fettled.core.alarm_intake import Received
from fettled.core.alarms import Message, Source, SourceView


class AlarmDesk(Protocol):
    """Alarms from outside; see `fettled.app.alarms`."""

    @property
    def sources(self) -> Mapping[str, Source]:
        """Who sends them, by name."""
        ...

    async def push(self, name: str, body: object, message: Message | None = None) -> Received:
        """
        Take in what a source sends, unless its *message* was taken before.

        Raises:
            NotFoundError, InvalidError: there is no such source; its body is none of its own.
            ConflictError: the same message was met before, and some of it was refused.
        """
        ...

    def views(self) -> list[SourceView]:
        """The sources as they stand, by name."""
        ...
