"""
Statements about escalations whose deliveries end: what comes of the action of each.

It is done once one of those that it reached was told, and has failed once none of them can
be any more. Asked in the transaction that ends the delivery, so that neither is forgotten.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, or_, select, update

from fettled.store.link import Link, Row
from fettled.store.tables import actions, outbox

EVENT = "ticket.escalated"
_UNREACHED = "none of those whom it is for could be told"

_SEQ = select(outbox.c.seq).where(outbox.c.position == bindparam("position"))
_ESCALATIONS = select(actions.c.number, actions.c.outcome, actions.c.data).where(
    actions.c.ticket == bindparam("ticket"),
    actions.c.type == "escalation",
    or_(actions.c.outcome == "pending", actions.c.outcome == "failed"),
)
_WAITING = select(actions.c.target).where(
    actions.c.position == bindparam("position"), actions.c.queue.is_not(None)
)
_END = (
    update(actions)
    .where(actions.c.number == bindparam("of_number"))
    .values(
        outcome=bindparam("to_outcome"),
        done_at=bindparam("to_done_at"),
        data=bindparam("to_data"),
    )
)


def follow(link: Link, delivery: Row, outcome: str, now: datetime) -> None:
    """End the escalation that *delivery*, which has come to *outcome*, told of."""
    event = link.one(_SEQ, {"position": delivery["position"]})
    if event is None:
        return
    for action in link.all(_ESCALATIONS, {"ticket": delivery["ticket"]}):
        data = action["data"]
        told = data.get("receivers") or []
        if data.get("seq") != event["seq"] or delivery["target"] not in told:
            continue
        if outcome == "done":
            data = {name: value for name, value in data.items() if name != "error"}
        elif action["outcome"] == "failed" or _waits(link, delivery["position"], told):
            continue
        else:
            data = {**data, "error": _UNREACHED}
        ended = {"to_outcome": outcome, "to_done_at": now, "to_data": data}
        link.run(_END, {"of_number": action["number"], **ended})


def _waits(link: Link, position: int, receivers: list[str]) -> bool:
    waiting = link.all(_WAITING, {"position": position})
    return any(row["target"] in receivers for row in waiting)
