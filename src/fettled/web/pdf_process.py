"""
Makes PDFs in a process of their own.

Laying out text takes seconds for a long history and much memory. In a process beside the
daemon it can take neither from the probes, and text that nobody foresaw can at worst end
that process. One runs at a time; it is killed when it takes too long.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import sys
from collections.abc import AsyncGenerator

import structlog

from fettled.web.problems import Problem

PDF = "application/pdf"
PDF_FAILED = "http.pdf_failed"
#: Below what `sending` waits for the first piece.
_SECONDS = 50.0
_PIECE = 64 * 1024
#: What the interpreter is to run.
_COMMAND = ("-m", "fettled.web.pdf")
#: What the process needs of our environment; secrets of the configuration are none of it.
_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "HOME")
_one_at_a_time = asyncio.Semaphore(1)


async def make_pdf(source: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """
    Make the PDF of an export in JSON.

    Raises:
        Problem: 501 without the library, 503 where it took too long or failed.
    """
    if importlib.util.find_spec("fpdf") is None:
        detail = (
            "PDF needs a library that is not installed where the daemon runs: "
            "pip install 'fettled[pdf]' there; the JSON export needs nothing"
        )
        raise Problem(501, detail)
    try:
        async with asyncio.timeout(_SECONDS), _one_at_a_time:
            made = await _run(source)
    except TimeoutError:
        detail = f"no PDF was made within {_SECONDS:g} s; the JSON export has it all"
        raise Problem(503, detail, headers={"Retry-After": "30"}) from None
    for at in range(0, len(made), _PIECE):
        yield made[at : at + _PIECE]


async def _run(source: AsyncGenerator[bytes, None]) -> bytes:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *_COMMAND,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        with contextlib.suppress(ConnectionError):  # it ended: its words tell why
            async for piece in source:
                process.stdin.write(piece)
                await process.stdin.drain()
        process.stdin.close()
        made, told = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        last = told.decode(errors="replace").strip().splitlines()[-1:]
        structlog.get_logger().error(PDF_FAILED, status=process.returncode, reason="".join(last))
        raise Problem(503, "the PDF could not be made; the JSON export has it all")
    return made
