"""
What is due, made into messages; and what came of each, kept.

A message tells of one ticket, or of several at a time: all of them are claimed in one unit
before it is told, and settled or put off in one unit after it. When a message is due is
`fettled.core.pacing`'s to say; lanes and tries are `deliver`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fettled.app.reminding import Around, is_wanted, remind
from fettled.core.deliveries import Delivery, Tried, next_try
from fettled.core.digest import digest_notice, line_of
from fettled.core.pacing import Gate, split
from fettled.core.routing import Receiver
from fettled.ports import DeskReader, DeskUnit, Gathered
from fettled.ports.deliveries import BacklogKey
from fettled.ports.notify import Telling

#: What one message tells of at most: tickets, as their present state ...
TICKETS = 250
#: ... or every single event, where those are asked for: so many fit into any message.
EVENTS = 25
#: What a message about one ticket shows of the events that led to its present state.
_SHOWN = 50
#: So many events are settled in one unit.
_SETTLED = 500
#: Tries after which a fallback is told too: five minutes are gone by then.
FALLBACK_AFTER = 3
#: Before everything that is handed over.
START: BacklogKey = (0, 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What a lane asks for when it turns.

    Attributes:
        gate: what may be told; None: everything, each by itself.
        free: how many messages may begin.
        room: how many a burst allows; None: any number.
    """

    now: datetime
    free: int
    gate: Gate | None = None
    room: int | None = None


def claim(
    receiver: Receiver, asked: Asked, concern: Around, unit: DeskUnit
) -> list[list[Delivery]]:
    """
    Take what is due, by message; what has become idle is not told any more.

    A message of which nothing is left is there all the same, and empty: more may be due.
    """
    return [
        [each for each in message if is_wanted(unit, receiver, each, concern, asked.now)]
        for message in _claim(receiver, asked, unit)
    ]


def _claim(receiver: Receiver, asked: Asked, unit: DeskUnit) -> list[list[Delivery]]:
    gate, now = asked.gate, asked.now
    if gate is None:
        return [[each] for each in unit.claim(receiver.name, now, limit=asked.free)]
    most = TICKETS if receiver.collapses else EVENTS
    found = unit.due(receiver.name, gate, now, limit=most)
    # So many that they are more than one message can tell: none has one of its own.
    room = min(1, asked.room) if asked.room is not None and len(found) == most else asked.room
    messages = split(found, gate, now, free=asked.free, room=room)
    taken = (unit.take([due.number for due in message]) for message in messages)
    return [message for message in taken if message]


def gather(receiver: Receiver, claimed: Sequence[Delivery], reader: DeskReader) -> list[Gathered]:
    """Read what a message is to tell."""
    if receiver.collapses:
        return reader.gather(claimed, limit=_SHOWN if len(claimed) == 1 else 1)
    gathered, left = [], EVENTS - len(claimed)
    for first in claimed:
        behind = reader.behind(first, limit=left) if receiver.pace.digest and left > 0 else []
        left -= len(behind)
        gathered.append(Gathered(first, (first, *behind), 1 + len(behind)))
    return gathered


def telling(receiver: Receiver, gathered: Sequence[Gathered], now: datetime) -> Telling:
    """Make a message, what is most urgent first and what is over last."""
    is_state = receiver.collapses and len(gathered) > 1
    lines = [(line_of(each.first, each.newest, each.count - 1), each) for each in gathered]
    lines.sort(key=lambda pair: pair[0].order)
    first, *others = (
        Telling(
            each.events[-1:] if is_state else each.events,
            is_late=each.first.is_late(now),
            earlier=each.count - 1,
        )
        for _, each in lines
    )
    if not others:
        return first
    notice = digest_notice([line for line, _ in lines])
    return replace(first, notice=notice, also=tuple(others))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """
    A message that was tried.

    Attributes:
        gathered: what it told of; the first of each is claimed.
        fallback: who is told what this receiver does not take; None: nobody.
        chance: from 0 to 1, drawn anew for each try.
    """

    receiver: Receiver
    gathered: Sequence[Gathered]
    telling: Telling
    tried: Tried
    fallback: str | None
    chance: float

    @property
    def data(self) -> dict[str, Any]:
        """What is kept of the try with each event."""
        tried, also = self.tried, self.telling.also
        return {
            "id": self.telling.id,
            "reason": tried.reason,
            "detail": tried.detail,
            "status": tried.status,
            **({"tickets": 1 + len(also)} if also else {}),
        }


def hand_over(sent: Sent, after: BacklogKey, now: datetime, unit: DeskUnit) -> BacklogKey | None:
    """
    Owe the fallback what is late with all that waits behind it, or a part of that.

    To be gone through before anything is settled: what is not owed any more is handed over
    to nobody. Answers after which to go on; None: that was all.
    """
    if sent.fallback is None:
        return None
    return unit.hand_over(
        sent.receiver.name,
        sent.fallback,
        now,
        tickets=[each.ticket for each, again in _tries(sent, now) if _is_late(each, again)],
        after=after,
        limit=_SETTLED,
    )


def leave(name: str, to: str | None, now: datetime, unit: DeskUnit) -> int:
    """Leave a part of what a disabled receiver is owed to *to*; how much was left."""
    return unit.leave(name, to, now, limit=_SETTLED)


def settle(sent: Sent, now: datetime, unit: DeskUnit) -> bool:
    """Keep what came of a try, or a part of that; answer whether it was all."""
    if sent.tried.is_delivered:
        return _settle_told(sent, now, unit)
    _settle_failed(sent, now, unit)
    return True


def _settle_told(sent: Sent, now: datetime, unit: DeskUnit) -> bool:
    """
    Keep that it was told.

    What waits behind comes first, and the newest of it: whatever is left is told again, in
    order. What is claimed comes last, so that nothing overtakes it.
    """
    left = _SETTLED
    for each in sent.gathered:
        if each.count > 1:
            last = each.newest.number
            left -= unit.deliver_behind(each.first, last, now, sent.data, limit=left)
        if left <= 0:
            return False
    unit.deliver([each.first.number for each in sent.gathered], now, sent.data)
    for each in sent.gathered:
        remind(unit, sent.receiver, each.newest, now)
    return True


def _settle_failed(sent: Sent, now: datetime, unit: DeskUnit) -> None:
    """Put it off, all of it to one time, but for what was tried for the last time."""
    tries = _tries(sent, now)
    # The pause of what has failed most often: it is the receiver that fails.
    latest = max((again for _, again in tries if again is not None), default=now)
    for each, again in tries:
        if again is None:
            unit.give_up(each.number, now, sent.data)
        else:
            unit.postpone(each.number, latest, sent.data)
    if sent.tried.is_gone:
        # Whatever else it is owed its lane leaves to the fallback, a part at a time.
        unit.disable(sent.receiver.name, now, sent.tried.detail)
        leave(sent.receiver.name, sent.fallback, now, unit)


def _tries(sent: Sent, now: datetime) -> list[tuple[Delivery, datetime | None]]:
    """Give what was claimed, each with when to try it again."""
    firsts = [each.first for each in sent.gathered]
    return [(each, next_try(each.tries, sent.tried, now, sent.chance)) for each in firsts]


def _is_late(tried: Delivery, again: datetime | None) -> bool:
    return again is None or tried.tries >= FALLBACK_AFTER


def put_off(claimed: Sequence[Delivery], now: datetime, unit: DeskUnit) -> bool:
    """Keep that a try failed by a fault of our own, of which nothing else is known."""
    tried = Tried("error", "the daemon failed; see the log")
    data = {"reason": tried.reason, "detail": tried.detail, "status": None}
    for each in claimed:
        again = next_try(each.tries, tried, now, 0.0)
        if again is None:
            unit.give_up(each.number, now, data)
        else:
            unit.postpone(each.number, again, data)
    return True
