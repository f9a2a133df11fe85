"""What is told as it happens, and what is kept of it."""

from __future__ import annotations

from typing import Protocol


class FeedReader(Protocol):
    """The outbox's end."""

    def last_event(self) -> int:
        """The position of the newest event; 0 where there is none."""
        ...
