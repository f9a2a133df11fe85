"""
The default gateway as a canary: read from the kernel's routes at each use, then asked.

It is pinged where we may send pings. Where we may not, a TCP connect to its port 53 stands
in: that it accepts or refuses is an answer, and one that drops it silently never answers,
so it gets no vote. The neighbour table is not asked: an entry stays in it for minutes after
the neighbour is gone. No type of check: targets name their hosts.
"""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from pathlib import Path

from fettled.core.observations import Outcome, Reason
from fettled.ports import Probe
from fettled.probes import icmp, tcp
from fettled.probes.icmp import IcmpOptions
from fettled.probes.tcp import TcpOptions
from fettled.probes.tools import Tools
from fettled.probes.verdicts import ProbeFailedError, down

ROUTES4 = Path("/proc/net/route")
ROUTES6 = Path("/proc/net/ipv6_route")
#: RTF_UP and RTF_GATEWAY: in use, and through somebody else.
_THROUGH_A_GATEWAY = 0x3
_COLUMNS4, _COLUMNS6 = 8, 10
_NOWHERE = "0" * 8
_NOWHERE6 = "0" * 32
#: Gateways mostly resolve names; where they do not, the port is closed, which is an answer.
_PORT = 53


def make(
    tools: Tools, *, routes4: Path = ROUTES4, routes6: Path = ROUTES6, port: int = _PORT
) -> Probe:
    """Make the probe of whatever the default gateway is when it runs."""

    async def look() -> Outcome:
        address = default_gateway(routes4, routes6)
        if address is None:
            return down(Reason.UNREACHABLE, "this machine has no default gateway")
        # Not validated: options of checks know no zone, which a gateway of IPv6 mostly has.
        ping = IcmpOptions.model_construct(
            type="icmp", host=address, count=2, spacing=timedelta(milliseconds=500)
        )
        try:
            return await icmp.make(ping, tools)()
        except ProbeFailedError as error:
            if error.outcome.reason is not Reason.PERMISSION:
                raise
        door = TcpOptions.model_construct(type="tcp", host=address, port=port)
        return await tcp.make(door, tools)()

    return look


def default_gateway(routes4: Path = ROUTES4, routes6: Path = ROUTES6) -> str | None:
    """Read the address of the default gateway with the best metric, IPv4's before IPv6's."""
    found = [*_gateways4(_lines(routes4)), *_gateways6(_lines(routes6))]
    best = min(found, default=None)
    return best[2] if best is not None else None


def _lines(path: Path) -> list[list[str]]:
    try:
        return [line.split() for line in path.read_text(encoding="ascii").splitlines()]
    except (OSError, UnicodeDecodeError):
        return []


def _gateways4(lines: list[list[str]]) -> list[tuple[int, int, str]]:
    """Columns: interface, destination, gateway, flags, refs, use, metric, mask."""
    found = []
    for words in lines:
        if len(words) < _COLUMNS4 or words[1] != _NOWHERE or words[7] != _NOWHERE:
            continue
        if int(words[3], 16) & _THROUGH_A_GATEWAY == _THROUGH_A_GATEWAY:
            packed = bytes.fromhex(words[2])[::-1]  # as it lies in this machine's memory
            found.append((4, int(words[6]), str(ipaddress.IPv4Address(packed))))
    return found


def _gateways6(lines: list[list[str]]) -> list[tuple[int, int, str]]:
    """Columns: destination and source with lengths, next hop, metric, refs, use, flags, device."""
    found = []
    for words in lines:
        if len(words) < _COLUMNS6 or words[0] != _NOWHERE6 or words[1] != "00":
            continue
        if int(words[8], 16) & _THROUGH_A_GATEWAY == _THROUGH_A_GATEWAY:
            address = ipaddress.IPv6Address(bytes.fromhex(words[4]))
            zone = f"%{words[9]}" if address.is_link_local else ""
            found.append((6, int(words[5], 16), f"{address}{zone}"))
    return found
