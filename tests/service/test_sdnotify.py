"""What systemd is told, over real sockets of both kinds."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from fettled.sdnotify import notify, watchdog_interval


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path):
    """A notification socket as systemd or a container's manager makes it, and its name."""
    name = f"{tmp_path}/notify" if request.param == "path" else f"@fettled-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind("\0" + name[1:] if name[0] == "@" else name)
        sock.settimeout(5)
        yield name, sock


def test_all_fields_arrive_in_one_datagram(systemd: tuple[str, socket.socket]) -> None:
    """READY and STATUS together, to a path and to an abstract name."""
    name, sock = systemd
    assert notify("READY=1", "STATUS=3 checks", environ={"NOTIFY_SOCKET": name})
    assert sock.recv(4096) == b"READY=1\nSTATUS=3 checks"


def test_a_line_break_in_a_field_does_not_become_a_field(
    systemd: tuple[str, socket.socket],
) -> None:
    """
    A status that quotes a target cannot smuggle STOPPING=1 in.

    Seen to fail when fields are joined as they are.
    """
    name, sock = systemd
    notify("STATUS=bad\nSTOPPING=1\r\nX=1", environ={"NOTIFY_SOCKET": name})
    assert sock.recv(4096) == b"STATUS=bad STOPPING=1 X=1"


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"NOTIFY_SOCKET": ""},
        {"NOTIFY_SOCKET": "relative"},
        {"NOTIFY_SOCKET": "@"},
        {"NOTIFY_SOCKET": "/nowhere/notify"},
        {"NOTIFY_SOCKET": "/" + "x" * 200},
    ],
)
def test_without_a_usable_socket_nothing_happens(environ: dict[str, str]) -> None:
    """No systemd, an odd name, a socket that is gone: no error, and the answer is no."""
    assert notify("READY=1", environ=environ) is False


def test_a_full_socket_does_not_block_the_loop(systemd: tuple[str, socket.socket]) -> None:
    """
    Nobody reads: sending gives up instead of waiting.

    Seen to fail (it hangs) with a blocking socket.
    """
    name, _ = systemd
    answers = {notify("STATUS=" + "x" * 1000, environ={"NOTIFY_SOCKET": name}) for _ in range(5000)}
    assert answers == {True, False}


@pytest.mark.parametrize(
    ("environ", "interval"),
    [
        ({"WATCHDOG_USEC": "30000000"}, timedelta(seconds=30)),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, timedelta(seconds=30)),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-5"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "²"}, None),
    ],
)
def test_the_watchdog_is_believed_only_if_it_is_ours(
    environ: dict[str, str], interval: timedelta | None
) -> None:
    """WATCHDOG_USEC counts unless WATCHDOG_PID names another process or it is nonsense."""
    assert watchdog_interval(environ) == interval
