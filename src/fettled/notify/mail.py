"""
The notifier `email`: SMTP, encrypted unless it is told otherwise.

Bounded by the lane's deadline. Everything is said step by step, for the library's own way
in and out of a session says goodbye to a server that hangs before it lets itself be ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import TYPE_CHECKING

from fettled.core.deliveries import DELIVERED, Tried
from fettled.core.errors import InvalidError
from fettled.notify import letter, trust
from fettled.notify.doors import Doors
from fettled.notify.lookup import Lookup
from fettled.notify.mail_options import MailOptions, Security
from fettled.notify.mailbox import address_of
from fettled.notify.reach import NotEncryptedError, connect
from fettled.ports.notify import Telling

if TYPE_CHECKING:
    import aiosmtplib

NOBODY = "names nobody: write the addresses that are told"
#: How long the goodbye may take after the mail was taken.
_GOODBYE = 1.0
#: Turns of the loop within which a socket that was shut is closed by its transport.
_TURNS = 50
#: A code of this and above is for good, below it for now.
_FOR_GOOD = 500
#: Of so many mails it is remembered who took them while others did not yet.
_MOST_HALF_TAKEN = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """
    Tells people by mail.

    Attributes:
        to: addresses, at least one.
        wall: reads wall time, for `Date`.
        helo: what it calls itself; empty: by the name of the machine, or by its address.
        tls: whom it trusts; asked for unless *security* is `none`.
        taken: who took a mail that others are to be sent again; by its id.
    """

    lookup: Lookup
    wall: Callable[[], datetime]
    host: str
    port: int
    sender: Address
    to: Sequence[Address]
    security: Security = "starttls"
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    allow_private: bool = True
    helo: str = ""
    taken: OrderedDict[str, set[str]] = field(default_factory=OrderedDict, repr=False)

    async def tell(self, telling: Telling) -> Tried:
        """Try once."""
        import aiosmtplib  # noqa: PLC0415 -- late: few send mail

        from fettled.notify import mail_answers  # noqa: PLC0415 -- as above

        message = letter.write(telling, sender=self.sender, to=self.to, now=self.wall())
        try:
            sock = await connect(
                self.lookup, self.host, self.port, allow_private=self.allow_private
            )
            async with _closing(sock):
                return await self._hand_over(sock, message)
        except (aiosmtplib.SMTPException, NotEncryptedError, OSError) as error:
            return mail_answers.of_error(error)
        except ValueError:  # the library's, for what it can make no command of
            return Tried("refused", "an address or the login cannot be said in SMTP")

    async def _hand_over(self, sock: socket.socket, message: EmailMessage) -> Tried:
        import aiosmtplib  # noqa: PLC0415 -- as above

        smtp = aiosmtplib.SMTP(
            hostname=self.host,
            local_hostname=self.helo or _own_name(sock),
            use_tls=self.security == "tls",
            start_tls=False,
            tls_context=self.tls,
            timeout=None,
        )
        await smtp.connect(sock=sock)
        if self.security == "starttls":
            await smtp.ehlo()
            if not smtp.supports_extension("starttls"):
                raise NotEncryptedError
            await smtp.starttls()
        if self.username is not None:
            await smtp.login(self.username, self.password or "")
        try:
            return await self._send(smtp, message)
        finally:
            if smtp.is_connected and not _is_cancelled():
                with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                    await smtp.quit(timeout=_GOODBYE)

    async def _send(self, smtp: aiosmtplib.SMTP, message: EmailMessage) -> Tried:
        """Send it to all that did not take it yet."""
        name = message["Message-ID"]
        before = self.taken.get(name, set())
        wanted = [each.addr_spec for each in self.to if each.addr_spec not in before]
        refused, _ = await smtp.send_message(
            message, sender=self.sender.addr_spec, recipients=wanted
        )
        codes = [each.code for each in refused.values()]
        later = [code for code in codes if code < _FOR_GOOD]
        if later:
            self.taken[name] = before | (set(wanted) - refused.keys())
            if len(self.taken) > _MOST_HALF_TAKEN:
                self.taken.popitem(last=False)
            some = f"{len(later)} of {len(self.to)} addresses are refused for now"
            return Tried("refused", some, max(later))
        self.taken.pop(name, None)
        if codes:
            return Tried(DELIVERED, f"{len(codes)} of {len(self.to)} addresses were refused")
        return Tried(DELIVERED)


def make(options: MailOptions, doors: Doors, contact: str | None) -> Mail:
    """
    Make the notifier.

    Raises:
        InvalidError: `ca_file` cannot be used, or nobody is addressed.
    """
    to = options.to if contact is None else (contact,)
    if not to:
        raise InvalidError(NOBODY, "to")
    try:
        addresses = tuple(map(address_of, to))
    except ValueError as error:
        msg = f"the contact {error}"
        raise InvalidError(msg, "contact") from None
    secret = options.password
    return Mail(
        lookup=doors.lookup,
        wall=doors.wall,
        host=options.host,
        port=options.port_or_default,
        sender=address_of(options.sender),
        to=addresses,
        security=options.security,
        username=options.username,
        password=None if secret is None else secret.get_secret_value(),
        tls=None
        if options.security == "none"
        else trust.context(verify=options.verify, ca_file=options.ca_file),
        allow_private=options.allow_private,
        helo=options.helo or "",
    )


@asynccontextmanager
async def _closing(sock: socket.socket) -> AsyncIterator[None]:
    """
    End the connection however it went, and wait until its file is closed.

    The socket is its transport's to close; closed here, its number would be given to the
    next one while the loop still watches it. Shut, whatever the other side still owes
    (a last word of TLS, room for what was written) is waited for by nobody.
    """
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        for _ in range(_TURNS):
            if sock.fileno() == -1:
                break
            await asyncio.sleep(0)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _own_name(sock: socket.socket) -> str:
    """Give the machine's full name, else its address as a server takes it for a name."""
    name = socket.gethostname()
    if "." in name and name.isascii() and name.replace("-", "a").replace(".", "a").isalnum():
        return name
    address = sock.getsockname()[0].partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
