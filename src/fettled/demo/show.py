"""
The demo itself: directory, configuration, stage, daemon and view, put up and taken down.

Only the putting together is here; each part is in its own file.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import TextIO

from fettled.bootstrap.running import Addresses
from fettled.bootstrap.running import run as run_daemon
from fettled.core.errors import FettledError
from fettled.demo import configuration, view
from fettled.demo.board import Board
from fettled.demo.stage import open_stage

#: Where newcomers expect it; another one if it is taken.
_PORT = 8080


def run(*, keep: Path | None = None, once: bool = False, live: bool = False) -> int:
    """
    Run the demo until it is told to stop, or for one round; the exit code.

    Args:
        keep: a directory for configuration and store that is left as it is at the end.
        once: end when the script has been played once and its tickets are resolved.
        live: draw a table, which only a terminal can show.

    Raises:
        FettledError: it cannot start; the text says why.
    """
    out = sys.stdout
    began = monotonic()
    with ExitStack() as stack:
        directory = stack.enter_context(_directory(keep))
        board = _board(out, live=live)
        stage = stack.enter_context(open_stage(_names()))
        config = directory / "fettled.yaml"
        ports = {name: device.port for name, device in stage.devices.items()}
        config.write_text(configuration.text(_free_port(), directory, ports), encoding="utf-8")

        def ready(addresses: Addresses) -> None:
            for line in _welcome(addresses.http, config, keep):
                view.write_line(out, line)
            if live:
                stack.enter_context(view.live(board, out))
            stage.start(board, once=once)

        # What the daemon logs goes into a file: on a terminal it would tear the table.
        log = stack.enter_context((directory / "fettled.log").open("a", encoding="utf-8"))
        with contextlib.redirect_stdout(log):
            # A terminal that is closed ends it; there is nothing here to read again.
            code = run_daemon(config, ready=ready, sink=board, hangup_stops=True)
        complete = stage.complete
    view.write_line(out, _summary(board, monotonic() - began))
    return code or (1 if once and not complete else 0)


def _board(out: TextIO, *, live: bool) -> Board:
    parents = {key: parent for key, _, _, parent, _ in configuration.SUBJECTS}
    return Board(parents, None if live else lambda line: _tell(out, line))


def _names() -> list[str]:
    return [key for key, *_ in configuration.SUBJECTS]


def _tell(out: TextIO, line: str) -> None:
    try:
        view.write_line(out, line)
    except BrokenPipeError:
        # `fettled demo | head`: nobody listens any more, and the daemon must not meet this.
        os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _directory(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="fettled-demo-") as path:
            yield Path(path)
        return
    try:
        keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"--keep {keep}: {error.strerror}"
        raise FettledError(msg) from None
    yield keep.resolve()


def _free_port() -> int:
    for port in (_PORT, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            # As the daemon binds: a port whose last owner has just gone is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            free: int = probe.getsockname()[1]
            return free
    msg = "no free port on 127.0.0.1"
    raise FettledError(msg)


def _welcome(http: str, config: Path, keep: Path | None) -> list[str]:
    base = http if "://" in http else f"http://{http}"
    own = Path(sys.argv[0]).name == "fettled"
    command = shlex.quote(sys.argv[0]) if own else f"{shlex.quote(sys.executable)} -m fettled"
    with_config = f"--config {shlex.quote(str(config))}"
    return [
        f"fettled demo: the real daemon on {len(configuration.SUBJECTS)} simulated devices",
        f"  health   {base}/health-check",
        f"  metrics  {base}/metrics",
        f"  API      {base}/api/v1/tickets",
        f"  token    {command} token create --user me --role admin {with_config}",
        f"  tickets  {command} tickets list {with_config}",
        f"  files    {config.parent}" + ("" if keep else " (removed at the end)"),
        "  stop     Ctrl-C",
    ]


def _summary(board: Board, took: float) -> str:
    figures = ", ".join(
        f"{board.counts[event]} {event}" for event in ("opened", "reopened", "resolved")
    )
    return f"demo: {figures} in {took:.0f} s"
