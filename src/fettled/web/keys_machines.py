"""What the web needs for machines: beats that they push, and metrics that they read; see `keys`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol


class Heartbeats(Protocol):
    """What devices and jobs push."""

    async def beat(self, key: str) -> None:
        """Take a beat for `subject` or `subject/check`; NotFoundError if there is none."""
        ...


class Exposition(Protocol):
    """The metrics, rendered in chunks that let the event loop run between them."""

    @property
    def content_type(self) -> str:
        """The form that was chosen."""
        ...

    @property
    def chunks(self) -> AsyncIterator[bytes]:
        """The text."""
        ...
