"""
Hosts on loopback that fall silent as behind a cut cable: SYNs to them are dropped.

A closed port refuses, which proves that the network works. Here the queue of a listening
socket is filled and nobody accepts, so the kernel drops what comes, and a connect times
out.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Host:
    """A TCP port on an address of its own that answers, or is silent."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((address, 0))
        self._listener.listen(0)
        self._listener.settimeout(0)
        self._fillers: list[socket.socket] = []
        self._thread: threading.Thread | None = None
        self._over = threading.Event()

    @property
    def port(self) -> int:
        """Its port, the same for life."""
        port: int = self._listener.getsockname()[1]
        return port

    def speak(self) -> None:
        """Accept what comes."""
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()
        self._over.clear()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def fall_silent(self) -> None:
        """Drop what comes, from now on."""
        if self._thread is not None:
            self._over.set()
            self._thread.join()
            self._thread = None
        while self._fill():
            pass

    def close(self) -> None:
        """Refuse."""
        if self._thread is not None:
            self._over.set()
            self._thread.join()
        for filler in self._fillers:
            filler.close()
        self._listener.close()

    def _fill(self) -> bool:
        """Take one more place in the queue; False once there is none."""
        filler = socket.socket()
        filler.settimeout(0)
        self._fillers.append(filler)
        with contextlib.suppress(BlockingIOError):
            filler.connect((self.address, self.port))
        return bool(select.select([], [filler], [], 0.2)[1])

    def _accept(self) -> None:
        while not self._over.is_set():
            if select.select([self._listener], [], [], 0.02)[0]:
                with contextlib.suppress(OSError):
                    self._listener.accept()[0].close()


@contextmanager
def hosts(*addresses: str) -> Iterator[list[Host]]:
    """Hosts that answer, closed at the end."""
    made = [Host(address) for address in addresses]
    try:
        for host in made:
            host.speak()
        yield made
    finally:
        for host in made:
            host.close()
