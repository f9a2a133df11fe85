"""Real mail servers on loopback, and what there is to tell by mail."""

from __future__ import annotations

import asyncio
import email
import ssl
import warnings
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope

from fettled.core.deliveries import Delivery
from fettled.core.notice import Notice
from fettled.notify.doors import Doors
from fettled.notify.mail import Mail, make
from fettled.notify.mail_options import MailOptions
from fettled.ports.notify import Telling
from tickets_for import NOW

NOTICE = Notice(
    "[DOWN] Device offline: door-1 (high, #7)",
    "since 08:27 UTC (for 2m5s); no answer within 10 s",
    (("Runbook", "https://wiki.example/doors?a=1&b=2"), ("Said", "<b>look</b> & see")),
)
CA = trustme.CA()
#: What a mail server's notifier is asked for, by options.
Notify = Callable[..., Mail]


def telling(event: str = "ticket.opened", seq: int = 1, **ticket: Any) -> Telling:
    """Make something to tell."""
    given = {"number": 7, "uuid": "u-7", "title": "Device offline: door-1", "priority": "high"}
    one = Delivery(seq, "mail", 7, event, f"e-{seq}", seq, NOW, 1, {"ticket": given | ticket})
    return Telling((one,), notice=NOTICE)


class Box:
    """A mail server's handler that keeps what it takes."""

    def __init__(self, data: str = "250 OK", **refuses: str) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        #: The addresses of each mail.
        self.taken: list[list[str]] = []
        self.data = data
        #: What it answers to an address, by the name before the @.
        self.refuses = refuses

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's own name and signature
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        """Take the address, or not."""
        refused = self.refuses.get(address.partition("@")[0])
        if refused:
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 -- as above
        """Take the mail."""
        content = envelope.content
        assert isinstance(content, bytes)
        self.raw.append(content)
        self.taken.append(list(envelope.rcpt_tos))
        self.mails.append(email.message_from_bytes(content, policy=default))
        return self.data


def login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    """Let ann in."""
    return AuthResult(success=(data.login, data.password) == (b"ann", b"s3cret"), handled=False)


async def here(_host: str) -> Sequence[str]:
    """Resolve every name to this machine."""
    return ["127.0.0.1"]


def notifier(port: int, contact: str | None = None, lookup: Any = here, **options: Any) -> Mail:
    """Make the notifier for a server at *port*."""
    given = {
        "type": "email",
        "host": "mail.example",
        "port": port,
        "from": "fettled@ops.example",
        "to": ["ann@ops.example", "bob@ops.example"],
    }
    made = MailOptions.model_validate(given | options)
    return make(made, Doors(lookup, lambda: NOW), contact)


@asynccontextmanager
async def post_office(
    box: Box,
    directory: Path,
    *,
    tls: bool = False,
    plain: bool = False,
    name: str = "mail.example",
    **options: Any,
) -> AsyncIterator[Notify]:
    """Start a mail server that proves to be *name*; gives what makes a notifier that uses it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert(name).configure_cert(context)
    trusted = directory / "ca.pem"
    CA.cert_pem.write_to_path(str(trusted))
    loop = asyncio.get_running_loop()
    starttls = None if tls or plain else context
    sessions: set[SMTP] = set()

    def serve() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it does not know of the TLS around it
            session = SMTP(box, hostname="mail.example", tls_context=starttls, loop=loop, **options)
        sessions.add(session)
        return session

    server = await loop.create_server(serve, "127.0.0.1", 0, ssl=context if tls else None)
    port = server.sockets[0].getsockname()[1]

    def notify(**more: Any) -> Mail:
        given = {"ca_file": str(trusted), "security": "tls" if tls else "starttls"}
        return notifier(port, **(given | more))

    try:
        yield notify
    finally:
        server.close()
        for session in sessions:
            if session.transport is not None:
                # A TLS transport that was closed before has no protocol any more to abort
                # (Python 3.11.2).
                with suppress(AttributeError):
                    session.transport.abort()
        await asyncio.sleep(0)
        await server.wait_closed()
