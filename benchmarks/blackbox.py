"""
The peer of F4: Debian's blackbox_exporter, asked for the same looks at the same rate.

Its CPU alone counts; what asks it is a process of its own, over connections that stay
open, as Prometheus keeps them.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvloop

from benchmarks.daemon import MIX, workplace
from benchmarks.figures import CannotMeasureError
from benchmarks.machine import cpu_seconds
from benchmarks.pacing import at_rate
from benchmarks.ports import await_listening, free_port
from benchmarks.targets import HOSTS, Targets

NAMES = ("prometheus-blackbox-exporter", "blackbox_exporter")
_MODULES = """
modules:
  http: {prober: http, timeout: 10s, http: {preferred_ip_protocol: ip4}}
  tcp: {prober: tcp, timeout: 10s, tcp: {preferred_ip_protocol: ip4}}
  icmp: {prober: icmp, timeout: 10s, icmp: {preferred_ip_protocol: ip4}}
"""
_CONNECTIONS = 64


def program() -> str | None:
    """Where it is installed, if it is."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def cpu_per_1000(targets: Targets, rate: float, seconds: float) -> float | None:
    """Give its CPU seconds per 1,000 looks that succeeded; None where it is not installed."""
    found = program()
    if found is None:
        return None
    with workplace() as home:
        config = home / "blackbox.yml"
        config.write_text(_MODULES)
        port = free_port()
        command = [found, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]
        with subprocess.Popen([*command, "--log.level=error"], stderr=subprocess.DEVNULL) as peer:
            try:
                await_listening(port)
                line = {"port": port, "paths": _paths(targets), "rate": rate}
                return _measure(peer.pid, line, seconds, home / "order.json")
            finally:
                peer.terminate()
                peer.wait()


def _measure(pid: int, line: dict[str, Any], seconds: float, order: Path) -> float:
    cpu = asked = 0.0
    for length in (min(seconds, 2), seconds):  # the first to warm up
        order.write_text(json.dumps(line | {"seconds": length}))
        cpu = cpu_seconds(pid)
        command = [sys.executable, "-m", "benchmarks.blackbox", str(order)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        cpu = cpu_seconds(pid) - cpu
        asked = json.loads(done.stdout)["succeeded"]
    if not asked:
        msg = "blackbox_exporter succeeded at nothing"
        raise CannotMeasureError(msg)
    return 1000 * cpu / asked


def _paths(targets: Targets) -> list[str]:
    """Give what to ask for in turn: the same mix, at the same places."""
    paths = []
    for number, kind in enumerate(MIX * len(HOSTS)):
        if kind == "http":
            host, port = targets.http[number % len(targets.http)]
            target = f"http://{host}:{port}/health"
        elif kind == "tcp":
            host, port = targets.tcp[number % len(targets.tcp)]
            target = f"{host}:{port}"
        else:
            target = HOSTS[number % len(HOSTS)]
        paths.append(f"/probe?module={kind}&target={quote(target, safe='')}")
    return paths


async def _ask(port: int, paths: list[str], rate: float, seconds: float) -> int:
    """Ask at *rate*, each request on a connection that nobody else uses meanwhile."""
    idle: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    idle = asyncio.LifoQueue()
    for _ in range(_CONNECTIONS):
        idle.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    succeeded = 0

    async def ask(number: int) -> None:
        nonlocal succeeded
        reader, writer = await idle.get()
        request = f"GET {paths[number % len(paths)]} HTTP/1.1\r\nHost: x\r\n\r\n"
        writer.write(request.encode())
        body = await _body(reader)
        succeeded += b"\nprobe_success 1\n" in body
        idle.put_nowait((reader, writer))

    await at_rate(ask, rate, seconds)
    return succeeded


async def _body(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"content-length:" in head:
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        return await reader.readexactly(length)
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return body


def main() -> None:
    order = json.loads(Path(sys.argv[1]).read_text())
    asked = uvloop.run(_ask(order["port"], order["paths"], order["rate"], order["seconds"]))
    print(json.dumps({"succeeded": asked}))


if __name__ == "__main__":
    main()
