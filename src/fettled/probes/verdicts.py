"""
The one table from what went wrong to a verdict and its reason.

Down means that the target did not answer as it should; unknown means that we could not
look. Whoever has to decide that anywhere else in the probes adds a row here instead.
"""

from __future__ import annotations

import errno
import ssl
from pathlib import Path

from fettled.core.errors import FettledError
from fettled.core.observations import Outcome, Reason
from fettled.core.words import Verdict

DOWN, UNKNOWN = Verdict.DOWN, Verdict.UNKNOWN


class ProbeFailedError(FettledError):
    """Carries an outcome through layers that pass nothing but exceptions."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.message)
        self.outcome = outcome


def up(message: str = "", **figures: float) -> Outcome:
    """Say that the target answers as it should."""
    return Outcome(Verdict.UP, Reason.OK, message, figures=figures)


def down(reason: Reason, message: str, figures: dict[str, float] | None = None) -> Outcome:
    """Say that the target does not answer as it should."""
    return Outcome(DOWN, reason, message, figures=figures or {})


_REFUSED = (DOWN, Reason.REFUSED, "connection refused")
_RESET = (DOWN, Reason.RESET, "connection closed by the other side")
_UNREACHABLE = (DOWN, Reason.UNREACHABLE, "no route to the host")
_TIMEOUT = (DOWN, Reason.TIMEOUT, "no answer")
_FILES = (UNKNOWN, Reason.RESOURCES, "fettled has too many files open")
_MEMORY = (UNKNOWN, Reason.RESOURCES, "this machine is out of memory or buffers")
_PORTS = (UNKNOWN, Reason.RESOURCES, "this machine has no free local port or address")
_PERMISSION = (UNKNOWN, Reason.PERMISSION, "fettled is not permitted to do that")

_BY_ERRNO: dict[int, tuple[Verdict, Reason, str]] = {
    errno.ECONNREFUSED: _REFUSED,
    errno.ECONNRESET: _RESET,
    errno.ECONNABORTED: _RESET,
    errno.EPIPE: _RESET,
    errno.ENOTCONN: _RESET,
    errno.ENETUNREACH: _UNREACHABLE,
    errno.EHOSTUNREACH: _UNREACHABLE,
    errno.ENETDOWN: _UNREACHABLE,
    errno.EHOSTDOWN: _UNREACHABLE,
    errno.ENOPROTOOPT: _UNREACHABLE,
    # No IPv6 on this machine reads like no route to an IPv6 host.
    errno.EAFNOSUPPORT: _UNREACHABLE,
    errno.ETIMEDOUT: _TIMEOUT,
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.ENOBUFS: _MEMORY,
    errno.ENOMEM: _MEMORY,
    errno.EADDRNOTAVAIL: _PORTS,
    errno.EADDRINUSE: _PORTS,
    errno.EAGAIN: _PORTS,
    errno.EPERM: _PERMISSION,
    errno.EACCES: _PERMISSION,
}

#: For exceptions that asyncio raises without an errno; the first that fits counts.
_BY_TYPE: tuple[tuple[type[BaseException], tuple[Verdict, Reason, str]], ...] = (
    (ConnectionRefusedError, _REFUSED),
    (ConnectionError, _RESET),
    (EOFError, _RESET),
    (TimeoutError, _TIMEOUT),
    (PermissionError, _PERMISSION),
    (MemoryError, _MEMORY),
)


def judge(exc: BaseException, step: str) -> Outcome:
    """
    Say what *exc* means; it came up while *step*.

    The exception's own text is left out: it may quote what was sent.
    """
    if isinstance(exc, ProbeFailedError):
        return exc.outcome
    if isinstance(exc, ssl.SSLError):
        return down(Reason.TLS, f"{explain_tls(exc)} while {step}")
    row = _row(exc)
    if row is None:
        where = _origin(exc)
        text = f"unforeseen {type(exc).__name__} at {where} while {step}: please report it"
        return Outcome(UNKNOWN, Reason.INTERNAL, text)
    verdict, reason, text = row
    return Outcome(verdict, reason, f"{text} while {step}")


def explain_tls(exc: ssl.SSLError) -> str:
    """Say in words what TLS did not like."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        why = getattr(exc, "verify_message", None) or "not verified"
        return f"certificate not accepted ({why.rstrip('.')})"
    # Only those that OpenSSL made have a reason.
    reason = (getattr(exc, "reason", None) or "protocol error").replace("_", " ").lower()
    return f"TLS failed ({reason})"


def _row(exc: BaseException) -> tuple[Verdict, Reason, str] | None:
    if isinstance(exc, OSError) and exc.errno in _BY_ERRNO:
        return _BY_ERRNO[exc.errno]
    return next((row for kind, row in _BY_TYPE if isinstance(exc, kind)), None)


def _origin(exc: BaseException) -> str:
    trace = exc.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
