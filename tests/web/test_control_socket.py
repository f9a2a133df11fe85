"""The control socket: a real unix socket, and the kernel's word on who is calling."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import aiohttp
import pytest

from fettled.core.errors import ConfigError
from fettled.web import control
from fettled.web.control import bind_control
from web.conftest import House

COMMENT = {"action": "comment", "body": "on it"}


def local(path: Path) -> aiohttp.ClientSession:
    """Give a client over the socket at *path*."""
    return aiohttp.ClientSession("http://fettled", connector=aiohttp.UnixConnector(str(path)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a socket."""
    return tmp_path / "control.sock"


async def test_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch):
    """
    Whoever is neither root nor the daemon's user gets 403, for everything but a health check too.

    Seen to fail with `may_control` answering True.
    """
    house = House(control=path)
    monkeypatch.setattr(control, "_ROOT", -1)
    monkeypatch.setattr(control.os, "geteuid", lambda: os.getuid() + 1)
    async with house.serve(), local(path) as session:
        for method, address in (("GET", "/api/v1/tickets"), ("GET", "/health-check")):
            response = await session.request(method, address)
            assert response.status == 403
            assert response.content_type == "application/problem+json"


async def test_ones_own_user_is_an_administrator_by_name(path: Path):
    """No token is asked for, and the ticket's timeline gets the user's own name."""
    house = House(control=path)
    async with house.serve(), local(path) as session:
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600  # noqa: PTH116 - a local file
        assert (await session.post("/api/v1/reload")).status == 200
        response = await session.post("/api/v1/tickets/42/actions", json=COMMENT)
        assert response.status == 200
    _, _, actor = house.tickets.acts[0]
    assert (actor.type, actor.name) == ("user", control.user_name(os.getuid()))
    assert path.name not in os.listdir(path.parent)  # noqa: PTH208 - pathlib's is refused, being async


async def test_what_it_says_of_itself_over_tcp_is_not_believed(house: House):
    """The socket's rights are the transport's, not a header's."""
    async with aiohttp.ClientSession(house.url) as session:
        headers = {"Host": "fettled", "X-Forwarded-For": "unix", "Forwarded": "for=unix"}
        assert (await session.post("/api/v1/reload", headers=headers)).status == 401


async def test_a_socket_left_by_a_killed_daemon_is_replaced(path: Path):
    """Kill -9 leaves the file; the next start takes its place."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    house = House(control=path)
    async with house.serve(), local(path) as session:
        assert (await session.get("/health-check")).status == 200


async def test_a_socket_that_answers_is_left_alone(path: Path):
    """A second daemon is told, and the first goes on."""
    house = House(control=path)
    async with house.serve(), local(path) as session:
        with pytest.raises(ConfigError, match="in use by another daemon"):
            bind_control(path)
        assert (await session.get("/health-check")).status == 200


def test_a_path_that_cannot_be_a_socket_is_one_sentence(tmp_path: Path):
    """A file that is something else is never deleted; a path too long is never cut."""
    precious = tmp_path / "notes.txt"
    precious.write_text("keep me")
    with pytest.raises(ConfigError, match="is not a socket"):
        bind_control(precious)
    assert precious.read_text() == "keep me"
    with pytest.raises(ConfigError, match="longer than 107 bytes"):
        bind_control(tmp_path / ("x" * 120))
    with pytest.raises(ConfigError, match="cannot be made"):
        bind_control(tmp_path / "missing" / "control.sock")


def test_a_user_without_a_name_has_a_number():
    """A container's user is in no passwd, and acts all the same."""
    assert control.user_name(4_000_000_000) == "uid-4000000000"
