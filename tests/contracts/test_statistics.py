"""What tickets add up to: the store's outlines and the sums, against counting one by one."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from fettled.app import searching
from fettled.app.searching import Searching
from fettled.core.sla_values import Clocks, Generation, Outcome, Reading
from fettled.core.statistics import Lengths, Sums
from fettled.core.tickets import Change, Resolution, Ticket
from fettled.core.words import Code, Priority, Status
from fettled.ports.search import StatsFilter
from fettled.store import SqlStore
from search_world import SPAN, change
from tickets_for import ANN, NOW, entry, new_ticket

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def one_of_many(random: Random) -> Change:
    """Make a ticket with a history: answered or not, recovered or not, its clocks as they ended."""
    ticket = change(random).ticket
    # Many at the very same time: a piece may end between them.
    opened = NOW + (ticket.created_at - NOW) // DAY * DAY
    end = ticket.resolved_at
    code = random.choice(tuple(Code))
    return Change(
        replace(
            ticket,
            created_at=opened,
            occurred_at=random.choice((None, opened - random.random() * timedelta(hours=1))),
            recovered_at=end and random.choice((None, end - random.random() * (end - opened))),
            responded_at=random.choice((None, opened + random.random() * timedelta(hours=9))),
            resolution=None if end is None else Resolution(code, end, ANN),
            reopen_count=random.choice((0, 0, 0, 1, 3)),
            sla=Clocks(
                3,
                response=_ended(random),
                resolution=_ended(random),
                earlier=tuple(
                    Generation(n, _ended(random), _ended(random))
                    for n in range(1, random.choice((1, 1, 2, 3)))
                ),
            ),
        ),
        (entry(),),
    )


def _ended(random: Random) -> Reading:
    outcome = random.choice((None, *Outcome))
    return Reading() if outcome is None else Reading(NOW, None, outcome, NOW)


async def stored(store: SqlStore, some: Iterable[Change]) -> list[Ticket]:
    """Store *some*; as they are kept."""
    return [(await store.write(lambda unit, one=one: unit.apply(one))).ticket for one in some]


def plainly(tickets: list[Ticket], which: StatsFilter) -> dict[str, Any]:
    """Count one by one."""
    asked = [
        one
        for one in tickets
        if (not which.team or one.team in which.team)
        and (not which.priority or one.priority in which.priority)
        and (not which.kind or one.kind in which.kind)
    ]
    opened = [one for one in asked if which.since <= one.created_at < which.until]
    resolved = [
        one for one in asked if one.resolved_at and which.since <= one.resolved_at < which.until
    ]
    again = {
        subject: [one for one in opened if one.subject == subject]
        for subject in {one.subject for one in opened if one.subject}
    }
    often = [
        (-len(some) - sum(one.reopen_count for one in some), subject)
        for subject, some in again.items()
        if len(some) + sum(one.reopen_count for one in some) > 1
    ]
    false = [
        one
        for one in resolved
        if one.resolution and one.resolution.code in {Code.NO_ACTION, Code.NOT_REPRODUCIBLE}
    ]
    return {
        "opened": len(opened),
        "resolved": len(resolved),
        "reopened": sum(one.reopen_count for one in opened),
        "false_alarms": len(false),
        # Also what was promised before a reopening; that of now ends with the resolution.
        "response": Counter(
            reading.outcome
            for one in opened
            for reading in (*[each.response for each in one.sla.earlier], one.sla.response)
            if reading.outcome
        ),
        "resolution": Counter(
            reading.outcome
            for reading in (
                *[each.resolution for one in opened for each in one.sla.earlier],
                *[one.sla.resolution for one in resolved],
            )
            if reading.outcome
        ),
        "to_answer": _lengths([(one.created_at, one.responded_at) for one in opened]),
        "to_repair": _lengths(
            [
                (one.occurred_at or one.created_at, one.recovered_at or one.resolved_at)
                for one in resolved
            ]
        ),
        "recurring": [subject for _, subject in sorted(often)][:10],
    }


def _lengths(pairs: list[tuple[datetime, datetime | None]]) -> tuple[int, float, float]:
    seconds = [(end - start).total_seconds() for start, end in pairs if end is not None]
    if not seconds:
        return 0, 0.0, 0.0
    return len(seconds), sum(seconds) / len(seconds), statistics.median(seconds)


def _told(sums: Sums) -> dict[str, Any]:
    def plain(found: Lengths) -> tuple[int, float, float]:
        return found.count, found.mean or 0.0, found.median or 0.0

    names = ("opened", "resolved", "reopened", "false_alarms", "response", "resolution")
    return {
        **{name: getattr(sums, name) for name in names},
        "to_answer": pytest.approx(plain(sums.to_answer), abs=0.001),
        "to_repair": pytest.approx(plain(sums.to_repair), abs=0.001),
        "recurring": [each.subject for each in sums.recurring],
    }


async def test_sums_are_those_of_counting_one_by_one(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Any stretch of time, teams, priorities and kinds, in pieces or at once: the same figures.

    Seen to fail with `>` for `>=` at the beginning, with MTTR from the opening, and with
    the next piece begun after the time of the last one, or after its number alone; and with
    the generations before a reopening left out.
    """
    monkeypatch.setattr(searching, "_PIECE", 7)
    random = Random(3)
    tickets = await stored(store, (one_of_many(random) for _ in range(120)))
    edges = [one.created_at for one in tickets] + [
        one.resolved_at for one in tickets if one.resolved_at
    ]
    seen = Counter[str]()
    for _ in range(40):
        # The ends are times of tickets: at the first one it counts, at the last one it does not.
        since, until = sorted(random.sample(edges, 2))
        which = StatsFilter(
            since,
            until,
            team=frozenset(random.choice(((), (), ("n1",), ("n1", "network")))),
            priority=frozenset(random.choice(((), (), ("high",), tuple(map(str, Priority))))),
            kind=frozenset(random.choice(((), (), ("leak",), ("leak", "service_down")))),
        )
        sums = await Searching(store).stats(which)
        expected = plainly(tickets, which)
        assert expected == _told(sums), which
        assert not sums.is_cut
        seen.update(name for name, value in expected.items() if value)
    assert min(seen.values()) > 10


async def test_a_stretch_includes_its_beginning_and_not_its_end(store: SqlStore) -> None:
    """Two stretches that meet count each ticket once."""
    await stored(store, [Change(new_ticket(None, created_at=NOW, updated_at=NOW), (entry(),))])
    for since, until, count in ((NOW, NOW + MINUTE, 1), (NOW - MINUTE, NOW, 0)):
        assert (await Searching(store).stats(StatsFilter(since, until))).opened == count


async def test_of_very_many_the_first_are_added_up(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left out is told: it never passes for the whole."""
    monkeypatch.setattr(searching, "_PIECE", 2)
    monkeypatch.setattr(searching, "MOST_OUTLINES", 4)
    random = Random(5)
    await stored(store, (one_of_many(random) for _ in range(9)))
    sums = await Searching(store).stats(StatsFilter(NOW, NOW + 3 * SPAN))
    assert (sums.is_cut, sums.opened) == (True, 4)


async def test_no_length_is_negative(store: SqlStore) -> None:
    """A clock that was set back makes no ticket answered before it was opened."""
    odd = new_ticket(
        None,
        status=Status.RESOLVED,
        responded_at=NOW - MINUTE,
        occurred_at=NOW,
        recovered_at=NOW - MINUTE,
        resolved_at=NOW,
        resolution=Resolution(Code.FIXED, NOW, ANN),
    )
    await stored(store, [Change(odd, (entry(),))])
    sums = await Searching(store).stats(StatsFilter(NOW, NOW + MINUTE))
    assert (sums.to_answer.mean, sums.to_repair.mean) == (0.0, 0.0)
