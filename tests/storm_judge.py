"""
Judge a store that a storm of kills left behind, from its rows and the doors' script alone.

Naive on purpose: it knows no code of the engine, only what its rules promise. Each
function answers with sentences; an empty list means that nothing is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from fettled.store import check
from fettled.store.columns import counted
from stores import rows

#: Of the policy in `storm.CONFIG`, in microseconds.
OPEN_AFTER = RESOLVE_AFTER = 150_000
TIMEOUT = 1_000_000
NEEDED = 2
#: Whose story is also told by other tickets than its own, or was held back for a time.
_LISTED = """
    SELECT subject FROM members
    UNION SELECT subject FROM tickets WHERE member_count > 0
    UNION SELECT subject FROM tickets JOIN gatings USING (check_key)
"""
#: What a touched ticket is told between the recovery and its resolution.
_ON_THE_WAY = frozenset({"recovered", "recovery_withdrawn"})
#: Observations are timed by the daemon's own clock, tickets by the wall's.
CLOCKS_DIFFER = 20_000
#: Of a span only the first look is timed; the others are spread evenly, which is so far off.
SPREAD = 100_000

_COVERED = """
    SELECT subject FROM tickets WHERE open_key IS NOT NULL AND open_key LIKE '%/%'
    UNION SELECT members.subject FROM members JOIN tickets ON number = members.ticket
    WHERE open_key IS NOT NULL AND members.state = 'down'
"""
#: Never so, whatever instant the store is looked at. Who stands on a list is let off: when
#: its ticket ends, what is still down is decided by its own next look.
_TORN = {
    "is firing without a ticket, a membership or a gate": """
        SELECT check_key FROM conditions
        WHERE phase IN ('firing', 'pending_resolve') AND gate IS NULL
          AND check_key NOT IN (SELECT open_key FROM tickets WHERE open_key IS NOT NULL)
          AND check_key NOT IN (SELECT check_key FROM members)
    """,
    "has an open ticket and is not believed to be down": """
        SELECT tickets.check_key FROM tickets LEFT JOIN conditions USING (check_key)
        WHERE open_key = tickets.check_key AND recovered_at IS NULL
          AND open_key LIKE '%/%' AND member_count = 0
          AND coalesce(phase, 'unknown') IN ('unknown', 'healthy', 'pending_open')
    """,
    "has an entry that is not one event in the outbox, or an event too many": """
        SELECT timeline.ticket FROM timeline LEFT JOIN outbox USING (ticket, seq)
        GROUP BY timeline.ticket, seq, triggers
        HAVING count(outbox.id) <> CASE WHEN triggers THEN 1 ELSE 0 END
    """,
}
_MOVES = """
    SELECT subject, event, timeline.at, number, check_key
    FROM timeline JOIN tickets ON number = timeline.ticket
    WHERE event IN ('opened', 'reopened', 'resolved', 'merged', 'recovered', 'recovery_withdrawn')
      AND check_key IS NOT NULL
    ORDER BY timeline.at, number, seq
"""


@dataclass
class Script:
    """
    What really happened, as the doors and the people tell it; times in microseconds.

    Attributes:
        moves: (when, door, whether it is up from then on); each was up at the beginning.
        settled: (when, which doors were down) at rest, long enough for every debounce.
        told: comments whose author was told that they are kept.
    """

    moves: list[tuple[int, str, bool]] = field(default_factory=list)
    settled: list[tuple[int, frozenset[str]]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def downs(self, door: str) -> int:
        """How often a door went down."""
        return sum(who == door and not up for _, who, up in self.moves)


def covered(url: str) -> frozenset[str]:
    """Say which subjects a ticket stands for now: their own, or one that lists them as down."""
    return frozenset(row[0] for row in rows(url, _COVERED))


def torn(url: str) -> list[str]:
    """Say what no instant may show: half of a unit, or a ticket and a belief that differ."""
    found = check(url)
    for rule, query in _TORN.items():
        found += [f"{row[0]} {rule}" for row in rows(url, query)]
    return found


def judge(url: str, script: Script) -> list[str]:
    """Say everything that is wrong with what is left."""
    told = [
        Move(subject, event, _micros(at), key) for subject, event, at, _, key in rows(url, _MOVES)
    ]
    moves = [move for move in told if move.event not in _ON_THE_WAY]
    listed = {row[0] for row in rows(url, _LISTED)}
    return [
        *torn(url),
        *_doubled(moves, script, listed),
        *_lost(moves, script, listed),
        *_groundless(url, [move for move in told if move.subject not in listed]),
        *_forgotten(url, script),
    ]


@dataclass(frozen=True)
class Move:
    """One entry of a timeline that opened or ended a ticket."""

    subject: str
    event: str
    at: int
    check: str

    @property
    def opens(self) -> bool:
        """Whether a ticket was open from then on."""
        return self.event in {"opened", "reopened"}


def _doubled(moves: list[Move], script: Script, listed: set[str]) -> list[str]:
    """
    Say whose tickets were open twice at once, and who had more openings than outages.

    A ticket that was merged into another's may come back without a new outage.
    """
    found = []
    for door in sorted({who for _, who, _ in script.moves}):
        of_door = [move for move in moves if move.subject == door]
        states = [False, *[move.opens for move in of_door]]
        if any(before is after for before, after in pairwise(states)):
            found.append(f"{door} has two tickets at once: {[move.event for move in of_door]}")
        if sum(states) > script.downs(door) and door not in listed:
            found.append(f"{door} went down {script.downs(door)} times, opened: {sum(states)}")
    return found


def _lost(moves: list[Move], script: Script, listed: set[str]) -> list[str]:
    """Say who was down at rest without an open ticket, or up with one."""
    doors = {who for _, who, _ in script.moves} - listed
    found = []
    for when, down in script.settled:
        has = {move.subject: move.opens for move in moves if move.at <= when}
        found += [
            f"{door} was down at {when} and had no ticket"
            for door in sorted(doors & down)
            if not has.get(door)
        ]
        found += [
            f"{door} was up at {when} and had a ticket"
            for door in sorted(doors - down)
            if has.get(door)
        ]
    return found


def _decisions(told: list[Move]) -> Iterator[Move]:
    """Give the moves that need evidence of their own: a note of the recovery has had it."""
    noted: set[str] = set()
    for move in told:
        if move.event != "recovery_withdrawn" and move.check not in noted:
            yield move
        if move.event == "recovered":
            noted.add(move.check)
        else:
            noted.discard(move.check)


def _groundless(url: str, told: list[Move]) -> list[str]:
    """Say which opening or resolution was not seen often and long enough."""
    query = """SELECT check_key, verdict, first, last, count, cadence FROM spans
               WHERE verdict <> 'unknown' ORDER BY check_key, incarnation, seq"""
    looks: dict[str, list[tuple[int, bool, int]]] = {}
    for key, verdict, first, last, count, cadence in rows(url, query):
        begin, end = _micros(first), _micros(last)
        looks.setdefault(key, []).extend(
            (
                begin + n * (end - begin) // max(count - 1, 1) - (SPREAD if n else 0),
                verdict == "up",
                int(cadence),
            )
            for n in range(count)
        )
    found = []
    for move in _decisions(told):
        run: list[int] = []
        for at, up, cadence in looks.get(move.check, []):
            if at > move.at + CLOCKS_DIFFER:
                break
            if up is move.opens or (run and at - run[-1] > 3 * cadence + TIMEOUT):
                run = []
            if up is not move.opens:
                run.append(at)
        needed = OPEN_AFTER if move.opens else RESOLVE_AFTER
        if len(run) < NEEDED or move.at - run[0] < needed - CLOCKS_DIFFER:
            found.append(f"{move.subject} was {move.event} at {move.at} on too little: {run}")
    return found


def _forgotten(url: str, script: Script) -> list[str]:
    """Say which comment was told to be kept and is not there once."""
    kept = [
        _body(row[0])
        for row in rows(url, "SELECT data FROM timeline WHERE event = 'comment_added'")
    ]
    return [
        f"the comment {body!r} is there {kept.count(body)} times"
        for body in script.told
        if kept.count(body) != 1
    ]


def _body(data: Any) -> str:
    return str((json.loads(data) if isinstance(data, str | bytes) else data)["body"])


def _micros(time: int | datetime) -> int:
    return counted(time) if isinstance(time, datetime) else time
