"""Ports of loopback for the peers, which are told where to listen."""

from __future__ import annotations

import socket
import time


def free_port() -> int:
    """Give a port of loopback that nobody listens at now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def await_listening(port: int) -> None:
    """
    Wait until somebody does.

    Raises:
        OSError: nobody does, 20 s later.
    """
    end = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return
