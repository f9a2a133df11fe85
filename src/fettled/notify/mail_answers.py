"""
What a mail server's answer comes to, as a table.

A server's words stay outside, but for its code: they may quote addresses or logins.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

from aiosmtplib import errors

from fettled.core.deliveries import Tried
from fettled.notify import answers
from fettled.notify.lookup import AddressRefusedError
from fettled.notify.reach import NameUnknownError, NotEncryptedError


def of_error(error: BaseException) -> Tried:
    """Judge what came instead of a mail taken, by the first row that fits any of its causes."""
    causes = answers.causes(error)
    for kind, judge in _ERRORS:
        for each in causes:
            if isinstance(each, kind):
                return judge(each)
    return _PROTOCOL


def _of_status(error: Any) -> Tried:  # noqa: ANN401 -- an SMTPResponseException, by the table
    if not 100 <= error.code < 600:  # noqa: PLR2004 -- what a code of SMTP can be
        return _PROTOCOL
    what = next((words for kind, words in _MEANT if isinstance(error, kind)), "")
    reason = "auth" if isinstance(error, errors.SMTPAuthenticationError) else "smtp_status"
    return Tried(reason, f"the mail server {what or 'answered'} ({error.code})", error.code)


def _of_refused(error: Any) -> Tried:  # noqa: ANN401 -- an SMTPRecipientsRefused, by the table
    return of_refused([each.code for each in error.recipients])


def of_refused(codes: list[int]) -> Tried:
    """Judge that no address was taken."""
    told = ", ".join(map(str, sorted(set(codes))))
    return Tried("refused", f"the mail server refuses every address ({told})", codes[0])


def _is(reason: str, detail: str) -> Callable[[BaseException], Tried]:
    return lambda _error: Tried(reason, detail)


_PROTOCOL = Tried("protocol", "the mail server's answer is not valid SMTP")
#: What the server said a code to, in words.
_MEANT: tuple[tuple[type[BaseException], str], ...] = (
    (errors.SMTPAuthenticationError, "refuses the login"),
    (errors.SMTPSenderRefused, "refuses the sender"),
    (errors.SMTPDataError, "refuses the mail"),
    (errors.SMTPConnectResponseError, "takes no mail now"),
)
_BROKE_OFF = _is("reset", "the mail server broke the connection off")
_ERRORS: tuple[tuple[type[BaseException], Callable[[BaseException], Tried]], ...] = (
    (AddressRefusedError, lambda error: Tried("address_refused", str(error))),
    (NameUnknownError, _is("dns", "the mail server's name cannot be resolved")),
    (NotEncryptedError, _is("tls", "the mail server offers no STARTTLS: nothing was sent")),
    (ssl.SSLError, answers.of_error),
    (errors.SMTPRecipientsRefused, _of_refused),
    (errors.SMTPResponseException, _of_status),
    (errors.SMTPNotSupported, _is("refused", "the mail server takes no addresses but ASCII")),
    (ConnectionRefusedError, _is("refused", "the mail server refuses the connection")),
    (errors.SMTPServerDisconnected, _BROKE_OFF),
    (ConnectionError, _BROKE_OFF),
    (TimeoutError, _is("timeout", "the mail server does not answer")),
    (errors.SMTPException, _is("auth", "the mail server offers no login that is known here")),
    (OSError, _is("unreachable", "the mail server cannot be reached")),
)
