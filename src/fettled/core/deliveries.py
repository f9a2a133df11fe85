"""
Deliveries: one event due to one receiver, and when the next try of it is.

Values and the table of pauses. Which receivers an event is due to is `fettled.core.routing`'s;
who sends, and what is sent, are `fettled.app.deliver`'s and the notifiers'.

Source of the pauses and of what an answer means: Standard Webhooks 1.0.0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

#: The pause before each try, counted from the one before: ten tries in about 75 hours.
PAUSES = (
    timedelta(),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
#: A pause becomes longer by up to this part of itself, so that receivers that failed
#: together are not tried together.
JITTER = 0.2
#: Who asks for a longer pause gets it, up to this.
LONGEST_PAUSE = timedelta(hours=24)
#: No pause is longer than this, jitter included.
LONGEST_WAIT = max(PAUSES[-1], LONGEST_PAUSE) * (1 + JITTER)
#: What is told later than this after it happened is marked as late.
LATE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    One event due to one receiver.

    Attributes:
        number: of the action that keeps it; it stays with every try.
        id: of the event; the same for every receiver and every try.
        seq: the event's place in its ticket's timeline.
        at: when it happened; wall time.
        tries: how often it was tried, this try included.
        payload: what the outbox keeps of it; JSON values.
    """

    number: int
    receiver: str
    ticket: int
    event: str
    id: str
    seq: int
    at: datetime
    tries: int
    payload: dict[str, Any] = field(default_factory=dict)

    def is_late(self, now: datetime) -> bool:
        """Whether it is told so late that it should say so."""
        return now - self.at > LATE


@dataclass(frozen=True, slots=True)
class Tried:
    """
    What came of a try.

    Attributes:
        reason: `delivered`, or why not; bounded, safe as a metric's label.
        detail: the same in words, for people; without secrets.
        status: of HTTP, where there was one.
        retry_after: how long the receiver asks to be left alone.
        is_gone: the receiver wants nothing any more.
    """

    reason: str
    detail: str = ""
    status: int | None = None
    retry_after: timedelta | None = None
    is_gone: bool = False

    @property
    def is_delivered(self) -> bool:
        """Whether it arrived."""
        return self.reason == DELIVERED


DELIVERED = "delivered"


def receiver_label(lane: str) -> str:
    """Name the receiver whose lane it is: `sms` for `sms/ann`, as labels of metrics do."""
    return lane.partition("/")[0]


def next_try(tries: int, tried: Tried, now: datetime, chance: float) -> datetime | None:
    """
    Say when to try again after *tries* failed; None: never.

    Args:
        tries: how often it was tried.
        tried: what came of the last try.
        now: when that was.
        chance: from 0 to 1, drawn anew each time.
    """
    if tried.is_gone or tries >= len(PAUSES):
        return None
    pause = PAUSES[tries] * (1 + JITTER * chance)
    if tried.retry_after is not None:
        pause = max(pause, min(tried.retry_after, LONGEST_PAUSE))
    return now + pause
