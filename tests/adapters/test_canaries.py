"""Canaries asked over the real network of this machine: who answers, who falls silent."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

import pytest

import probing
from fakes import FakeClock
from fettled.app.canaries import Canaries
from fettled.core.isolation import Canary
from fettled.core.words import Requires
from fettled.ports import CanarySpec
from fettled.probes import tcp
from fettled.probes.run import run
from fettled.probes.tcp import TcpOptions
from fettled.probes.tools import Tools
from mute import Host, fall_silent, hosts, speak

S = timedelta(seconds=1)


def _spec(name: str, host: Host, opened: Tools) -> CanarySpec:
    options = TcpOptions(type="tcp", host=host.address, port=host.port)
    return CanarySpec(Canary(name, Requires.LAN), tcp.make(options, opened), 0.3 * S)


async def test_servers_that_answer_are_stopped_and_come_back() -> None:
    """
    A silent one is a failure within its timeout; one that refuses has answered.

    A vote, once earned, is kept until it is taken.
    """
    clock = FakeClock()
    with hosts("127.0.79.1", "127.0.79.2") as (one, two):
        async with probing.tools() as opened:
            canaries = Canaries(partial(run, lag=probing.no_lag), clock)
            canaries.configure((_spec("one", one, opened), _spec("two", two, opened)))
            assert canaries.are_mute
            first = await canaries.ask()
            assert first.answered == {"one", "two"}
            assert not canaries.are_mute

            fall_silent(one)
            assert await canaries.ask() is first
            clock.advance(3 * S)
            second = await canaries.ask()
            assert (second.answered, second.failed) == ({"two"}, {"one"})
            assert canaries.trusted(Requires.LAN) == {"one", "two"}

            two.close()
            clock.advance(3 * S)
            assert (await canaries.ask()).answered == {"two"}
            speak(one)
            # What was dropped meanwhile is sent again by the kernel for a second or so.
            for _ in range(20):
                clock.advance(3 * S)
                if "one" in (await canaries.ask()).answered:
                    break
            else:
                pytest.fail("it never answered again")


async def test_many_ask_at_once_and_one_gives_up() -> None:
    """One asking for all; a caller that is cancelled takes it from nobody."""
    asked: list[str] = []
    with hosts("127.0.79.3") as (one,):
        async with probing.tools() as opened:

            async def counted(probe: object, timeout: timedelta) -> object:  # noqa: ASYNC109 - as the port has it
                asked.append("one")
                return await run(probe, timeout, probing.no_lag)  # type: ignore[arg-type]  # passed on

            canaries = Canaries(counted, FakeClock())  # type: ignore[arg-type]  # as above
            canaries.configure((_spec("one", one, opened),))
            waiting = [asyncio.create_task(canaries.ask()) for _ in range(5)]
            await asyncio.sleep(0)
            waiting[0].cancel()
            told = await asyncio.gather(*waiting, return_exceptions=True)

    assert isinstance(told[0], asyncio.CancelledError)
    assert [each.answered for each in told[1:]] == [{"one"}] * 4  # type: ignore[union-attr]  # rounds
    assert asked == ["one"]
