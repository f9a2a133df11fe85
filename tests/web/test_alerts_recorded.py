"""For how long a signed message is believed, and how much longer it is known again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fakes import FakeClock
from fettled.web.problems import Problem
from fettled.web.routes import Proven
from fettled.web.sources import prove_source
from web.test_alerts_again import FIRING, OVER, SOURCES, grafanas, send, standard, ticket
from web_house import WebHouse, open_house

SECOND = timedelta(seconds=1)
#: How long a body may take to arrive.
BODY = 10 * SECOND
#: How long a signature is believed.
BELIEVED = 300 * SECOND
NAMES = ["signed", "dated"]


def signed(name: str) -> dict[str, str]:
    """Sign a message now, as that source does."""
    return standard(FIRING, "m1") if name == "signed" else grafanas(FIRING)


def time_of(headers: dict[str, str]) -> datetime:
    """When it was signed."""
    return datetime.fromtimestamp(int(headers.get("X-At") or headers["webhook-timestamp"]), UTC)


async def prove(  # noqa: PLR0917 - who, what, and the three times that matter
    house: WebHouse,
    name: str,
    headers: dict[str, str],
    clock: FakeClock,
    took: timedelta,
    at: timedelta,
) -> Proven | None:
    """Have it judged whose head came *at* after it was signed, and its body *took* longer."""
    clock.step_wall(time_of(headers) + at - clock.wall())

    async def read() -> bytes:
        clock.advance(took)
        return FIRING

    services = replace(house.services, wall=clock.wall)
    return await prove_source(services, {"source": name}, headers, read)


@pytest.mark.parametrize("name", NAMES)
async def test_a_signature_is_as_old_as_it_is_once_all_was_read(tmp_path: Path, name: str) -> None:
    """
    Its body may dribble in: at the end of that it is too old.

    Seen to fail where the time was taken before the body was read.
    """
    async with open_house(tmp_path, SOURCES) as house:
        headers, clock = signed(name), FakeClock()
        whole = await prove(house, name, headers, clock, took=BODY, at=BELIEVED - BODY)
        assert whole is not None
        with pytest.raises(Problem, match="older than 5 minutes"):
            await prove(house, name, headers, clock, took=BODY, at=BELIEVED - SECOND)


@pytest.mark.parametrize("name", NAMES)
async def test_a_message_is_known_for_longer_than_it_is_believed(tmp_path: Path, name: str) -> None:
    """
    What is decided after it was believed may wait for its turn, and still knows it again.

    Seen to fail where it was forgotten in the second in which it was believed last.
    """
    async with open_house(tmp_path, SOURCES) as house:
        headers = signed(name)
        proven = await prove(house, name, headers, FakeClock(), took=timedelta(), at=timedelta())
        assert proven is not None
        assert proven.message is not None
        assert proven.message.until - time_of(headers) >= 2 * BELIEVED


async def test_a_later_try_has_no_effect_once_the_first_is_forgotten(tmp_path: Path) -> None:
    """
    It was answered as taken: recorded, it would be believed longer than the first is known.

    Seen to fail where a try that did nothing was not remembered.
    """
    async with open_house(tmp_path, SOURCES) as house:
        clock = FakeClock()
        house.assembly.alarms._clock = clock
        first, later = standard(FIRING, "m1", ago=290), standard(FIRING, "m1")
        clock.step_wall(time_of(later) - clock.wall())
        assert (await send(house, FIRING, first, "signed"))[0] == 200
        await send(house, OVER, standard(OVER, "m2"), "signed")
        clock.advance(2 * BELIEVED - 295 * SECOND)
        assert (await send(house, FIRING, later, "signed"))[1]["taken"] == 0
        clock.advance(10 * SECOND)

        assert (await send(house, FIRING, later, "signed"))[1]["taken"] == 0
        assert await ticket(house) == ("resolved", 0)
