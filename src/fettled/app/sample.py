"""
What a receiver is told when somebody tries whether it can be reached at all.

Its type is none of a ticket's, its data say `test`, and its ticket has the number 0, which
no ticket ever has; apart from that it has the shape of a real event, so that whatever is
made of one can be made of it. Nothing of it is stored.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from fettled.core.deliveries import Delivery
from fettled.core.notice import Notice
from fettled.core.sla_told import sla_fields
from fettled.core.sla_values import Clocks
from fettled.core.tickets import SORTED_BY, Actor
from fettled.core.words import Priority, Source, Status
from fettled.ports.notify import Telling

#: The event of it.
TEST = "fettled.test"

_TITLE = "Test: this is a sample, nothing is broken"
_ABOUT = "Somebody tries whether this receiver can be reached. There is nothing to do."
#: What a ticket has that nobody has filed.
_NOTHING = (
    "subject", "check", "team", "assignee", "reporter", "shift", "supplier", *SORTED_BY,
    "resolution", "previous", "merged_into", "deduplication_key", "occurred_at", "recovered_at",
)  # fmt: skip


def sample(receiver: str, at: datetime, by: Actor) -> Telling:
    """Make the sample that *by* sends to *receiver*."""
    ident = str(uuid4())
    payload = {
        "test": True,
        "ticket": _ticket(ident, at.isoformat()),
        "actor": _actor(by),
        "data": {},
    }
    one = Delivery(0, receiver, 0, TEST, f"test_{ident}", 0, at, 1, payload)
    return Telling((one,), notice=Notice(f"[TEST] {_TITLE}", _ABOUT))


def _ticket(ident: str, at: str) -> dict[str, Any]:
    return {
        **dict.fromkeys(_NOTHING),
        "number": 0,
        "reference": "TEST",
        "uuid": ident,
        "title": _TITLE,
        "description": _ABOUT,
        "kind": "test",
        "source": Source.API.value,
        # Over: an alarm that a template makes of it must not stand until somebody ends it.
        "status": Status.CLOSED.value,
        "priority": Priority.LOW.value,
        "level": "P5",
        "labels": {},
        "sla": sla_fields(Clocks()),
        **dict.fromkeys(
            ("reopen_count", "flap_count", "escalation_level", "member_count", "done_count"), 0
        ),
        "created_at": at,
        "updated_at": at,
        "resolved_at": at,
        "closed_at": at,
        "version": 1,
    }


def _actor(by: Actor) -> dict[str, Any]:
    return {"type": by.type} if by.name is None else {"type": by.type, "name": by.name}
