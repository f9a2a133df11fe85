"""Clients that are slow, silent, gone or many: the others do not notice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from fettled.core.errors import ConfigError
from fettled.core.tickets import Actor
from fettled.web.listening import Limits, open_web
from web.conftest import House, Logs

HEAD = b"GET /health-check HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture
async def small() -> AsyncIterator[House]:
    """Serve a house of few connections and little patience."""
    made = House(limits=Limits(idle_seconds=0.3, linger_seconds=0.1, connections=8))
    async with made.serve():
        yield made


async def closed(reader: asyncio.StreamReader) -> bytes:
    """Read until the other end closes; what came."""
    async with asyncio.timeout(5):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize("sent", [b"", b"GET", HEAD])
async def test_a_head_that_does_not_end_is_hung_up_on(small: House, sent: bytes):
    """Silence, half a line or half a head: closed after the idle time, unanswered."""
    reader, writer = await asyncio.open_connection(*small.address)
    writer.write(sent)
    assert await closed(reader) == b""
    writer.close()


async def test_a_thousand_slow_clients_cannot_stop_a_health_check(house: House):
    """
    At the cap the one that has waited longest goes, so a new caller always gets in.

    Seen to fail with `Door.admit` closing the new connection instead of the oldest.
    """
    house.limits = Limits(connections=32)
    async with house.serve():
        slow = []
        for _ in range(100):
            reader, writer = await asyncio.open_connection(*house.address)
            writer.write(HEAD)
            slow.append((reader, writer))
        async with asyncio.timeout(5), aiohttp.ClientSession(house.url) as session:
            assert (await session.get("/health-check")).status == 200
        for _, writer in slow:
            writer.close()


async def test_a_body_that_does_not_come_is_408(
    small: House, monkeypatch: pytest.MonkeyPatch, logs: Logs
):
    """The body has a deadline of its own, and its connection ends with it."""
    monkeypatch.setattr("fettled.web.reading._BODY_SECONDS", 0.1)
    token = await small.token()
    reader, writer = await asyncio.open_connection(*small.address)
    writer.write(
        b"POST /api/v1/tickets/42/actions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer " + token.encode() + b"\r\nContent-Length: 50\r\n\r\n{"
    )
    answer = await closed(reader)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer
    writer.close()
    assert logs.text == ""


async def test_without_a_token_no_body_is_waited_for(small: House):
    """A stranger's large body is answered before it has come, and not read."""
    reader, writer = await asyncio.open_connection(*small.address)
    writer.write(
        b"POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 1000000\r\n\r\n{"
    )
    assert (await closed(reader)).startswith(b"HTTP/1.1 401 ")
    writer.close()


async def test_a_client_that_goes_away_leaves_no_trace(
    house: House, logs: Logs, capfd: pytest.CaptureFixture[str]
):
    """A connection cut within its body, or before its answer, is not our failure."""
    token = await house.token()
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slow_reload(*, force: bool, by: Actor) -> list[str]:
        asked.set()
        await answer.wait()
        return []

    house.reload = slow_reload
    start = b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer "
    async with house.serve():
        _, cut = await asyncio.open_connection(*house.address)
        cut.write(
            b"POST /api/v1/tokens" + start + token.encode() + b"\r\nContent-Length: 9\r\n\r\n{"
        )
        await cut.drain()
        cut.transport.abort()
        _, gone = await asyncio.open_connection(*house.address)
        gone.write(b"POST /api/v1/reload" + start + token.encode() + b"\r\n\r\n")
        async with asyncio.timeout(5):
            await asked.wait()
        gone.transport.abort()
        async with aiohttp.ClientSession(house.url) as session:
            assert (await session.get("/health-check")).status == 200
        answer.set()
    captured = capfd.readouterr()
    assert captured.out + captured.err + logs.text == ""


async def test_a_connection_of_our_own_that_fails_is_our_fault(house: House, logs: Logs):
    """Only a client that is gone is let off; the caller who waits gets a 500, the log the rest."""

    async def fail(*, force: bool, by: Actor) -> list[str]:
        detail = "10.0.0.9 hung up"
        raise ConnectionResetError(detail)

    house.reload = fail
    async with house.serve(), aiohttp.ClientSession(house.url) as session:
        response = await session.post("/api/v1/reload", headers=await house.headers())
        assert response.status == 500
        assert "10.0.0.9" not in await response.text()
    assert "http.request_failed" in logs.err.getvalue()


async def test_a_use_case_that_hangs_is_503(house: House):
    """Nobody waits for ever; whether it was done is said to be unknown."""
    house.routes = tuple(replace(route, seconds=0.05) for route in house.routes)

    async def hang(*, force: bool, by: Actor) -> list[str]:
        await asyncio.Event().wait()
        return []

    house.reload = hang
    async with house.serve(), aiohttp.ClientSession(house.url) as session:
        response = await session.post("/api/v1/reload", headers=await house.headers())
        assert response.status == 503
        assert response.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("192.0.2.1", "cannot be used"),
        ("no.such.host.invalid", "names no address of this machine"),
    ],
)
async def test_an_address_that_is_not_ours_is_one_sentence(house: House, host: str, words: str):
    """The operator is told which setting and why."""
    with pytest.raises(ConfigError, match=words) as told:
        async with open_web(house_app(house), listen=[(host, 1)]):
            pass
    assert str(told.value).startswith(f"server.listen: {host}:1 ")
    assert "\n" not in str(told.value)


async def test_a_busy_port_is_one_sentence(house: House):
    """A second program on the port is named as such."""
    with pytest.raises(ConfigError, match=r"address already in use.*choose another"):
        async with open_web(house_app(house), listen=[house.address]):
            pass


def house_app(house: House) -> aiohttp.web.Application:
    """Make an application to fail to serve."""
    return aiohttp.web.Application()
