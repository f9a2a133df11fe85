"""
Hosts on loopback that fall silent as behind a cut cable: SYNs to them are dropped.

A closed port refuses, which proves that the network works. Here the queue of a listening
socket is filled and nobody accepts, so the kernel drops what comes, and a connect times
out. Both are the kernel's own doing, from one call on: however busy the machine is, all of
them fall silent in one instant, and answer from one on.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: Connections that are answered before anybody accepts them.
_ROOM = 1000


class Host:
    """A TCP port on an address of its own that answers, or is silent."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((address, 0))
        self._listener.listen(_ROOM)
        self._listener.settimeout(0)
        self._fillers: list[socket.socket] = []
        self._thread: threading.Thread | None = None
        self._over = threading.Event()

    @property
    def port(self) -> int:
        """Its port, the same for life."""
        port: int = self._listener.getsockname()[1]
        return port

    def open(self) -> None:
        """Have what comes answered, by the kernel alone for a while."""
        self._listener.listen(_ROOM)

    def empty(self) -> None:
        """Take what was answered, from now on."""
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()
        self._over.clear()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Take nothing any more; what comes is answered still."""
        if self._thread is not None:
            self._over.set()
            self._thread.join()
            self._thread = None

    def shut(self) -> None:
        """Drop what comes: there is room for one, and that is taken."""
        self._listener.listen(0)
        for _ in range(2):
            self._begin_to_fill()

    def fill(self) -> None:
        """See to it that there is no room."""
        while select.select([], [self._begin_to_fill()], [], 0.2)[1]:
            pass

    def close(self) -> None:
        """Refuse."""
        self.leave()
        for filler in self._fillers:
            filler.close()
        self._listener.close()

    def _begin_to_fill(self) -> socket.socket:
        filler = socket.socket()
        filler.settimeout(0)
        self._fillers.append(filler)
        with contextlib.suppress(BlockingIOError):
            filler.connect((self.address, self.port))
        return filler

    def _accept(self) -> None:
        while not self._over.is_set():
            if select.select([self._listener], [], [], 0.02)[0]:
                with contextlib.suppress(OSError):
                    self._listener.accept()[0].close()


def speak(*some: Host) -> None:
    """Have them answer, all from one instant on."""
    for host in some:
        host.open()
    for host in some:
        host.empty()


def fall_silent(*some: Host) -> None:
    """Have them drop what comes, all from one instant on."""
    for host in some:
        host.leave()
    for host in some:
        host.shut()
    for host in some:
        host.fill()


@contextmanager
def hosts(*addresses: str) -> Iterator[list[Host]]:
    """Hosts that answer, closed at the end."""
    made = [Host(address) for address in addresses]
    try:
        speak(*made)
        yield made
    finally:
        for host in made:
            host.close()
