"""
TCP: connect, and if asked send bytes, expect an answer, start TLS.

The options, and the steps one after another. Racing addresses and reading bytes is
`wire`'s; what an exception means is `verdicts`'.
"""

from __future__ import annotations

import time
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from fettled.core.observations import Outcome
from fettled.options import Host, Options, Port
from fettled.ports import Probe
from fettled.probes import starttls
from fettled.probes.messages import quote
from fettled.probes.progress import reach
from fettled.probes.tools import Tools
from fettled.probes.verdicts import up
from fettled.probes.wire import open_wire


class TcpOptions(Options):
    """Where to connect, and what to say and hear there."""

    type: Literal["tcp"]
    host: Host = Field(description="Host name or IP address.")
    port: Port = Field(description="Port.")
    family: Literal["any", "ipv4", "ipv6"] = Field("any", description="Addresses to use.")
    send: SecretStr | None = Field(None, description="Text to send once connected; a secret.")
    expect: str | None = Field(None, description="Text that the answer must contain.")
    max_answer: Annotated[int, Field(ge=1, le=1_048_576)] = Field(
        4096, description="Bytes of the answer to look at."
    )
    tls: bool = Field(default=False, description="Speak TLS from the first byte.")
    starttls: Literal["smtp", "imap", "pop3"] | None = Field(
        None, description="Ask for TLS in the words of this protocol."
    )
    server_name: Host | None = Field(None, description="Name in the certificate; default: host.")
    verify: bool = Field(default=True, description="Verify the certificate's chain and name.")
    ca_file: str | None = Field(
        None, description="PEM file of authorities instead of the system's."
    )

    @model_validator(mode="after")
    def _tls_is_started_once(self) -> Self:
        if self.tls and self.starttls:
            msg = "tls and starttls exclude each other: keep the one that the server speaks"
            raise ValueError(msg)
        return self


def host(options: TcpOptions) -> str:
    """Count the cap by the host as it is written."""
    return options.host


def make(options: TcpOptions, tools: Tools) -> Probe:
    """
    Make the probe; nothing is opened before it runs.

    Raises:
        InvalidError: `ca_file` cannot be used.
    """
    secure = options.tls or options.starttls is not None
    context = tools.context(verify=options.verify, ca_file=options.ca_file) if secure else None
    where = f"{options.host} port {options.port}"
    wanted = None if options.expect is None else options.expect.encode()

    async def look() -> Outcome:
        start = time.perf_counter()
        addresses = await tools.resolver.addresses(options.host, options.family)
        resolved = time.perf_counter()
        reach(f"connecting to {where}")
        async with open_wire(addresses, options.port, options.max_answer) as wire:
            figures = {"dns": resolved - start, "connect": time.perf_counter() - resolved}
            if context is not None:
                shaking = time.perf_counter()
                if options.starttls is not None:
                    await starttls.ask(wire, options.starttls)
                reach(f"shaking hands (TLS) with {where}")
                await wire.start_tls(context, options.server_name or options.host)
                figures["tls"] = time.perf_counter() - shaking
            if options.send is not None:
                wire.send(options.send.get_secret_value().encode())
            if wanted is not None:
                reach(f"waiting for {quote(options.expect or '')} from {where}")
                await wire.until(lambda seen: True if wanted in seen else None)
            return up(f"connected to {where}", **figures)

    return look
