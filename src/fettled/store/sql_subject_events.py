"""
Statements about events of subjects, which are no ticket's: owed like others, in no order.

They stand in the same tables, without a ticket: each is due at once, and is told, put off and
given up as `sql_deliveries` has it.
"""

from __future__ import annotations

from uuid import uuid4

from fettled.core.pacing import CALMEST
from fettled.core.subject_events import SubjectEvent
from fettled.store.link import Link
from fettled.store.statements import add
from fettled.store.tables import actions, outbox

_EVENT = add(outbox, "position").returning(outbox.c.position)
_OWE = add(actions, "number")


def owe(link: Link, event: SubjectEvent) -> None:
    """Write the event, and a delivery of it for each of its lanes."""
    position = link.told(
        _EVENT,
        {
            "id": str(uuid4()),
            "ticket": None,
            "seq": 0,
            "event": event.event,
            "at": event.at,
            "payload": event.payload,
        },
    )
    owed = {
        "ticket": None,
        "type": "delivery",
        "at": event.at,
        "outcome": "pending",
        "tries": 0,
        "done_at": None,
        "data": {},
        "event": event.event,
        "position": position,
        "due_at": event.at,
        "seq": None,
        "calm": CALMEST,
    }
    rows = [{**owed, "uuid": str(uuid4()), "target": lane, "queue": lane} for lane in event.lanes]
    link.many(_OWE, rows)
