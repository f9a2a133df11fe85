"""
ICMP: echo requests to one address; down only when every one of them is lost.

The options, and what the answers mean. The sockets, the table of what is under way and
the bytes on the wire are `echo`'s.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Annotated, Literal

from pydantic import Field

from fettled.core.observations import Outcome, Reason
from fettled.core.words import Verdict
from fettled.options import Host, Options, PositiveDuration
from fettled.ports import Probe
from fettled.probes.echo import EchoSocket
from fettled.probes.progress import reach
from fettled.probes.tools import Tools
from fettled.probes.verdicts import down, up


class IcmpOptions(Options):
    """Whom to ping, how often, and how much may be lost."""

    type: Literal["icmp"]
    host: Host = Field(description="Host name or IP address.")
    family: Literal["any", "ipv4", "ipv6"] = Field("any", description="Addresses to use.")
    count: Annotated[int, Field(ge=1, le=20)] = Field(3, description="Packets before it is down.")
    spacing: PositiveDuration = Field(
        timedelta(milliseconds=300), description="Wait for an answer before the next packet."
    )
    wait: PositiveDuration = Field(
        timedelta(seconds=1), description="Wait for answers after the last packet."
    )
    size: Annotated[int, Field(ge=16, le=1400)] = Field(56, description="Bytes of payload.")
    max_loss: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        None, description="Share of packets that may be lost before it is degraded."
    )


def host(options: IcmpOptions) -> str:
    """Count the cap by the host as it is written."""
    return options.host


def make(options: IcmpOptions, tools: Tools) -> Probe:
    """Make the probe; nothing is opened before it runs."""

    async def look() -> Outcome:
        addresses = await tools.resolver.addresses(options.host, options.family)
        tally = _Tally(options)
        reach("waiting for echo replies", blame=tally.outcome)
        await _ping(options, tools.echo(addresses[0]), addresses[0], tally)
        return tally.outcome()

    return look


@dataclass(slots=True)
class _Tally:
    """What became of the packets of one run; also asked when the deadline cuts it short."""

    options: IcmpOptions
    sent: int = 0
    unreachable: int = 0
    rtts: list[float] = field(default_factory=list)

    def outcome(self) -> Outcome:
        """Down only if every packet is lost; degraded if more than `max_loss` of them are."""
        name, lost = self.options.host, self.sent - len(self.rtts)
        figures = {"sent": float(self.sent), "lost": float(lost)}
        if not self.rtts:
            if self.unreachable:
                text = f"{name} is unreachable, says the network"
                return down(Reason.UNREACHABLE, text, figures)
            return down(Reason.TIMEOUT, f"{name} answered none of {self.sent} pings", figures)
        figures["rtt"] = min(self.rtts)
        limit = self.options.max_loss
        if limit is not None and lost > limit * self.sent:
            text = f"{name} lost {lost} of {self.sent} pings"
            return Outcome(Verdict.DEGRADED, Reason.PACKET_LOSS, text, figures=figures)
        return up(f"{name} answered in {min(self.rtts) * 1000:.1f} ms", **figures)


async def _ping(options: IcmpOptions, echo: EchoSocket, address: str, tally: _Tally) -> None:
    """
    Send one packet after another.

    Without `max_loss` the first reply settles it; with it, every packet is sent.
    """
    loop = asyncio.get_running_loop()
    waiting: set[asyncio.Future[bool]] = set()
    numbers: list[int] = []

    def answered(sent_at: float, answer: asyncio.Future[bool]) -> None:
        if answer.cancelled():
            return
        if answer.result():
            tally.rtts.append(time.perf_counter() - sent_at)
        else:
            tally.unreachable += 1

    try:
        for number in range(1, options.count + 1):
            tally.sent += 1
            key, answer = echo.send(address, options.size)
            numbers.append(key)
            answer.add_done_callback(partial(answered, time.perf_counter()))
            waiting.add(answer)
            limit = options.spacing if number < options.count else options.wait
            waiting = await _gather(waiting, loop.time() + limit.total_seconds(), options, tally)
            if tally.rtts and options.max_loss is None:
                return
    finally:
        for key in numbers:
            echo.forget(key)


async def _gather(
    waiting: set[asyncio.Future[bool]], until: float, options: IcmpOptions, tally: _Tally
) -> set[asyncio.Future[bool]]:
    """Wait until all have answered, or enough, or *until*; give those still out."""
    loop = asyncio.get_running_loop()
    while waiting and (left := until - loop.time()) > 0:
        _, waiting = await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if tally.rtts and options.max_loss is None:
            break
    return waiting
