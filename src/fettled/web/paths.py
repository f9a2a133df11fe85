"""A path as it may be told: those that are secrets themselves are not."""

from __future__ import annotations

#: What follows is a link of a notification, whole or in part.
_SECRET = "/links/"  # noqa: S105 -- the address before it


def shown_path(path: str) -> str:
    """Give *path* for a log, without what whoever reads the log could use."""
    return f"{_SECRET}..." if path.startswith(_SECRET) else path
