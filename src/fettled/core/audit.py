"""
The chain of the audit log: what a row's hash is made of, and what a row is about.

Pure: how rows are read and kept is the store's. The canonical form is told in
`docs/explanation/audit.md`, so that anybody can verify a chain without this program; it
cannot be changed, since every hash that was ever anchored is made of it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Protocol

#: The first thing in each row's form.
FORM = "fettled-audit-1"
#: What stands before the first row.
GENESIS = "0" * 64

#: Whose actions are no person's: the names of the machine's own parts.
MACHINES = frozenset({"health_monitor", "system", "workflow"})

#: Which key of a row's data names what it is about, and what that is; the first that fits.
_OBJECTS = (
    ("ticket", "ticket"),
    ("token", "token"),
    ("silence", "id"),
    ("window", "id"),
    ("maintenance", "maintenance"),
    ("change", "change"),
    ("receiver", "receiver"),
)


def type_of(name: str) -> str:
    """Say what kind of actor goes by *name*, where only that is known."""
    return name if name in MACHINES else "user"


def object_of(kind: str, data: dict[str, Any]) -> str:
    """Name what a row is about, such as `ticket:42`; empty where that is the whole daemon."""
    for what, key in _OBJECTS:
        # A ticket is named by whatever was done around it; an id only says what by its kind.
        value = data.get(key) if key == what or kind.partition(".")[0] == what else None
        if isinstance(value, int | str) and not isinstance(value, bool):
            return f"{what}:{value}"
    return ""


class Row(Protocol):
    """A row of the audit log; its own hash is no part of what is hashed."""

    @property
    def position(self) -> int:
        """Where it stands."""
        ...

    @property
    def at(self) -> datetime:
        """When, in wall time."""
        ...

    @property
    def actor_type(self) -> str:
        """What did it: user, token, system, ..."""
        ...

    @property
    def actor(self) -> str:
        """Who did it."""
        ...

    @property
    def kind(self) -> str:
        """What was done."""
        ...

    @property
    def about(self) -> str:
        """To what."""
        ...

    @property
    def data(self) -> dict[str, Any]:
        """And how."""
        ...


def exact_time(at: datetime) -> str:
    """Write *at* in UTC, to the microsecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(row: Row) -> str:
    """Write *row* in the one way in which it is hashed: JSON, ASCII, sorted keys, no blanks."""
    fields = (
        row.position,
        exact_time(row.at),
        row.actor_type,
        row.actor,
        row.kind,
        row.about,
        row.data,
    )
    return json.dumps([FORM, *fields], ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def hash_of(previous: str, row: Row) -> str:
    """Hash *row* onto the hash of the row before it."""
    return hashlib.sha256(f"{previous}\n{canonical(row)}".encode("ascii")).hexdigest()
