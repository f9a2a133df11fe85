"""
What the demo knows of the daemon: an event sink that keeps the latest of everything.

Filled from the daemon's thread and read from the view's, hence the lock. How it looks
is `view`'s.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic

from fettled.core.condition import Condition
from fettled.core.isolation import Link
from fettled.core.observations import Observation
from fettled.core.tickets import Change, Entry, Ticket
from fettled.core.words import Phase

#: Events that the live view shows below the table.
_LAST = 8


@dataclass(frozen=True, slots=True)
class Row:
    """One subject: *since* is when its phase began, in `monotonic` seconds."""

    subject: str
    parent: str | None
    phase: Phase = Phase.UNKNOWN
    since: float = 0.0
    ticket: int | None = None
    status: str | None = None
    kind: str | None = None


class Board:
    """
    The state of the demo's subjects and tickets.

    Args:
        parents: every subject's key, with its parent's.
        tell: hears each new line of events.
    """

    def __init__(
        self, parents: dict[str, str | None], tell: Callable[[str], None] | None = None
    ) -> None:
        self._tell = tell or (lambda _: None)
        self._lock = threading.Condition()
        now = monotonic()
        self._rows = {key: Row(key, parent, since=now) for key, parent in parents.items()}
        self._lines: deque[str] = deque(maxlen=_LAST)
        self._open: set[int] = set()
        self.counts: Counter[str] = Counter()

    def rows(self) -> list[Row]:
        """Every subject as it is now, in the order of the configuration."""
        with self._lock:
            return list(self._rows.values())

    def lines(self) -> list[str]:
        """The last events, oldest first."""
        with self._lock:
            return list(self._lines)

    def wait_until_resolved(self, seconds: float) -> bool:
        """Wait until no ticket is open; False when that takes longer."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._open, timeout=seconds)

    def say(self, line: str) -> None:
        """Add *line* to the events."""
        with self._lock:
            self._lines.append(line)
            self._tell(line)

    # The event sink that the daemon is given.

    def observed(self, seen: Observation, phase: Phase) -> None:
        """Take note of the phase, also when it is the first that we hear of."""
        self._enter(seen.check, phase)

    def phase_changed(self, before: Condition, after: Condition) -> None:  # noqa: ARG002 - the port's shape
        """Take note of the new phase."""
        self._enter(after.check, after.phase)

    def gated(self, condition: Condition) -> None:
        """Nothing of the demo is gated on purpose."""

    def changed(self, change: Change) -> None:
        """Tell each entry of the change, and keep the ticket as it is now."""
        ticket = change.ticket
        for entry in change.entries:
            self.counts[entry.event.removeprefix("ticket.")] += 1
            self.say(event_line(ticket, entry))
        with self._lock:
            (self._open.add if ticket.is_open else self._open.discard)(ticket.number)
            self._lock.notify_all()
            row = self._rows.get(ticket.subject or "")
            if row is not None:
                self._rows[row.subject] = replace(
                    row, ticket=ticket.number, status=ticket.status.value, kind=ticket.kind
                )

    def isolation_changed(self, link: Link) -> None:
        """Say nothing: the show's devices are on this machine, which needs no network."""

    def faulted(self, where: str, error: BaseException) -> None:
        """Tell what went wrong with the daemon itself."""
        self.say(f"!! {where}: {error}")

    def _enter(self, check: str, phase: Phase) -> None:
        subject = check.partition("/")[0]
        with self._lock:
            row = self._rows.get(subject)
            if row is not None and row.phase is not phase:
                self._rows[subject] = replace(row, phase=phase, since=monotonic())


def event_line(ticket: Ticket, entry: Entry) -> str:
    """Write an entry as one line: `#3 reopened  door-2  device_offline  (relapse)`."""
    event = entry.event.removeprefix("ticket.")
    why = entry.data.get("cause") or entry.data.get("code")
    if why is None and event == "resolved" and ticket.resolution is not None:
        why = ticket.resolution.code
    line = f"#{ticket.number} {event:<9} {ticket.subject or '-':<13} {ticket.kind}"
    return f"{line}  ({why})" if why else line
