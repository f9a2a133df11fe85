"""What a process that tells a service may not do, tried in a process that is guarded alike."""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import closing
from pathlib import Path

import pytest

from fettled.notify import apprise_child
from fettled.notify.apprise_road import AppriseOptions, make
from fettled.notify.doors import Doors
from postal import here, telling
from tickets_for import NOW

#: Takes the guard from its file, then tries one thing. What is done all the same is said.
SCRIPT = """
import os, runpy, socket, subprocess, sys
seen = {}
guard = runpy.run_path(sys.argv[1])["_guard"]
sys.addaudithook(guard(lambda given: f"{given} is refused", seen))
kind = socket.SOCK_STREAM if sys.argv[3] == "tcp" else socket.SOCK_DGRAM
made = socket.socket(socket.AF_UNIX if sys.argv[3] == "unix" else socket.AF_INET, kind)
try:
    exec(sys.argv[2])
except OSError as error:
    print(type(error).__name__, error, *seen.values(), sep="|")
else:
    print("done")
"""
TO = '("127.0.0.1", 9)'
CONNECTIONS = {
    f"made.connect({TO})": "tcp",
    f"made.connect_ex({TO})": "tcp",
    f'made.sendto(b"x", {TO})': "udp",
    f'made.sendto(b"x", 0, {TO})': "udp",
    f'made.sendmsg([b"x"], [], 0, {TO})': "udp",
    f"socket.create_connection({TO})": "tcp",
}
PROGRAMS = (
    'subprocess.run(["true"])',
    'subprocess.run("true", shell=True)',
    'subprocess.run(["/bin/true"], close_fds=False)',
    'os.system("true")',
    'os.popen("true")',
    'os.execv("/bin/true", ["true"])',
    'os.posix_spawn("/bin/true", ["true"], {})',
    'os.posix_spawnp("true", ["true"], {})',
)


async def tried(what: str, sort: str) -> str:
    """Try it in a process of its own; give what that says."""
    child = str(Path(apprise_child.__file__))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SCRIPT, child, what, sort), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    return said.decode().strip()


@pytest.mark.parametrize("what", CONNECTIONS)
async def test_every_way_to_reach_an_address_is_asked_about(what: str) -> None:
    """
    With a connection or without one: what is sent to an address is judged by it.

    Seen to fail, each for its own, without one of the three events that are listened to.
    """
    sentence = "127.0.0.1 is refused"
    assert await tried(what, CONNECTIONS[what]) == f"_RefusedError|{sentence}|{sentence}"


async def test_a_socket_file_is_no_host() -> None:
    """Other programs of the machine are not spoken to by a file either."""
    for what in ('made.connect("/dev/log")', 'made.sendto(b"x", "/dev/log")'):
        assert await tried(what, "unix") == "_RefusedError|not a host|not a host"


@pytest.mark.parametrize("what", PROGRAMS)
async def test_no_program_is_run(what: str) -> None:
    """
    A program would connect to wherever it likes, and nobody would ask.

    Seen to fail, each for its own, without one of the events that are listened to.
    """
    assert await tried(what, "tcp") == "PermissionError|services run no programs here"


async def test_a_service_that_sends_without_a_connection_is_judged() -> None:
    """
    By the library's own service of that sort, which is told where private is allowed.

    Seen to fail where only connections were listened to.
    """
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as heard:
        heard.bind(("127.0.0.1", 0))
        heard.setblocking(False)  # noqa: FBT003 -- the socket's own signature
        url = f"rsyslog://127.0.0.1:{heard.getsockname()[1]}"
        for allow_private, reason in ((False, "address_refused"), (True, "delivered")):
            given = {"type": "apprise", "url": url, "allow_private": allow_private}
            hook = make(AppriseOptions.model_validate(given), Doors(here, lambda: NOW), None)
            assert (await hook.tell(telling())).reason == reason
            if not allow_private:
                with pytest.raises(BlockingIOError):
                    heard.recv(1)
        assert b"Device offline" in heard.recv(9999)
