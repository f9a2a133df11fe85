"""
Many doors that a TCP connect finds open or closed; for storms, where nothing is said.

One thread takes every connection and lets it go. `fettled.demo.devices` speaks HTTP and
does more; its doors are too dear to be hit a hundred times a second while they close.
"""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_HOST = "127.0.0.1"
#: How soon the thread notices that it is to end, in seconds.
_TURN = 0.05


class Doors:
    """Doors by name, each at a port of its own; all are up at the beginning."""

    def __init__(self, names: list[str]) -> None:
        self._held = {name: _bound(0) for name in names}
        self._open: dict[str, socket.socket] = {}
        self._by_file: dict[int, socket.socket] = {}
        self._poll = select.epoll()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        for name in names:
            self.move(name, up=True)
        self._thread.start()

    def port(self, name: str) -> int:
        """Its port, also while it is down: a socket that never listens holds it."""
        return int(self._held[name].getsockname()[1])

    def move(self, name: str, *, up: bool) -> None:
        """Let it be up or down from now on."""
        if up and name not in self._open:
            sock = self._open[name] = _bound(self.port(name))
            sock.settimeout(0)
            sock.listen(128)
            self._by_file[sock.fileno()] = sock
            self._poll.register(sock, select.EPOLLIN)
        elif not up and name in self._open:
            sock = self._open.pop(name)
            self._poll.unregister(sock)
            del self._by_file[sock.fileno()]
            sock.close()

    def close(self) -> None:
        """Close them all, and give the ports back."""
        self._ends.set()
        self._thread.join()
        self._poll.close()
        for sock in (*self._open.values(), *self._held.values()):
            sock.close()

    def _serve(self) -> None:
        while not self._ends.is_set():
            for file, _ in self._poll.poll(_TURN):
                sock = self._by_file.get(file)
                if sock is not None:
                    with suppress(OSError):  # it went down in this instant, or the peer did
                        sock.accept()[0].close()


def _bound(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind((_HOST, port))
    return sock


@contextmanager
def doors(names: list[str]) -> Iterator[Doors]:
    """Doors, closed at the end."""
    made = Doors(names)
    try:
        yield made
    finally:
        made.close()
