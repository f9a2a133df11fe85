"""
DNS: ask for one name and judge the answer.

The options, and what an answer means. Exchanging messages is `lookup`'s, the system's
nameservers are the resolver's.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from fettled.ports import Probe
from fettled.probes.options import Host, OneOrMany, Options, Port
from fettled.probes.tools import Tools


def _not_empty(text: str) -> str:
    if not text.strip() or any(ord(char) <= ord(" ") for char in text.strip()):
        msg = "is not a DNS name: write one such as www.example.org"
        raise ValueError(msg)
    return text.strip()


class DnsOptions(Options):
    """Which question to ask, whom, and which answers are right."""

    type: Literal["dns"]
    name: Annotated[str, AfterValidator(_not_empty), Field(max_length=253)] = Field(
        description="Name to look up."
    )
    record: Literal[
        "A", "AAAA", "CAA", "CNAME", "DNSKEY", "DS", "MX", "NS", "PTR", "SOA", "SRV", "TXT"
    ] = Field("A", description="Record type.")
    servers: OneOrMany[Host] = Field(
        (), description="Nameservers, tried in order; default: the system's."
    )
    port: Port = Field(53, description="Port of those nameservers.")
    tcp: bool = Field(default=False, description="Ask over TCP instead of UDP.")
    expect: OneOrMany[str] = Field((), description="Answers that must be among those received.")
    match: Literal["any", "all", "exact"] = Field(
        "all", description="How many of them: any one, all, or all and nothing else."
    )

    @model_validator(mode="after")
    def _port_needs_servers(self) -> Self:
        if not self.servers and self.port != 53:  # noqa: PLR2004 - DNS's own port
            msg = "port holds for servers only: name the servers too"
            raise ValueError(msg)
        return self


def host(options: DnsOptions) -> str:
    """Count the cap by the first nameserver; the system's own have none."""
    return options.servers[0] if options.servers else ""


def make(options: DnsOptions, tools: Tools) -> Probe:
    """Make the probe; nothing is opened before it runs."""
    raise NotImplementedError
