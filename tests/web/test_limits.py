"""How much one caller may ask, and what of JSON is refused because it can be read two ways."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from fettled.core.permissions import Role
from fettled.web.keys import Settings
from fettled.web.problems import Problem
from fettled.web.rates import AtOnce, Rates
from fettled.web.strict_json import DEEPEST, parse_json
from web.conftest import House

FEW = Settings(version="0.1.0", requests_per_second=1, requests_burst=3, requests_at_once=2)


@pytest.mark.parametrize(
    ("raw", "status", "word"),
    [
        (b'{"a": 1, "a": 2}', 400, "a: is given more than once"),
        (b'{"x": {"b": 1, "b": 1}}', 400, "b: is given more than once"),
        (b'{"a": ":", "a": 2}', 400, "a: is given more than once"),
        (b'{"a": 1, "\\u0061": 2}', 400, "a: is given more than once"),
        (b'{"a": 1, "a": ' + b"9" * 5_000 + b"}", 400, "not JSON"),
        (b'{"a": 1e400}', 400, "not JSON"),
        (b'{"a": ' + b"9" * 4_000 + b"}", 400, "not JSON"),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), 400, "nested deeper"),
        (b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1), 400, "nested deeper"),
        (b"[" * 10_000 + b"]" * 10_000, 400, "nested deeper"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400, "nested deeper"),
        (b'{"a": NaN}', 400, "not JSON"),
        (b'{"a": -Infinity}', 400, "not JSON"),
        (b'{"a": "\\ud800"}', 400, "not JSON"),
        (b'{"a": "\xed\xa0\x80"}', 400, "not JSON"),
        (b'\xef\xbb\xbf{"a": 1}', 400, "not JSON"),
        (b'{"a": 1} {"a": 1}', 400, "not JSON"),
        (b"{'a': 1}", 400, "not JSON"),
        (b'{"a": 01}', 400, "not JSON"),
    ],
)
def test_what_can_be_read_two_ways_is_refused(raw: bytes, status: int, word: str):
    """
    A name given twice, too many levels, no number: 400 that says which.

    Seen to fail with `orjson.loads` alone: the last of the names was taken.
    """
    with pytest.raises(Problem) as refused:
        parse_json(raw)
    assert refused.value.status == status
    assert word in refused.value.detail


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": "b: c", "d": "\\"e\\": f", "g": ["\\\\", {"a": 1}], "h": {"a": ":"}}',
        b'{"a": "\\\\\\"", "b": {}}',
        b"[" * (DEEPEST - 1) + b"1" + b"]" * (DEEPEST - 1),
        b'"text with : in it"',
        b"{}",
    ],
)
def test_what_has_one_meaning_is_read(raw: bytes):
    """Colons and quotes in texts are no names."""
    parse_json(raw)


def test_a_number_beyond_all_bounds_is_no_whole_number():
    """It becomes a fraction, which no field of ours takes for a number of something."""
    value = parse_json(b'{"n": ' + b"9" * 30 + b"}")
    assert isinstance(value, dict)
    assert not isinstance(value["n"], int)


def test_a_bucket_fills_again():
    """So many at once, then so many a second; what is left does not grow beyond the burst."""
    now = 0.0
    rates = Rates(2, 3, lambda: now)
    for _ in range(3):
        rates.take("a")
    with pytest.raises(Problem) as refused:
        rates.take("a")
    assert refused.value.status == 429
    assert int(refused.value.headers["Retry-After"]) >= 1
    rates.take("b")
    now = 0.5
    rates.take("a")
    now = 1_000.0
    for _ in range(3):
        rates.take("a")
    with pytest.raises(Problem):
        rates.take("a")


def test_ten_thousand_callers_are_remembered_and_no_more():
    """Memory is bounded, whoever comes; those that came last are the ones that are held to it."""
    rates = Rates(1, 1, lambda: 0.0)
    for number in range(20_000):
        rates.take(f"address:{number}")
    assert len(rates) == 10_000
    with pytest.raises(Problem):
        rates.take("address:19999")


def test_whoever_asks_often_is_not_forgotten_for_those_who_came_once():
    """
    Ten thousand strangers must not give anybody a full bucket.

    Seen to fail with callers forgotten in the order in which they came first.
    """
    rates = Rates(1, 2, lambda: 0.0)
    rates.take("often")
    for number in range(9_999):
        rates.take(f"once:{number}")
    rates.take("often")
    rates.take("once:9999")
    with pytest.raises(Problem):
        rates.take("often")


def test_what_is_in_work_is_counted_down_again():
    """Also when it fails."""
    at_once = AtOnce(1)
    with at_once.one("a"), pytest.raises(Problem), at_once.one("a"):
        pass
    with pytest.raises(ZeroDivisionError), at_once.one("a"):
        raise ZeroDivisionError
    with at_once.one("a"):
        pass


async def test_too_many_requests_are_429_and_machines_are_not_counted(house: House):
    """
    A burst, then 429 with Retry-After; health and metrics go on.

    Seen to fail with `Gate.address` counting nothing.
    """
    other = House(settings=FEW)
    async with other.serve(), aiohttp.ClientSession(other.url) as session:
        headers = await other.headers()
        got = [(await session.get("/api/v1/tickets", headers=headers)).status for _ in range(4)]
        assert got == [200, 200, 200, 429]
        refused = await session.get("/api/v1/tickets", headers=headers)
        assert refused.content_type == "application/problem+json"
        assert refused.headers["Retry-After"] == "1"
        for path in ("/health-check", "/metrics") * 5:
            assert (await session.get(path)).status == 200


async def test_who_has_no_token_is_counted_too():
    """Asking for nothing costs as much as asking for something."""
    other = House(settings=FEW)
    async with other.serve(), aiohttp.ClientSession(other.url) as session:
        got = [(await session.get("/api/v1/tickets")).status for _ in range(4)]
    assert got == [401, 401, 401, 429]


async def test_an_address_has_so_much_in_work_at_a_time():
    """Others' requests that hang do not use up the whole daemon; the next one is told so."""
    other = House(settings=FEW)
    release = asyncio.Event()

    async def hang(*, force: bool = False, **_: object) -> list[str]:
        await release.wait()
        return []

    other.reload = hang
    async with other.serve(), aiohttp.ClientSession(other.url) as session:
        headers = await other.headers(Role.ADMIN)
        hanging = [
            asyncio.create_task(session.post("/api/v1/reload", headers=headers)) for _ in range(2)
        ]
        async with asyncio.timeout(5):
            while (await session.get("/docs")).status != 429:
                await asyncio.sleep(0.01)
        release.set()
        assert [(await task).status for task in hanging] == [200, 200]


async def test_the_control_socket_is_not_counted(tmp_path: Path):
    """Whoever administers the machine is not kept out by what others do."""
    other = House(settings=FEW, control=tmp_path / "control")
    connector = aiohttp.UnixConnector(str(tmp_path / "control"))
    async with other.serve(), aiohttp.ClientSession("http://control", connector=connector) as root:
        got = {(await root.get("/api/v1/tickets")).status for _ in range(20)}
    assert got == {200}
