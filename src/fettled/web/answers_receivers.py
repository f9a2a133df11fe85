"""What is answered of receivers and dead letters, as models; see `fettled.web.answers`."""

from __future__ import annotations

from datetime import datetime

from fettled.core.holds import HeldBy
from fettled.core.words import Priority, Source
from fettled.web.answers import Shape


class LastTryAnswer(Shape):
    """What came of a try to tell a receiver."""

    at: datetime
    event: str
    delivered: bool
    reason: str
    detail: str
    status: int | None


class ReceiverAnswer(Shape):
    """A receiver: what it listens to, what it is owed, and how it went last. No address."""

    name: str
    type: str
    events: list[str]
    kinds: list[str]
    priorities: list[Priority]
    sources: list[Source]
    teams: list[str]
    labels: dict[str, str]
    sla: list[str]
    fallback: str | None
    disabled_at: datetime | None
    disabled_reason: str | None
    pending: int
    oldest_at: datetime | None
    next_at: datetime | None
    held_by: HeldBy | None
    late: bool
    dead_letters: int
    last: LastTryAnswer | None


class TestedAnswer(Shape):
    """What came back when a receiver was sent a sample."""

    receiver: str
    id: str
    delivered: bool
    reason: str
    detail: str
    status: int | None
    seconds: float


class DeadLetterAnswer(Shape):
    """An event that a receiver was never told; `id` is the event's."""

    number: int
    receiver: str
    ticket: int
    event: str
    id: str
    at: datetime
    failed_at: datetime
    tries: int
    reason: str
    detail: str
    status: int | None


class ResentAnswer(Shape):
    """How many dead letters are sent again."""

    resent: int
