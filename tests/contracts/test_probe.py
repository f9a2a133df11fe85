"""One suite for every active type: whatever a probe looks at, these rules hold."""

from __future__ import annotations

import asyncio
import errno
import json
import socket
import subprocess
import sys
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

import probing
from fettled.core.observations import Outcome, Reason
from fettled.core.words import Verdict
from fettled.probes import TYPES
from fettled.probes.echo import EchoSocket
from fettled.probes.run import run
from fettled.probes.tools import Tools

ACTIVE = [name for name, kind in TYPES.items() if not kind.passive]
SECRET = "hunter2-is-secret"


class Swallowing(socket.socket):
    """A socket on a network that loses every ping: needs no permission, unlike a real one."""

    error: OSError | None = None

    def sendto(self, *_packet: object) -> int:
        if self.error is not None:
            raise self.error
        return 0


def swallow_pings(opened: Tools) -> Swallowing:
    """Put a network that loses everything in place of the ping socket."""
    if socket.AF_INET in opened._echoes:
        opened._echoes.pop(socket.AF_INET).close()
    sock = Swallowing(socket.AF_INET, socket.SOCK_DGRAM)
    opened._echoes[socket.AF_INET] = EchoSocket(sock, socket.AF_INET, raw=True)
    return sock


def aimed(kind: str, port: int) -> dict[str, Any]:
    """Options that look at 127.0.0.1 *port* and need an answer."""
    host = "127.0.0.1"
    return {
        "http": {"url": f"http://{host}:{port}/?token={SECRET}", "headers": {"X-Key": SECRET}},
        "tcp": {"host": host, "port": port, "expect": "hello", "send": SECRET},
        "icmp": {"host": host},
        "dns": {"name": "www.example.org", "servers": host, "port": port},
        "tls": {"host": host, "port": port},
    }[kind] | {"type": kind}


@asynccontextmanager
async def black_hole(kind: str, opened: Tools) -> AsyncIterator[int]:
    """Give a port behind which everything is taken and nothing answered."""
    swallow_pings(opened)
    if kind == "dns":
        async with probing.nameserver(lambda _query: None) as (port, _):
            yield port
    else:
        async with probing.serve(probing.silent) as port:
            yield port


@pytest.mark.parametrize("kind", ACTIVE)
async def test_one_deadline_is_over_everything(kind: str):
    """
    A target that hangs is down (timeout) at the deadline, at most 250 ms late.

    Seen to fail with `asyncio.timeout` taken out of `run`: every case then hangs.
    """
    async with probing.tools() as opened, black_hole(kind, opened) as port:
        outcome, took = await probing.ran(opened, 0.4, **aimed(kind, port))
    assert (outcome.verdict, outcome.reason) == (Verdict.DOWN, Reason.TIMEOUT), outcome
    assert timedelta(seconds=0.35) <= took <= timedelta(seconds=0.65)


@pytest.mark.parametrize("kind", ACTIVE)
async def test_cancelling_leaves_nothing_behind(kind: str):
    """
    A cancelled run raises CancelledError and leaves no task, socket or descriptor.

    Seen to fail with `wire.abort()` taken out of `open_wire`, for tcp.
    """
    async with probing.tools() as opened, black_hole(kind, opened) as port:
        files = probing.open_files()
        await probing.look(opened, 0.05, **aimed(kind, port))  # whatever is loaded late is now
        await probing.until(lambda: probing.open_files() == files, "the first look's socket")
        task = asyncio.ensure_future(probing.look(opened, **aimed(kind, port)))
        if kind == "icmp":
            await probing.until(lambda: bool(opened.echo("127.0.0.1")._pending), "the ping")
        else:
            await probing.until(lambda: probing.open_files() > files, "the probe's socket")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await probing.until(lambda: len(asyncio.all_tasks()) == 1, "the probe's tasks")
        await probing.until(lambda: probing.open_files() == files, "the probe's descriptors")
        if kind == "icmp":
            assert not opened.echo("127.0.0.1")._pending


@pytest.mark.parametrize("kind", [kind for kind in ACTIVE if kind != "icmp"])
async def test_a_closed_port_is_down_refused(kind: str):
    """Refusing proves that the network works: down, and no timeout."""
    async with probing.tools() as opened:
        outcome = await probing.look(opened, **aimed(kind, probing.CLOSED_PORT))
    assert (outcome.verdict, outcome.reason) == (Verdict.DOWN, Reason.REFUSED), outcome


@pytest.mark.parametrize("kind", ACTIVE)
async def test_no_route_is_down_unreachable(kind: str):
    """An address that this machine has no route to is down, not a fault of ours."""
    async with probing.tools() as opened:
        swallow_pings(opened).error = OSError(errno.ENETUNREACH, "Network is unreachable")
        options = aimed(kind, 7)
        if kind != "icmp":
            # Linux has no route for TCP to a broadcast address, and says so without a packet.
            options = json.loads(json.dumps(options).replace("127.0.0.1", "127.255.255.255"))
        if kind == "dns":
            options["tcp"] = True
        outcome = await probing.look(opened, **options)
    assert (outcome.verdict, outcome.reason) == (Verdict.DOWN, Reason.UNREACHABLE), outcome


_STARVED = """
import asyncio, json, os, resource, sys
sys.path[:0] = json.loads(sys.argv[1])
import probing, test_probe
async def main():
    async with probing.tools() as opened, probing.serve(probing.silent) as port:
        kind = sys.argv[2]
        options = test_probe.aimed(kind, port)
        await probing.look(opened, 0.05, **options)  # modules are loaded now
        for echo in opened._echoes.values():
            echo.close()
        opened._echoes.clear()
        await probing.until(lambda: len(asyncio.all_tasks()) == 1, "tasks")
        taken = []
        resource.setrlimit(resource.RLIMIT_NOFILE, (probing.open_files() + 20,) * 2)
        try:
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            pass
        outcome = await probing.look(opened, 1.0, **options)
        for file in taken:
            os.close(file)
        print(outcome.verdict, outcome.reason)
asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ACTIVE)
def test_having_no_descriptor_left_is_our_own_fault(kind: str):
    """
    With RLIMIT_NOFILE reached, the verdict is unknown (resources), never down.

    Seen to fail with EMFILE taken out of the table: unknown, but internal.
    """
    paths = [
        str(path) for path in (__file__.rpartition("/")[0], probing.__file__.rpartition("/")[0])
    ]
    done = subprocess.run(
        [sys.executable, "-c", _STARVED, json.dumps(paths), kind],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    expected = "unknown resources"
    if kind == "icmp" and not may_ping():
        expected = "unknown permission"
    assert done.stdout.strip() == expected, done.stderr


def may_ping() -> bool:
    """Try both kinds of socket."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP).close()
        except PermissionError:
            continue
        return True
    return False


@pytest.mark.parametrize("kind", ACTIVE)
async def test_nothing_secret_is_ever_shown(kind: str):
    """Secrets are in no repr of the options, no message and no exception."""
    shown = [repr(TYPES[kind].options.model_validate(aimed(kind, 7)))]
    shown.append(str(TYPES[kind].options.model_validate(aimed(kind, 7))))
    async with probing.tools() as opened:
        shown.append((await probing.look(opened, **aimed(kind, probing.CLOSED_PORT))).message)
        async with black_hole(kind, opened) as port:
            shown.append((await probing.look(opened, 0.1, **aimed(kind, port))).message)
    with pytest.raises(ValueError, match="validation error") as caught:
        TYPES[kind].options.model_validate(aimed(kind, 7) | {"unheard_of": SECRET})
    shown += [str(caught.value), repr(caught.value)]
    assert SECRET not in " ".join(shown)


async def test_a_message_is_one_clean_line_of_at_most_300_characters():
    """Control, bidi, zero-width and surrogate characters go, whatever a probe says."""

    async def odd() -> Outcome:
        text = "a\r\nb\0c\x1b[31m\u202ed\u200be\ud800f\u2028g" + "x" * 5000
        return Outcome(Verdict.DOWN, Reason.PROTOCOL, text)

    message = (await run(odd, timedelta(seconds=1), probing.no_lag)).outcome.message
    assert len(message) == 300
    assert all(unicodedata.category(char)[0] != "C" for char in message)
    assert message.startswith("a b c [31m d e f g")
