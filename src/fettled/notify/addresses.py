"""
Where a receiver may be: the rule about addresses, asked of each one that is connected to.

A receiver's URL is configuration, but what its name resolves to is not: whoever runs that
name could otherwise have the daemon call services of its own network (SSRF). Names are not
judged here, for the same name may mean something else a moment later (rebinding).

Source: OWASP ASVS 5 V1.3.6; `ipaddress.is_private` alone lets through what is listed below.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Services that tell a machine's secrets to whoever asks from inside. Never a receiver.
_METADATA = tuple(
    ipaddress.ip_network(each)
    for each in (
        "169.254.0.0/16",  # AWS, Google, Azure, OpenStack; and link-local altogether
        "fe80::/10",
        "fd00:ec2::254/128",  # AWS over IPv6
        "fd20:ce::254/128",  # Google over IPv6
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure's host
        "192.0.0.192/32",  # Oracle
    )
)
#: Not of the public network, although older Pythons call some of them global.
_PRIVATE = tuple(
    ipaddress.ip_network(each)
    for each in (
        *(
            "100.64.0.0/10",
            "192.0.0.0/24",
            "198.18.0.0/15",
            "192.88.99.0/24",
            "fec0::/10",
            "::/96",
            "3fff::/20",
        ),
        "64:ff9b:1::/48",  # NAT64 of one's own network (RFC 8215), where that leads
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
_LAST_32_BITS = 0xFFFFFFFF


def refusal(address: str, *, allow_private: bool) -> str | None:
    """
    Say why a receiver may not be at *address*; None: it may.

    Args:
        address: as the socket is given it, with a zone perhaps.
        allow_private: receivers of one's own network are meant, loopback included.
    """
    try:
        given = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return f"{address} is not an address"
    meant = list(_meant(given))
    inner = [*meant, *_guessed(given)]
    if any(each in net for each in inner for net in _METADATA if net.version == each.version):
        return f"{address} is a metadata or link-local address, which is never a receiver"
    if any(each.is_multicast or each.is_unspecified or _is_broadcast(each) for each in meant):
        return f"{address} is no single host's address"
    if not allow_private and not all(map(_is_public, meant)):
        return f"{address} is not a public address; allow_private: true allows it"
    return None


def _meant(given: Address) -> Iterator[Address]:
    """Give the address, and the IPv4 addresses that are written inside it."""
    yield given
    if not isinstance(given, ipaddress.IPv6Address):
        return
    if given.ipv4_mapped is not None:
        yield given.ipv4_mapped
    if given.sixtofour is not None:
        yield given.sixtofour
    if given.teredo is not None:
        yield from given.teredo
    if given in _NAT64 or given in _LOCAL_NAT64 or int(given) >> 32 == 0:
        yield ipaddress.IPv4Address(int(given) & _LAST_32_BITS)


def _guessed(given: Address) -> Iterator[Address]:
    """
    Give the IPv4 addresses that may be written around bits 64 to 71, which RFC 6052 skips.

    Whoever runs the local prefix may have cut a longer one out of it: of 48, 56 or 64 bits.
    Guesses, of which most mean nothing: they can only be held against an address.
    """
    if given not in _LOCAL_NAT64:
        return
    for before in (16, 8, 0):
        after = 32 - before
        high = int(given) >> 64 & ((1 << before) - 1)
        low = int(given) >> (56 - after) & ((1 << after) - 1)
        yield ipaddress.IPv4Address(high << after | low)


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None or address in _NAT64:
            return True  # as public as what is written inside, which is judged too
        if address.is_site_local:
            return False
    listed = any(address in net for net in _PRIVATE if net.version == address.version)
    return address.is_global and not address.is_reserved and not listed


def _is_broadcast(address: Address) -> bool:
    return address == ipaddress.IPv4Address("255.255.255.255")
