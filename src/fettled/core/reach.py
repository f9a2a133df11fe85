"""
What a look's outcome says about the network, and what a target needs of it.

Tables from a reason and from an address. Whether the monitor is cut off is
`fettled.core.isolation`'s to decide.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from fettled.core.observations import FAILURES, Failure, Reason
from fettled.core.words import Requires

#: What reads the same whether the target is gone or we are cut off. Everything else that
#: a target did (it refused, reset, answered wrongly) proves that the network works.
NETWORK_CLASS: frozenset[Reason] = frozenset(
    {Reason.TIMEOUT, Reason.UNREACHABLE, Reason.DNS, Reason.RESOLVER}
)
#: Verdicts that come from no packet: silence has no sender.
_NO_PACKET = frozenset({Reason.OVERDUE})

#: What must be reached for each requirement, the nearest first.
NEEDED: dict[Requires, tuple[Requires, ...]] = {
    Requires.NONE: (),
    Requires.LAN: (Requires.LAN,),
    Requires.INTERNET: (Requires.LAN, Requires.INTERNET),
}
#: The two networks that can be lost, the nearest first.
NETWORKS = NEEDED[Requires.INTERNET]

#: Names that mean a host of the site by themselves, as do names without a dot.
_SITE_SUFFIXES = (".local", ".lan", ".home", ".internal", ".localdomain", ".home.arpa")


def proves_network(reason: Reason) -> bool:
    """Whether a look that ended so has heard from the other side."""
    if reason in NETWORK_CLASS or reason in _NO_PACKET:
        return False
    return FAILURES[reason] is not Failure.OWN_FAULT


@lru_cache(maxsize=1 << 16)  # asked of every address of the fleet, again and again
def is_loopback(host: str) -> bool:
    """Whether *host* is this machine, as it is written; no host is nobody's."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def requirement_of(host: str) -> Requires:
    """
    Say what a target on *host* needs where the configuration does not.

    This machine needs no network; a private address, a name of the site and what names no
    host need the LAN; any other name or address lies beyond the site's uplink.
    """
    if is_loopback(host):
        return Requires.NONE
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.rstrip(".").lower()
        is_near = "." not in name or name.endswith(_SITE_SUFFIXES)
    else:
        is_near = not address.is_global
    return Requires.LAN if is_near else Requires.INTERNET
