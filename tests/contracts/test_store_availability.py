"""Availability from recorded history, on every database; history is read in pieces."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from desk import Desk, Switch, check, fleet
from fakes import FakeClock
from fettled.app.availability import Availabilities
from fettled.app.catalogue import make_catalogue
from fettled.core.availability import Stretch
from fettled.core.errors import NotFoundError
from fettled.core.observations import Reason
from fettled.core.spans import Span
from fettled.core.words import Verdict
from fettled.ports import Application, Lists
from fettled.store import SqlStore
from tickets_for import NOW

TILL = Lists(
    applications=(
        Application("Till", ("door-1", "hub")),
        Application("Idle"),
        Application("Blind", ("door-1", "plain")),
    )
)
HOUR = timedelta(hours=1)


async def test_an_application_is_up_while_all_it_runs_on_is(store: SqlStore) -> None:
    """Seen by the real observer; the primary check speaks, the others do not."""
    desk = Desk(Switch(store), FakeClock())
    watched = fleet(check("door-1"), check("hub"), check("hub", "cert", primary=False))
    plain = replace(watched.subjects["hub"], key="plain")
    await desk.adopt(replace(watched, subjects={**watched.subjects, "plain": plain}))
    states = {"door-1/main": "up", "hub/main": "up", "hub/cert": "down"}
    await desk.round(states, times=40)
    await desk.round({**states, "door-1/main": "down"}, times=20)
    await desk.round({**states, "hub/main": "slow"}, times=20)
    await desk.observer.flush(desk.memory)
    made = Availabilities(desk.store, desk.clock, desk.memory, make_catalogue(TILL))
    application, found = await made.of("Till", HOUR)
    assert application.hosted_on == ("door-1", "hub")
    # 80 rounds of 30 s, the first of them 39.5 minutes ago.
    assert found.unavailable == timedelta(minutes=10)
    assert found.degraded == timedelta(minutes=9, seconds=30)
    assert found.available + found.unavailable == timedelta(minutes=39, seconds=30)
    assert found.unknown == timedelta(minutes=20, seconds=30)
    assert (await made.of("Idle", HOUR))[1].ratio is None
    assert (await made.of("Blind", HOUR))[1].available == timedelta()
    with pytest.raises(NotFoundError):
        await made.of("Tills", HOUR)


async def test_history_is_read_in_pieces_and_in_order(store: SqlStore) -> None:
    """
    A page at a time, none twice and none left out, over several starts of the daemon.

    Each start of the daemon counts its observations from the beginning again. Seen to fail
    with the incarnation left out of the place to go on after.
    """
    for start in (1, 2, 3):
        spans = [
            Span(
                check="door-1/main",
                verdict=Verdict.UP if n % 2 else Verdict.DOWN,
                reason=Reason.OK,
                kind=None,
                first=NOW + (20 * start + n) * HOUR,
                last=NOW + (20 * start + n) * HOUR,
                count=1,
                order=(start, n),
                cadence=HOUR,
            )
            for n in range(14)
        ]
        await store.write(lambda uow, spans=spans: uow.put_spans(spans))

    async def ask(after: tuple[int, int] | None, limit: int) -> list:
        return await store.read(
            lambda r: r.stretches("door-1/main", since=NOW, after=after, limit=limit)
        )

    found, after = [], None
    for _ in range(20):
        some = await ask(after, 4)
        found += some
        after = some[-1][0] if some else after
    assert found == await ask(None, 999)
    assert [place for place, _ in found] == [(start, n) for start in (1, 2, 3) for n in range(14)]
    assert found[15][1] == Stretch(Verdict.UP, NOW + 41 * HOUR, NOW + 41 * HOUR, HOUR)
