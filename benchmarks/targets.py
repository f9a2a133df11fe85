"""
What is probed: a process of its own that answers HTTP and takes TCP connections on loopback.

`open_targets` starts it; run as a module it is that process. It tells on stdout where it
listens, and when it was connected to for the first time (CLOCK_MONOTONIC, which all
processes of a machine share).
"""

from __future__ import annotations

import asyncio
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvloop

#: Connections to one address and port would run out of local ports at some 900 a second.
HOSTS = tuple(f"127.0.0.{number}" for number in range(1, 9))
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n"
_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Targets:
    """
    Where they listen, as (host, port), and what they have to say.

    Attributes:
        pid: of their process.
    """

    http: tuple[tuple[str, int], ...]
    tcp: tuple[tuple[str, int], ...]
    pid: int
    _lines: queue.Queue[str]

    def first_connection(self, within: float) -> float:
        """Give the moment of the first connection, waiting for it if need be."""
        return float(json.loads(self._lines.get(timeout=within))["first"])


@contextmanager
def open_targets() -> Iterator[Targets]:
    """Have targets for as long as the context lasts."""
    command = [sys.executable, "-m", "benchmarks.targets"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines: queue.Queue[str] = queue.Queue()
        reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
        reader.start()
        try:
            told = json.loads(lines.get(timeout=30))
            places = {name: tuple((host, port) for host, port in told[name]) for name in told}
            yield Targets(places["http"], places["tcp"], process.pid, lines)
        finally:
            process.terminate()
            process.wait()
            reader.join()


def _read(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    for line in process.stdout or ():
        lines.put(line)


class _Silent(asyncio.Protocol):
    """Takes the connection, and nothing else."""

    told = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        if not _Silent.told:
            _Silent.told = True
            print(json.dumps({"first": time.monotonic()}), flush=True)


class _Http(_Silent):
    """Answers 200 to whatever looks like a request."""

    received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        if _END in self.received:
            self.received = b""
            if isinstance(self.transport, asyncio.Transport):
                self.transport.write(_ANSWER)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    places: dict[str, list[tuple[str, int]]] = {}
    for name, protocol in (("http", _Http), ("tcp", _Silent)):
        for host in HOSTS:
            server = await loop.create_server(protocol, host, 0, backlog=4096)
            places.setdefault(name, []).append(server.sockets[0].getsockname())
    print(json.dumps(places), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve())
