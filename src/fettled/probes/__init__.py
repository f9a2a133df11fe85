"""
The probes: code that looks once at a target and says what it found.

One file per type holds its options beside its code; `TYPES` names them all. A new type
is one file and one line here. Heavy libraries are imported when a probe is made, so
that reading the options costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fettled.options import Options
from fettled.ports import Probe
from fettled.probes import dns, heartbeat, http, icmp, tcp, tls
from fettled.probes.tools import Tools


@dataclass(frozen=True, slots=True)
class ProbeType:
    """
    A kind of probe.

    Attributes:
        options: what may stand in the configuration beside `type`.
        make: from options and tools to a probe; raises InvalidError naming the field
            when something outside the options (a file, a library) is missing. None
            for passive types.
        host: what the in-flight cap per host counts by; empty for none.
        passive: its evidence is pushed to us, so there is nothing to run.
    """

    options: type[Options]
    make: Callable[[Any, Tools], Probe] | None
    host: Callable[[Any], str]
    passive: bool = False


TYPES: Mapping[str, ProbeType] = {
    "http": ProbeType(http.HttpOptions, http.make, http.host),
    "tcp": ProbeType(tcp.TcpOptions, tcp.make, tcp.host),
    "icmp": ProbeType(icmp.IcmpOptions, icmp.make, icmp.host),
    "dns": ProbeType(dns.DnsOptions, dns.make, dns.host),
    "tls": ProbeType(tls.TlsOptions, tls.make, tls.host),
    "heartbeat": ProbeType(heartbeat.HeartbeatOptions, None, heartbeat.host, passive=True),
}
