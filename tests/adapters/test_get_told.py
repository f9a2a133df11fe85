"""The receiver that the how-to shows, run as it stands there, against messages as we sign them."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from datetime import timedelta
from pathlib import Path

import aiohttp

from fettled.clock import SystemClock
from fettled.notify import signing
from fettled.notify.body import json_body
from shaping import telling
from source_tree import ROOT

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
PAGE = ROOT / "docs" / "how-to" / "get-told.md"


def free_port() -> int:
    """Find a port that nobody has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def send(port: int, secret: str, ago: timedelta = timedelta()) -> int:
    """Send the same event, signed; the status."""
    at = SystemClock().wall() - ago
    body = json_body(telling())
    head = signing.headers([signing.key_of(secret)], "e-1", int(at.timestamp()), body)
    url = f"http://127.0.0.1:{port}/"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=head) as answer,
    ):
        return answer.status


async def listens(port: int) -> None:
    """Wait until somebody does."""
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return


async def test_the_receiver_of_the_how_to_takes_ours_and_nobody_else_s(
    tmp_path: Path,
) -> None:
    """A forged message and an old one are refused; what comes twice is acted on once."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    script, port = tmp_path / "hooks.py", free_port()
    script.write_text(code)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        env={**os.environ, "HOOK_SECRET": SECRET, "PORT": str(port)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await listens(port)
        assert await send(port, OTHER) == 401
        assert await send(port, SECRET, timedelta(minutes=10)) == 401
        assert [await send(port, SECRET), await send(port, SECRET)] == [204, 204]
    finally:
        process.terminate()
        said, _ = await process.communicate()
    assert said == b"ticket.opened INC-20261121-000042\n"
