"""What is told of tickets for statistics: those of the stretch, in pieces, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from random import Random

import pytest

from fettled.core.sla_values import Clocks, Outcome, Reading
from fettled.core.statistics import Outline
from fettled.core.tickets import Ticket
from fettled.ports import Place
from fettled.ports.search import Moment, StatsFilter
from fettled.store import SqlStore
from search_world import NOW, SPAN, change

#: The times that the tickets of this world lie between, in quarters.
QUARTERS = [NOW + SPAN * n / 2 for n in range(5)]


async def fill(store: SqlStore, random: Random) -> list[Ticket]:
    """Store 120 tickets, whose clocks ended in every way."""
    kept = []
    for _ in range(120):
        made = change(random)
        readings = [Reading(outcome=random.choice((*Outcome, None))) for _ in range(2)]
        clocks = random.choice((made.ticket.sla, Clocks(1, (), (), NOW, (), *readings)))
        times = {
            name: random.choice((None, made.ticket.created_at + SPAN * random.random()))
            for name in ("occurred_at", "recovered_at", "responded_at")
        }
        told = replace(made.ticket, sla=clocks, reopen_count=random.choice((0, 0, 3)), **times)
        made = replace(made, ticket=told)
        kept.append((await store.write(lambda unit, made=made: unit.apply(made))).ticket)
    return kept


def outline(ticket: Ticket) -> Outline:
    """Tell of *ticket* what is to be told."""
    resolution = ticket.resolution
    return Outline(
        ticket.number,
        ticket.created_at,
        ticket.occurred_at,
        ticket.recovered_at,
        ticket.resolved_at,
        ticket.responded_at,
        None if resolution is None else resolution.code.value,
        ticket.sla.response.outcome,
        ticket.sla.resolution.outcome,
        ticket.subject,
        ticket.reopen_count,
    )


MOMENTS: dict[Moment, Callable[[Ticket], datetime | None]] = {
    Moment.CREATED: lambda t: t.created_at,
    Moment.RESOLVED: lambda t: t.resolved_at,
}


@pytest.mark.parametrize("moment", Moment)
async def test_each_ticket_of_a_stretch_is_told_once_and_whole(
    store: SqlStore, moment: Moment
) -> None:
    """
    By the time that is asked for, its end excluded, in pieces of any size, under each filter.

    Seen to fail with the end included, and with the outcomes of the two clocks exchanged.
    """
    random = Random(11)
    tickets = await fill(store, random)
    when = MOMENTS[moment]
    ends = [*QUARTERS, *(when(each) or NOW for each in random.sample(tickets, 6))]
    for since in ends:
        for until in ends:
            which = StatsFilter(since, until, priority=_some(random))
            wanted = sorted(
                (at, each.number, outline(each))
                for each in tickets
                if (at := when(each)) is not None
                and since <= at < until
                and (not which.priority or each.priority in which.priority)
            )
            found = await _in_pieces(store, which, moment, random.randint(1, 50))
            assert found == [told for _, _, told in wanted]


def _some(random: Random) -> frozenset[str]:
    return frozenset(random.choice(([], ["high"], ["high", "low"])))


async def _in_pieces(
    store: SqlStore, which: StatsFilter, moment: Moment, size: int
) -> list[Outline]:
    found: list[Outline] = []
    after: Place | None = None
    while True:
        piece = await store.read(
            lambda r, after=after: r.outlines(which, moment, after=after, limit=size)
        )
        found += piece
        if len(piece) < size:
            return found
        last = piece[-1]
        at = last.created_at if moment is Moment.CREATED else last.resolved_at
        assert at is not None
        after = Place(last.number, at)
