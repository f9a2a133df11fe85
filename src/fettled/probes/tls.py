"""
TLS: the certificate's chain, its name, and the days until it expires.

The options, and what a certificate's dates mean. The handshake is `wire`'s.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from fettled.core.expiry import say_expiry
from fettled.core.observations import Outcome, Reason
from fettled.core.words import Priority, Verdict
from fettled.options import Duration, Host, Options, Port
from fettled.ports import Probe
from fettled.probes import starttls
from fettled.probes.progress import reach
from fettled.probes.tools import Tools
from fettled.probes.verdicts import down, up
from fettled.probes.wire import open_wire


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
    """
    Make the probe; nothing is opened before it runs.

    Raises:
        InvalidError: `ca_file` cannot be used.
    """
    from cryptography import x509  # noqa: PLC0415 - heavy

    context = tools.context(verify=options.verify, ca_file=options.ca_file)
    where = f"{options.host} port {options.port}"

    async def look() -> Outcome:
        addresses = await tools.resolver.addresses(options.host, options.family)
        reach(f"connecting to {where}")
        async with open_wire(addresses, options.port) as wire:
            if options.starttls is not None:
                await starttls.ask(wire, options.starttls)
            reach(f"shaking hands (TLS) with {where}")
            channel = await wire.start_tls(context, options.server_name or options.host)
            encoded = channel.getpeercert(binary_form=True)
        if encoded is None:
            return down(Reason.TLS, f"{where} showed no certificate")
        try:
            expiry = x509.load_der_x509_certificate(encoded).not_valid_after_utc
        except ValueError:
            return down(Reason.TLS, f"the certificate of {where} cannot be read")
        return _judge(options, where, expiry, expiry - tools.wall())

    return look


def _judge(options: TlsOptions, where: str, expiry: datetime, left: timedelta) -> Outcome:
    figures = {"expires_in": left.total_seconds()}
    if left <= timedelta():
        return down(Reason.TLS, f"the certificate of {where} expired on {expiry:%Y-%m-%d}", figures)
    text = f"the certificate of {where} {say_expiry(expiry)}, in {left.days} days"
    limits = (
        (options.critical_at, Priority.CRITICAL),
        (options.high_at, Priority.HIGH),
        (options.warn_at, Priority.LOW),
    )
    for limit, priority in limits:
        if left <= limit:
            reason = Reason.CERTIFICATE_EXPIRING
            return Outcome(Verdict.DEGRADED, reason, text, priority, figures)
    return up(text, **figures)
