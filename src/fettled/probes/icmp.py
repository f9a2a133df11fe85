"""
ICMP: echo requests to one address; down only when every one of them is lost.

The options, and what the answers mean. The sockets, the table of what is under way and
the bytes on the wire are `echo`'s.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from fettled.ports import Probe
from fettled.probes.options import Host, Options, PositiveDuration
from fettled.probes.tools import Tools


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
    raise NotImplementedError
