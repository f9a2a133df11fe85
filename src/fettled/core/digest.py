"""
What people are told of several tickets at once: how many, and a line of each.

Made of what the outbox kept of each ticket alone, so that a digest of hundreds asks nothing
more of the store. What is told of one ticket is `fettled.core.notice`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fettled.core.deliveries import Delivery
from fettled.core.notice import Notice
from fettled.core.pacing import CALMEST, calm
from fettled.core.reopened import times_reopened
from fettled.core.tickets import OVER_STATUSES
from fettled.core.words import Priority

#: So many tickets have a line of their own; the rest is counted.
LINES = 10
_LONGEST = 120
#: Of what came back and is over, so that it does not read as open.
_OVER_AGAIN = {"resolved": "resolved again", "closed": "closed, resolved again"}


@dataclass(frozen=True, slots=True)
class Line:
    """
    A ticket as it is now.

    Attributes:
        earlier: how many events led there besides the newest.
        is_reopened: it was over and came back within those.
    """

    ticket: int
    title: str
    priority: str
    status: str
    earlier: int = 0
    is_reopened: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it is resolved or closed."""
        return self.status in OVER_STATUSES

    @property
    def order(self) -> tuple[bool, int, int]:
        """Its place among others: open ones first, then by urgency, then the older one."""
        known = self.priority in Priority.__members__.values()
        return self.is_over, calm(Priority(self.priority)) if known else CALMEST, self.ticket


def line_of(first: Delivery, newest: Delivery, earlier: int) -> Line:
    """Make the line of a ticket from the first and the newest event that are told."""
    ticket = newest.payload.get("ticket") or {}
    given = {name: str(ticket.get(name) or "") for name in ("title", "priority", "status")}
    is_reopened = earlier > 0 and times_reopened(first, newest) > 0
    return Line(newest.ticket, earlier=earlier, is_reopened=is_reopened, **given)


def digest_notice(lines: Sequence[Line]) -> Notice:
    """Word *lines*, which are in order, and at least one."""
    is_open = [line for line in lines if not line.is_over]
    counts = Counter(line.priority for line in is_open)
    parts = [f"{n} {name}" for name in reversed(Priority) if (n := counts[name])]
    if len(is_open) < len(lines):
        parts.append(f"{len(lines) - len(is_open)} over")
    first, *others = lines[:LINES]
    details = [(f"#{line.ticket}", _words(line)) for line in others]
    if len(lines) > LINES:
        details.append(("And", f"+{len(lines) - LINES} more"))
    gist = f"#{first.ticket}: {_words(first)}"
    return Notice(f"{len(lines)} tickets: {', '.join(parts)}", gist, tuple(details))


def _words(line: Line) -> str:
    title = " ".join(line.title.split())
    short = title if len(title) <= _LONGEST else title[: _LONGEST - 1] + "…"
    status = line.status.replace("_", " ")
    if line.is_reopened:
        status = _OVER_AGAIN.get(status, f"{status}, reopened")
    said = f"{line.priority}, {status}: {short}"
    if not line.earlier:
        return said
    return f"{said} ({line.earlier} earlier {'event' if line.earlier == 1 else 'events'})"
