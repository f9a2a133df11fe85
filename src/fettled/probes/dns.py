"""
DNS: ask for one name and judge the answer.

The options, and what an answer means. Exchanging messages is `lookup`'s, the system's
nameservers are the resolver's.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from fettled.core.observations import Outcome, Reason
from fettled.options import Host, OneOrMany, Options, Port
from fettled.ports import Probe
from fettled.probes.messages import quote
from fettled.probes.progress import reach
from fettled.probes.tools import Tools
from fettled.probes.verdicts import down, up

if TYPE_CHECKING:
    from dns.message import Message


def _check_name(text: str) -> str:
    """Judge as the question will be made: the root, underscores and other scripts are names."""
    import dns.exception  # noqa: PLC0415 - only for those who use it
    import dns.name  # noqa: PLC0415 - as above

    text = text.strip()
    try:
        if not text or any(ord(char) <= ord(" ") for char in text):
            raise dns.name.EmptyLabel
        dns.name.from_text(text)
    except (dns.exception.DNSException, UnicodeError):
        msg = "is not a DNS name: write one such as www.example.org"
        raise ValueError(msg) from None
    return text


#: A silent nameserver gets this long before the next one is asked.
_NEXT_SECONDS = 2.0


class DnsOptions(Options):
    """Which question to ask, whom, and which answers are right."""

    type: Literal["dns"]
    name: Annotated[str, AfterValidator(_check_name), Field(max_length=253)] = Field(
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
    from fettled.probes import lookup  # noqa: F401, PLC0415 - heavy: loaded before it is timed

    async def look() -> Outcome:
        start = time.perf_counter()
        answer = await (_ask(options, tools) if options.servers else _ask_system(options, tools))
        return _judge(options, answer, {"lookup": time.perf_counter() - start})

    return look


async def _ask_system(options: DnsOptions, tools: Tools) -> Message:
    return await tools.resolver.ask(options.name, options.record, tcp=options.tcp)


async def _ask(options: DnsOptions, tools: Tools) -> Message:
    """Ask the servers in order; the next one when one cannot be reached, or is silent."""
    import dns.message  # noqa: PLC0415 - loaded by make

    from fettled.probes.lookup import exchange  # noqa: PLC0415 - as above

    first: OSError | EOFError | None = None
    for position, server in enumerate(options.servers, 1):
        addresses = await tools.resolver.addresses(server)
        reach(f"waiting for nameserver {server}")
        question = dns.message.make_query(options.name, options.record)
        try:
            async with asyncio.timeout(_NEXT_SECONDS if position < len(options.servers) else None):
                return await exchange(question, addresses[0], options.port, tcp=options.tcp)
        except (OSError, EOFError) as exc:
            first = first or exc
    raise first or EOFError


def _judge(options: DnsOptions, answer: Message, figures: dict[str, float]) -> Outcome:
    import dns.rcode  # noqa: PLC0415 - loaded by make
    import dns.rdatatype  # noqa: PLC0415 - as above

    asked = f"{options.record} of {options.name}"
    code = answer.rcode()
    if code != dns.rcode.NOERROR:
        return down(Reason.DNS, f"{asked}: {dns.rcode.to_text(code)}", figures)
    record = dns.rdatatype.from_text(options.record)
    found = {
        _plain(item.to_text())
        for rrset in answer.answer
        if rrset.rdtype == record
        for item in rrset
    }
    if not found:
        return down(Reason.DNS, f"{asked}: there is no such record", figures)
    if options.expect and not _matches(options, found):
        shown = quote(", ".join(sorted(found)))
        return down(Reason.ASSERTION, f"{asked}: wrong answer {shown}", figures)
    return up(f"{asked}: {len(found)} records", answers=float(len(found)), **figures)


def _matches(options: DnsOptions, found: set[str]) -> bool:
    wanted = {_plain(text) for text in options.expect}
    if options.match == "any":
        return bool(wanted & found)
    return wanted == found if options.match == "exact" else wanted <= found


def _plain(text: str) -> str:
    """Compare without case, final dots, and the quotes around TXT."""
    return text.strip().strip('"').rstrip(".").lower()
