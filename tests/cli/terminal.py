"""Runs one command line on a terminal of its own, and gives what it drew there."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def drawn(
    *args: object,
    columns: int = 120,
    typed: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """Give what `fettled` *args* writes on a terminal of *columns*, styles and all."""
    variables = {name: text for name, text in os.environ.items() if not name.startswith("FETTLED_")}
    variables |= {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": "24", **(env or {})}
    command = [sys.executable, "-m", "fettled", *map(str, args)]
    master, slave = pty.openpty()
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=variables, cwd=cwd
    ) as process:
        os.close(slave)
        if typed:
            os.write(master, typed.encode())
        out = bytearray()
        with contextlib.suppress(OSError):  # the terminal's end, as Linux tells it
            while piece := os.read(master, 65536):
                out += piece
        process.wait(30)
    os.close(master)
    return out.decode()


def plain(text: str) -> str:
    """Give *text* without its styles."""
    return _STYLE.sub("", text).replace("\r\n", "\n")
