"""
The floor of F4: the same looks at the same rate, and nothing besides.

Bare uvloop protocols and one shared ping socket, as sparing as Python gets: no names,
no headers to read, no deadline, no decision. A process of its own, whose CPU counts.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import subprocess
import sys
from functools import partial
from typing import Any

import uvloop

from benchmarks.daemon import MIX
from benchmarks.pacing import at_rate
from benchmarks.targets import HOSTS, Targets

_REQUEST = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def cpu_per_1000(targets: Targets, rate: float, seconds: float) -> float | None:
    """Give the CPU seconds per 1,000 looks; None where pings may not be sent."""
    order = {"http": targets.http, "tcp": targets.tcp, "rate": rate, "seconds": seconds}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.floor"],
        input=json.dumps(order).encode(),
        check=True,
        stdout=subprocess.PIPE,
    )
    told: float | None = json.loads(done.stdout)["cpu_per_1000"]
    return told


class _Look(asyncio.Protocol):
    """Connects, says *request* if there is one, and is done with the first bytes back."""

    def __init__(self, done: asyncio.Future[None], request: bytes) -> None:
        self.done, self.request = done, request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        if self.request and isinstance(transport, asyncio.Transport):
            transport.write(self.request)
        else:
            self.data_received(b"")

    def data_received(self, _data: bytes) -> None:
        self.transport.close()
        if not self.done.done():
            self.done.set_result(None)


class _Pings:
    """One socket for all pings; each answer is found by its sequence number."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
        except PermissionError:
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            # Everything but replies is kept away by ICMP_FILTER.
            self.sock.setsockopt(255, 1, struct.pack("=I", 0xFFFFFFFE))
        self.sock.setblocking(False)  # noqa: FBT003 - the library's
        self.waiting: dict[int, asyncio.Future[None]] = {}
        self.skipped = 20 if self.sock.type == socket.SOCK_RAW else 0
        self.loop = loop
        loop.add_reader(self.sock.fileno(), self.read)

    def send(self, host: str, number: int) -> asyncio.Future[None]:
        number &= 0xFFFF
        # The checksum of this head: type 8 alone, and the number; ones' complement.
        total = 0x0800 + number
        total = (total >> 16) + (total & 0xFFFF)
        packet = struct.pack("!BBHHH", 8, 0, ~total & 0xFFFF, 0, number)
        answer = self.waiting[number] = self.loop.create_future()
        self.sock.sendto(packet, (host, 0))
        return answer

    def read(self) -> None:
        while True:
            try:
                data = self.sock.recv(256)
            except BlockingIOError:
                return
            answer = self.waiting.pop(struct.unpack_from("!H", data, self.skipped + 6)[0], None)
            if answer is not None and not answer.done():
                answer.set_result(None)


async def _look(order: dict[str, Any]) -> float | None:
    loop = asyncio.get_running_loop()
    try:
        pings = _Pings(loop)
    except PermissionError:
        return None

    async def look(number: int) -> None:
        kind = MIX[number % len(MIX)]
        if kind == "icmp":
            await pings.send(HOSTS[number % len(HOSTS)], number)
            return
        host, port = order[kind][number % len(HOSTS)]
        done = loop.create_future()
        request = _REQUEST if kind == "http" else b""
        await loop.create_connection(partial(_Look, done, request), host, port)
        await done

    await at_rate(look, order["rate"], min(order["seconds"], 1))  # to warm up
    before = os.times()
    count = await at_rate(look, order["rate"], order["seconds"])
    after = os.times()
    return 1000 * (after.user + after.system - before.user - before.system) / count


if __name__ == "__main__":
    print(json.dumps({"cpu_per_1000": uvloop.run(_look(json.load(sys.stdin)))}))
