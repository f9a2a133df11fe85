"""
Whose a ticket is, as far as it decides who may know of it, and a mark to compare that by.

Values only. Who may know of it because of that is `fettled.app.matter`'s to say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fettled.core.tickets import Ticket

_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Whose:
    """What of a ticket decides who may know of it."""

    team: str | None = None
    shift: str | None = None
    assignee: str | None = None
    reporter: str | None = None
    labels: Mapping[str, Any] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """
        Stand for team and labels, by which rooms are told: another mark, other rooms.

        It goes into links, so it is short and names nobody.
        """
        told = json.dumps([self.team, dict(self.labels)], sort_keys=True, default=str)
        return hashlib.sha256(told.encode()).hexdigest()[:_LENGTH]


def whose(ticket: Ticket) -> Whose:
    """Say whose *ticket* is."""
    return Whose(ticket.team, ticket.shift, ticket.assignee, ticket.reporter, ticket.labels)
