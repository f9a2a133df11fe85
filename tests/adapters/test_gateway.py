"""The default gateway as a canary: read from the kernel's tables, asked by ping or by TCP."""

from __future__ import annotations

import errno
import socket
from datetime import timedelta
from pathlib import Path

import pytest

import probing
from fettled.core.observations import Outcome, Reason
from fettled.core.reach import proves_network
from fettled.core.words import Verdict
from fettled.probes import gateway
from fettled.probes.run import run
from mute import fall_silent, hosts

HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
ROW4 = "{device}\t{to}\t{via}\t{flags}\t0\t0\t{metric}\t{mask}\t0\t0\t0\n"
ROW6 = "{to} {length} {to0} 00 {via} {metric:08x} 00000001 00000000 {flags:08x}     {device}\n"
ZERO6 = "0" * 32


def row4(address: str, *, metric: int = 0, **fields: str) -> str:
    """Write a default route of IPv4 as Linux does, on a little-endian machine."""
    via = "".join(f"{int(part):02X}" for part in reversed(address.split(".")))
    known = {"device": "eth0", "to": "00000000", "flags": "0003", "mask": "00000000"}
    return ROW4.format(via=via, metric=metric, **{**known, **fields})


def row6(via: str, *, metric: int = 1024, flags: int = 3, to: str = ZERO6) -> str:
    """Write a route of IPv6."""
    packed = socket.inet_pton(socket.AF_INET6, via).hex()
    return ROW6.format(
        to=to, length="00", to0=ZERO6, via=packed, metric=metric, flags=flags, device="eth0"
    )


def write(directory: Path, four: str = "", six: str = "") -> dict[str, Path]:
    """Write both tables."""
    paths = {"routes4": directory / "route", "routes6": directory / "ipv6_route"}
    paths["routes4"].write_text(HEAD + four)
    paths["routes6"].write_text(six)
    return paths


@pytest.mark.parametrize(
    ("four", "six", "address"),
    [
        (row4("10.0.0.1"), "", "10.0.0.1"),
        (row4("10.0.0.2", metric=600) + row4("10.0.0.1", metric=100), "", "10.0.0.1"),
        (row4("10.0.0.9", to="0000000A", mask="000000FF") + row4("10.0.0.1"), "", "10.0.0.1"),
        (row4("0.0.0.0", flags="0001"), "", None),
        (row4("10.0.0.1", flags="0002"), "", None),
        ("", row6("fe80::1"), "fe80::1%eth0"),
        ("", row6("2001:db8::1"), "2001:db8::1"),
        ("", row6("::", flags=0x200), None),
        (row4("10.0.0.1", metric=5000), row6("fe80::1", metric=1), "10.0.0.1"),
        ("a few words\n\n", "more words\n", None),
        ("", "", None),
    ],
)
def test_the_default_gateway_is_read_from_the_routes(
    four: str, six: str, address: str | None, tmp_path: Path
) -> None:
    """The best metric, IPv4's first; a network that is attached has no gateway."""
    assert gateway.default_gateway(**write(tmp_path, four, six)) == address


def test_a_system_without_these_files_has_no_gateway(tmp_path: Path) -> None:
    """A container may hide them."""
    missing = tmp_path / "no"

    assert gateway.default_gateway(missing, missing) is None


async def _ask(directory: Path, address: str, port: int) -> Outcome:
    paths = write(directory, row4(address))
    async with probing.tools() as opened:
        probe = gateway.make(opened, port=port, **paths)
        return (await run(probe, timedelta(seconds=1), probing.no_lag)).outcome


class _NoPings(socket.socket):
    """A machine that lets nobody ping."""

    def __init__(self, *given: int, **named: int) -> None:
        if {socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6} & {*given[2:3], named.get("proto")}:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        super().__init__(*given, **named)


async def test_without_the_right_to_ping_it_is_asked_by_tcp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It accepts, refuses, or is silent; the first two are answers."""
    with hosts("127.0.78.1") as (host,):
        monkeypatch.setattr(socket, "socket", _NoPings)
        accepted = await _ask(tmp_path, host.address, host.port)
        fall_silent(host)
        silent = await _ask(tmp_path, host.address, host.port)
        port = host.port
    refused = await _ask(tmp_path, "127.0.78.1", port)

    assert accepted.verdict is Verdict.UP, accepted
    assert silent.reason is Reason.TIMEOUT, silent
    assert refused.reason is Reason.REFUSED, refused
    assert [proves_network(each.reason) for each in (accepted, silent, refused)] == [
        True,
        False,
        True,
    ]


async def test_no_default_route_is_no_answer(tmp_path: Path) -> None:
    """The cable is out and the route went with it: a gateway that had answered is silent now."""
    paths = write(tmp_path)
    async with probing.tools() as opened:
        outcome = (
            await run(gateway.make(opened, **paths), timedelta(seconds=1), probing.no_lag)
        ).outcome

    assert outcome.reason is Reason.UNREACHABLE
    assert not proves_network(outcome.reason)
