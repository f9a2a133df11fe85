"""What telling a receiver needs: a notifier, and what it is given to tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from fettled.core.deliveries import Delivery, Tried
from fettled.core.notice import Notice

#: One try's deadline where nothing else is said; Standard Webhooks asks for 15 to 30 s.
TIMEOUT = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Telling:
    """
    What a receiver is told in one message.

    Attributes:
        deliveries: of one ticket, in order, at least one; more only for people.
        is_late: it is told long after it happened.
        notice: the same in words; None where nobody asked for words.
    """

    deliveries: tuple[Delivery, ...]
    is_late: bool = False
    notice: Notice | None = None

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
