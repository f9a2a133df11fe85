"""
TLS: the certificate's chain, its name, and the days until it expires.

The options, and what a certificate's dates mean. The handshake is `wire`'s.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from fettled.ports import Probe
from fettled.probes.options import Duration, Host, Options, Port
from fettled.probes.tools import Tools


class TlsOptions(Options):
    """Where to shake hands, and how early to warn."""

    type: Literal["tls"]
    host: Host = Field(description="Host name or IP address.")
    port: Port = Field(443, description="Port.")
    family: Literal["any", "ipv4", "ipv6"] = Field("any", description="Addresses to use.")
    server_name: Host | None = Field(None, description="Name in the certificate; default: host.")
    starttls: Literal["smtp", "imap", "pop3"] | None = Field(
        None, description="Ask for TLS in the words of this protocol."
    )
    verify: bool = Field(default=True, description="Verify the chain and the name.")
    ca_file: str | None = Field(
        None, description="PEM file of authorities instead of the system's."
    )
    warn_at: Duration = Field(timedelta(days=21), description="Left when priority is low.")
    high_at: Duration = Field(timedelta(days=7), description="Left when priority is high.")
    critical_at: Duration = Field(timedelta(days=1), description="Left when it is critical.")

    @model_validator(mode="after")
    def _warnings_grow(self) -> Self:
        if not self.warn_at >= self.high_at >= self.critical_at:
            msg = "warn_at must not be shorter than high_at, nor high_at than critical_at"
            raise ValueError(msg)
        return self


def host(options: TlsOptions) -> str:
    """Count the cap by the host as it is written."""
    return options.host


def make(options: TlsOptions, tools: Tools) -> Probe:
    """Make the probe; nothing is opened before it runs."""
    raise NotImplementedError
