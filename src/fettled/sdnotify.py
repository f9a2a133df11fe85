"""
Telling systemd how we are: READY, STOPPING, WATCHDOG, STATUS.

One datagram to the socket that systemd names in the environment. Without systemd it
does nothing; that it cannot be told must never be a reason to fail.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from datetime import timedelta


def notify(*fields: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send *fields*, such as `READY=1` and `STATUS=...`; whether systemd was told."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    # An @ stands for the zero byte that abstract names begin with.
    address = "\0" + address[1:] if address[0] == "@" else address
    message = "\n".join(" ".join(field.splitlines()) for field in fields)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sock:
            sock.sendto(message.encode(), address)
    except OSError:
        return False
    return True


def watchdog_interval(environ: Mapping[str, str] = os.environ) -> timedelta | None:
    """Within which time systemd wants each WATCHDOG=1; None: it does not watch us."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = environ.get("WATCHDOG_USEC", "")
    if not microseconds.isascii() or not microseconds.isdigit() or int(microseconds) == 0:
        return None
    return timedelta(microseconds=int(microseconds))
