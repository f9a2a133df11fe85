"""
The section `isolation`: thresholds, and the canaries as `host:port` or a check's options.

A canary is asked on demand and stands for no subject, so what has to do with slots,
policies and tickets is refused.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    model_validator,
)

from fettled.config.bare import OrText
from fettled.config.checks import Check, Scheduled, options_of
from fettled.core.errors import InvalidError
from fettled.core.isolation import Canary, Rules
from fettled.core.reach import requirement_of
from fettled.core.words import Requires
from fettled.options import Options, PositiveDuration
from fettled.ports import CanarySpec, IsolationSpec
from fettled.probes import TYPES, gateway
from fettled.probes.tools import Tools

#: What a check has and a canary has not.
_SCHEDULE = ("interval", "retry_interval", "policy", "primary", "formerly")


def _expand(value: object) -> object:
    """Write `host:port` out as the options of a TCP connect."""
    if not isinstance(value, str):
        return value
    host, colon, port = value.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        colon = ""
    if not (colon and host and port.isascii() and port.isdigit()):
        msg = "must be host:port, such as 192.0.2.1:443 or [2001:db8::1]:443, or a mapping"
        raise ValueError(msg)
    return {"type": "tcp", "host": host, "port": int(port)}


def _check(canary: Scheduled) -> Scheduled:
    if TYPES[canary.type].passive:
        msg = f"a {canary.type} reports by itself and cannot be asked; use another type"
        raise ValueError(msg)
    if given := [name for name in _SCHEDULE if getattr(canary, name)]:
        msg = f"a canary is asked on demand and has no {' or '.join(given)}; remove it"
        raise ValueError(msg)
    return canary


if TYPE_CHECKING:
    CanaryRef = Scheduled
else:
    CanaryRef = Annotated[Check, BeforeValidator(_expand), AfterValidator(_check), OrText]


class Isolation(Options):
    """How the monitor tells that it is cut off itself."""

    enabled: bool = Field(default=True, description="Ask before a network failure is believed.")
    canaries: list[CanaryRef] = Field(
        [],
        description="Whose answer proves that the network works: `host:port` for a TCP connect, or"
        " the options of a check that is no heartbeat, with `timeout` and `requires`.",
    )
    gateway: bool = Field(default=True, description="Have the default gateway as a canary too.")
    quorum: Annotated[int, Field(ge=1, le=100)] = Field(
        1, description="Canaries that must answer for the network to count as working."
    )
    min_checks: Annotated[int, Field(ge=2, le=100_000)] = Field(
        10, description="Checks that must fail at once where no canary has a vote."
    )
    hold: PositiveDuration = Field(
        timedelta(minutes=5),
        description="How long isolation is believed without proof from a canary.",
    )
    timeout: PositiveDuration = Field(
        timedelta(seconds=3), description="How long a canary may take that does not say it itself."
    )

    @model_validator(mode="after")
    def _quorum_can_be_met(self) -> Self:
        most = len(self.canaries) + self.gateway
        if self.quorum > max(most, 1):
            msg = f"asks for a quorum of {self.quorum}, and there are {most} canaries: lower it"
            raise ValueError(msg)
        return self


def isolation_spec(section: Isolation, tools: Tools, faults: list[str]) -> IsolationSpec:
    """Make the canaries of *section*; what cannot be used is added to *faults*."""
    made: list[CanarySpec] = []
    if section.gateway:
        near = Canary("gateway", Requires.LAN)
        made.append(CanarySpec(near, gateway.make(tools), section.timeout))
    for index, check in enumerate(section.canaries):
        options = options_of(check)
        host = TYPES[check.type].host(options)
        # One on this machine proves nothing; whoever names it anyway has his reasons.
        network = check.requires or requirement_of(host)
        far = Canary(_name_of(check), Requires.LAN if network is Requires.NONE else network)
        make: Any = TYPES[check.type].make
        try:
            probe = make(options, tools)
        except InvalidError as error:
            faults.append(f"isolation.canaries[{index}]: {error}")
            continue
        made.append(CanarySpec(far, probe, check.timeout or section.timeout))
    rules = Rules(section.quorum, section.min_checks, section.hold)
    return IsolationSpec(tuple(made), rules, section.enabled)


def _name_of(canary: Scheduled) -> str:
    """Name a canary as it is told of in messages."""
    options = options_of(canary)
    host = TYPES[canary.type].host(options) or canary.type
    port = getattr(options, "port", None)
    return f"{host}:{port}" if canary.type == "tcp" else f"{host} ({canary.type})"
