"""
The notifier `email`: SMTP, encrypted unless it is told otherwise.

Bounded by the lane's deadline; the words of a server go into the detail only as its code,
for they may quote addresses or logins.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from fettled.core.deliveries import DELIVERED, Tried
from fettled.notify import answers, letter
from fettled.notify.lookup import Lookup
from fettled.notify.reach import connect
from fettled.ports.notify import Telling

Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """
    Tells people by mail.

    Attributes:
        security: `starttls` (also refuses a server that has none), `tls`, or `none`.
        to: addresses, at least one.
        wall: reads wall time, for `Date`.
    """

    lookup: Lookup
    host: str
    port: int
    sender: str
    to: Sequence[str]
    wall: Callable[[], datetime]
    security: Security = "starttls"
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    allow_private: bool = True

    async def tell(self, telling: Telling) -> Tried:
        """Try once."""
        import aiosmtplib  # noqa: PLC0415 -- late: few send mail

        message = letter.write(telling, sender=self.sender, to=self.to, now=self.wall())
        try:
            sock = await connect(
                self.lookup, self.host, self.port, allow_private=self.allow_private
            )
        except OSError as error:
            return answers.of_error(error)
        smtp = aiosmtplib.SMTP(
            hostname=self.host,
            sock=sock,
            username=self.username,
            password=self.password,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",
            tls_context=self.tls,
            timeout=None,
        )
        try:
            async with smtp:
                refused, _ = await smtp.send_message(message)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return _judge(error)
        finally:
            sock.close()
        if refused:
            some = f"{len(refused)} of {len(self.to)} addresses were refused"
            return Tried(DELIVERED, some)
        return Tried(DELIVERED)


def _judge(error: Exception) -> Tried:
    import aiosmtplib  # noqa: PLC0415 -- as above

    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = ", ".join(sorted({str(each.code) for each in error.recipients}))
        return Tried("refused", f"the mail server refuses every address ({codes})")
    table: tuple[tuple[type[Exception], str, str], ...] = (
        (aiosmtplib.SMTPAuthenticationError, "auth", "the mail server refuses the login"),
        (aiosmtplib.SMTPSenderRefused, "refused", "the mail server refuses the sender"),
        (aiosmtplib.SMTPNotSupported, "tls", "the mail server has no STARTTLS or no such login"),
    )
    code = getattr(error, "code", None)
    for kind, reason, words in table:
        if isinstance(error, kind):
            return Tried(reason, words + (f" ({code})" if code else ""))
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return Tried("http_status", f"the mail server answered {code}", code)
    if isinstance(error, aiosmtplib.SMTPServerDisconnected | ConnectionError):
        return Tried("reset", "the mail server broke the connection off")
    if isinstance(error.__cause__, ssl.SSLError) or isinstance(error, ssl.SSLError):
        return answers.of_error(error.__cause__ or error)
    return Tried("protocol", "the mail server's answer is not valid SMTP")
