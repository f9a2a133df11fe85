"""
Sends alarms at a rate, and hears what receivers are told of them; a process of its own.

Run as a module with a file that orders it (see `Order`). Each alarm has a number, by which it
is known again in whatever body arrives at the listener; the dead listener accepts and never
answers. It prints how late each alarm's first message was.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import uvloop

from benchmarks.figures import CannotMeasureError
from benchmarks.pacing import at_rate

_CONNECTIONS = 32
_NUMBER = re.compile(rb"bench-(\d{6})")
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#: For what is still on its way when all alarms were sent; bounds a failure, never a figure.
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Order:
    """
    What to do.

    Attributes:
        port, path, headers: where alarms are sent.
        good, dead: ports to listen at.
        rate: alarms a second; *seconds*: for so long.
        first: the number of the first alarm.
        takes_v2: send what Alertmanager takes in, else what it sends out.
    """

    port: int
    path: str
    headers: str
    good: int
    dead: int
    rate: float
    seconds: float = 1.0
    first: int = 900_000
    takes_v2: bool = False


@dataclass
class Heard:
    """When each alarm was sent, and when it was first told of (CLOCK_MONOTONIC)."""

    sent: dict[int, float] = field(default_factory=dict)
    told: dict[int, float] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)


def run(order: Order, home: Path) -> list[float]:
    """
    Have a process do it; gives how many seconds after an alarm was sent it was told of.

    Raises:
        CannotMeasureError: an alarm was not told of.
    """
    path = home / "order.json"
    path.write_text(json.dumps(asdict(order)))
    command = [sys.executable, "-m", "benchmarks.alarms", str(path)]
    told: dict[str, list[float]] = json.loads(subprocess.check_output(command))
    if lost := len(told["missing"]):
        msg = f"{lost} alarms of {len(told['delays']) + lost} were not told of"
        raise CannotMeasureError(msg)
    return sorted(told["delays"])


async def _listen(heard: Heard, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, EOFError):
        while True:
            body = await _read(reader)
            now = time.monotonic()
            for number in _NUMBER.findall(body):
                heard.told.setdefault(int(number), now)
            heard.news.set()
            writer.write(_OK)
    writer.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = re.search(rb"content-length: *(\d+)", head)
    return await reader.readexactly(int(length[1])) if length else b""


def _body(order: Order, number: int) -> bytes:
    name = f"bench-{number:06}"
    labels = {"alertname": "Bench", "instance": name, "severity": "critical"}
    told = {"labels": labels, "annotations": {"summary": f"{name} is down"}}
    if order.takes_v2:
        return json.dumps([told]).encode()
    alert = {
        "status": "firing",
        "startsAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": f"{number:016x}",
        **told,
    }
    return json.dumps({"version": "4", "status": "firing", "alerts": [alert]}).encode()


async def _carry_out(order: Order) -> Heard:
    heard = Heard()
    talks: set[asyncio.Future[object]] = set()

    # Both plain functions: asyncio complains of a coroutine that is cancelled at the end.
    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.ensure_future(_listen(heard, reader, writer)))

    def ignore(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()

    good = await asyncio.start_server(accept, "127.0.0.1", order.good)
    dead = await asyncio.start_server(ignore, "127.0.0.1", order.dead)
    idle: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    idle = asyncio.LifoQueue()
    for _ in range(_CONNECTIONS):
        idle.put_nowait(await asyncio.open_connection("127.0.0.1", order.port))

    async def send(nth: int) -> None:
        number = order.first + nth
        body = _body(order, number)
        reader, writer = await idle.get()
        heard.sent[number] = time.monotonic()
        head = f"POST {order.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Content-Type: application/json\r\n{order.headers}\r\n".encode() + body)
        await _read(reader)
        idle.put_nowait((reader, writer))

    await at_rate(send, order.rate, order.seconds)
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while heard.sent.keys() - heard.told.keys():
                await heard.news.wait()
                heard.news.clear()
    good.close()
    dead.close()
    return heard


def main() -> None:
    """Do what the file says."""
    heard = uvloop.run(_carry_out(Order(**json.loads(Path(sys.argv[1]).read_text()))))
    delays = [told - heard.sent[number] for number, told in heard.told.items()]
    print(json.dumps({"delays": delays, "missing": sorted(heard.sent.keys() - heard.told.keys())}))


if __name__ == "__main__":
    main()
