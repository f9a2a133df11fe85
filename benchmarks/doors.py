"""
Targets that can go away while the daemon looks: closed at once, or black holes.

`open_doors` starts them as a process of its own; run as a module it is that process. It
tells on stdout where its listeners are. On SIGUSR1 its second half turn into black holes:
they accept nobody any more and their queues are filled, so the kernel drops every further
SYN, as a host that is gone does. When the process ends, whatever is left refuses.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from benchmarks.figures import CannotMeasureError

_LISTENERS = 8
#: Connections that wait in a black hole's queue; the kernel takes one more than its backlog.
_FILLING = 4


@dataclass(frozen=True, slots=True)
class Doors:
    """Where they listen, as (host, port); the second half can turn into black holes."""

    places: tuple[tuple[str, int], ...]
    process: subprocess.Popen[str]

    @property
    def kept(self) -> tuple[tuple[str, int], ...]:
        """Those that never turn into black holes."""
        return self.places[: _LISTENERS // 2]

    @property
    def doomed(self) -> tuple[tuple[str, int], ...]:
        """Those that do."""
        return self.places[_LISTENERS // 2 :]

    def close(self) -> None:
        """Have all of them refuse from now on."""
        self.process.kill()
        self.process.wait()

    def swallow(self) -> None:
        """
        Have half of them drop every SYN from now on.

        Raises:
            CannotMeasureError: a connection to one of them is still taken, or refused.
        """
        self.process.send_signal(signal.SIGUSR1)
        if self.process.stdout is not None:
            self.process.stdout.readline()
        for place in self.doomed:
            try:
                with socket.create_connection(place, timeout=0.5):
                    msg = "a black hole took a connection"
            except TimeoutError:
                continue
            except OSError as error:
                msg = f"a black hole answered: {error}"
            raise CannotMeasureError(msg)


@contextmanager
def open_doors() -> Iterator[Doors]:
    """Have them for as long as the context lasts."""
    command = [sys.executable, "-m", "benchmarks.doors"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            yield Doors(tuple((host, port) for host, port in json.loads(line)), process)
        finally:
            process.kill()
            process.wait()


def _accept(listener: socket.socket, gone: threading.Event) -> None:
    while not gone.is_set():
        with suppress(OSError):
            listener.accept()[0].close()


def _fill(listener: socket.socket) -> list[socket.socket]:
    listener.listen(0)
    waiting = []
    for _ in range(_FILLING):
        each = socket.socket()
        each.setblocking(False)  # noqa: FBT003 - the library's
        each.connect_ex(listener.getsockname())
        waiting.append(each)
    return waiting


def main() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    listeners = []
    for number in range(_LISTENERS):
        listener = socket.socket()
        listener.bind((f"127.0.0.{number + 1}", 0))
        listener.listen(4096)
        # So that a thread sees within a moment that it is to accept nobody any more.
        listener.settimeout(0.1)
        listeners.append(listener)
    kept, doomed = listeners[: _LISTENERS // 2], listeners[_LISTENERS // 2 :]
    never, swallowing = threading.Event(), threading.Event()
    threads = [
        threading.Thread(target=_accept, args=(each, gone), daemon=True)
        for some, gone in ((kept, never), (doomed, swallowing))
        for each in some
    ]
    for thread in threads:
        thread.start()
    print(json.dumps([each.getsockname() for each in listeners]), flush=True)
    signal.sigwait({signal.SIGUSR1})
    swallowing.set()
    for thread in threads[len(kept) :]:
        thread.join()
    waiting = [_fill(each) for each in doomed]
    print(json.dumps(len(waiting)), flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
