"""
Who may look now, and in which order the others wait.

Two caps, overall and per host. Within a class (on demand, regular, retry) the higher
priority goes first, then the one that has waited longest: a place keeps the instant it
was taken with, whatever slots pass meanwhile. Each entry has at most one place, so the
line is never longer than the number of checks.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import count

from fettled.scheduling.entry import RETRY, Entry

_Place = tuple[int, int, float, int, Entry]
#: Places given up (the entry moved up, or was removed) are swept beyond this many.
_SLACK = 64


class Admission:
    """Counts looks in flight against the caps and keeps the line of those that wait."""

    def __init__(self, in_flight: int, per_host: int) -> None:
        self._cap = max(in_flight, 1)
        #: Retries take at most half, so that a dead half of the fleet leaves room.
        self._retry_cap = max(in_flight // 2, 1)
        self._per_host = max(per_host, 1)
        self.in_flight = 0
        self.waiting = 0
        self._retries = 0
        self._hosts: dict[str, int] = {}
        self._line: list[_Place] = []
        self._retry_line: list[_Place] = []
        self._host_lines: dict[str, list[_Place]] = {}
        self._places = count(1)

    @property
    def load(self) -> float:
        """How full it is, 0 to 1: overall, or in the half that retries may take."""
        return max(self.in_flight / self._cap, self._retries / self._retry_cap)

    def admit(self, entry: Entry, rank: int) -> bool:
        """Count *entry* in if there is room for it now."""
        if self.in_flight >= self._cap:
            return False
        if rank == RETRY and self._retries >= self._retry_cap:
            return False
        host = entry.timing.host
        if host:
            busy = self._hosts.get(host, 0)
            if busy >= self._per_host:
                return False
            self._hosts[host] = busy + 1
        self.in_flight += 1
        if rank == RETRY:
            self._retries += 1
        return True

    def release(self, host: str, rank: int) -> None:
        """Count out a look that was admitted for *host* as *rank*."""
        self.in_flight -= 1
        if rank == RETRY:
            self._retries -= 1
        if host:
            busy = self._hosts[host] - 1
            if busy:
                self._hosts[host] = busy
            else:
                del self._hosts[host]
            self._wake(host)

    def wait(self, entry: Entry, rank: int) -> None:
        """Give *entry* a place in the line, instead of the one it may have."""
        if not entry.place:
            self.waiting += 1
        entry.place = next(self._places)
        place = (rank, -entry.timing.priority, entry.due, entry.place, entry)
        self._push(self._retry_line if rank == RETRY else self._line, place)

    def leave(self, entry: Entry) -> None:
        """Give up the place of *entry*; another of its host may stand there instead."""
        if not entry.place:
            return
        entry.place = 0
        self.waiting -= 1
        host = entry.timing.host
        if host in self._host_lines and self._hosts.get(host, 0) < self._per_host:
            self._wake(host)

    def next(self) -> tuple[Entry, int] | None:
        """Take the first of the line that there is room for and count it in; its rank too."""
        while self.in_flight < self._cap:
            line = self._line
            if not line:
                line = self._retry_line
                if not line or self._retries >= self._retry_cap:
                    return None
            place = heappop(line)
            rank, _, _, number, entry = place
            if entry.place != number:
                continue  # it moved up, or was removed
            if self.admit(entry, rank):
                self.leave(entry)
                return entry, rank
            # Only its host can be full here. It waits apart, so as not to hold up others.
            self._push(self._host_lines.setdefault(entry.timing.host, []), place)
        return None

    def _wake(self, host: str) -> None:
        """Put the first that waits for *host* back into the general line."""
        line = self._host_lines.get(host)
        while line:
            place = heappop(line)
            if place[4].place == place[3]:
                heappush(self._retry_line if place[0] == RETRY else self._line, place)
                break
        if line is not None and not line:
            del self._host_lines[host]

    def _push(self, line: list[_Place], place: _Place) -> None:
        heappush(line, place)
        if len(line) > 2 * self.waiting + _SLACK:
            line[:] = [held for held in line if held[4].place == held[3]]
            heapify(line)
