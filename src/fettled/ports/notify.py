"""What telling a receiver needs: a notifier, and what it is given to tell."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from fettled.core.deliveries import Delivery, Tried
from fettled.core.notice import Notice

#: One try's deadline where nothing else is said; Standard Webhooks asks for 15 to 30 s.
TIMEOUT = timedelta(seconds=20)
#: No try takes longer: one that waits this long for an answer holds up what is behind it.
LONGEST_TIMEOUT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Telling:
    """
    What a receiver is told in one message.

    Attributes:
        deliveries: of one ticket, in order, at least one; more only where a backlog is told
            as the present state, or in a digest of every event.
        is_late: it is told long after it happened.
        notice: the same in words; None where nobody asked for words.
        earlier: how many events of this ticket it tells of beside the newest.
        also: the other tickets that it tells of, each by itself and without any others.
    """

    deliveries: tuple[Delivery, ...]
    is_late: bool = False
    notice: Notice | None = None
    earlier: int = 0
    also: tuple[Telling, ...] = ()

    @property
    def tickets(self) -> tuple[Telling, ...]:
        """Every ticket that it tells of, in the order in which people read them."""
        return (self, *self.also)

    @property
    def id(self) -> str:
        """
        The message's id: the event's own, or made of those of all that it tells of.

        So a digest that is tried again under the same id says the same, and one that has
        become longer meanwhile is taken for no repetition.
        """
        if not self.also:
            return self.newest.id
        ids = (each.id for telling in self.tickets for each in telling.deliveries)
        return f"digest_{hashlib.sha256(' '.join(ids).encode()).hexdigest()[:32]}"

    @property
    def newest(self) -> Delivery:
        """The one that says how it is now."""
        return self.deliveries[-1]


class Notifier(Protocol):
    """
    Tells one receiver. Bounded from outside by one deadline; cancels cleanly.

    What it cannot do is a value, not an exception; its words name no secret.
    """

    async def tell(self, telling: Telling) -> Tried:
        """Try once."""
        ...
