"""
The control socket: a unix socket over which the CLI talks to a running daemon.

Who may connect is the file's mode (0600), who is calling is the kernel's word
(SO_PEERCRED): root and the daemon's own user, as administrators under their own names.
There is no token to leak and none to forget.
"""

from __future__ import annotations

import functools
import os
import pwd
import socket
import stat
import struct
from contextlib import suppress
from pathlib import Path

import structlog
from aiohttp import web

from fettled.core.errors import ConfigError
from fettled.core.permissions import Principal, Role, permissions_of
from fettled.core.tickets import Actor
from fettled.ports import Directory
from fettled.web.problems import Problem

PEER_REFUSED = "control.peer_refused"

_CREDENTIALS = struct.Struct("3i")
#: What fits into `sockaddr_un` with its closing NUL.
_LONGEST_PATH = 107
_ROOT = 0
_CONNECT_SECONDS = 1.0


def is_control(request: web.BaseRequest) -> bool:
    """Whether *request* came over a unix socket."""
    sock = _socket_of(request)
    return sock is not None and sock.family == socket.AF_UNIX


def identify_peer(request: web.BaseRequest, people: Directory) -> Principal:
    """
    Recognise the process at the other end; *people* tells teams and shifts of its user.

    Raises:
        Problem: 403 for anybody but root and the daemon's own user.
    """
    sock = _socket_of(request)
    if sock is None:
        raise Problem(403, "the caller is gone")
    raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _pid, uid, _gid = _CREDENTIALS.unpack(raw)
    if not may_control(uid):
        structlog.get_logger().warning(PEER_REFUSED, uid=uid)
        raise Problem(403, "only root and the daemon's own user may use the control socket")
    name = user_name(uid)
    return Principal(
        name,
        Actor("user", name),
        permissions_of({Role.ADMIN}),
        people.teams_of(name),
        people.shifts_of(name),
    )


def may_control(uid: int) -> bool:
    """Whether the user *uid* is an administrator by being who they are on this machine."""
    return uid in {_ROOT, os.geteuid()}


@functools.cache  # two names at most; a directory service may be slow to tell them
def user_name(uid: int) -> str:
    """Name the user *uid*, or its number where it has no name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"


def bind_control(path: Path) -> socket.socket:
    """
    Bind a unix socket at *path*, 0600 before anybody can connect to it.

    A socket that a killed daemon left behind is replaced; one that answers is not.

    Raises:
        ConfigError: the path cannot be used.
    """
    where = f"server.control_socket: {path}"
    if len(os.fsencode(path)) > _LONGEST_PATH:
        msg = f"{where} is longer than {_LONGEST_PATH} bytes: choose a shorter path"
        raise ConfigError(msg)
    _clear(path, where)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        sock.bind(str(path))
        # Between bind and listen every connection is refused, so the mode is never late.
        path.chmod(0o600)
    except OSError as error:
        sock.close()
        msg = f"{where} cannot be made ({error.strerror}): make its directory writable for us"
        raise ConfigError(msg) from None
    return sock


def remove_control(path: Path) -> None:
    """Remove the socket's file, so that the next caller is told at once."""
    with suppress(OSError):
        path.unlink()


def _clear(path: Path, where: str) -> None:
    try:
        mode = path.lstat().st_mode
    except OSError:
        return  # not there; whatever else is wrong, binding says it better
    if not stat.S_ISSOCK(mode):
        msg = f"{where} exists and is not a socket: move it away, or choose another path"
        raise ConfigError(msg)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(_CONNECT_SECONDS)
        try:
            caller.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            remove_control(path)
        except OSError as error:
            msg = f"{where} is there and cannot be tried ({error.strerror})"
            raise ConfigError(msg) from None
        else:
            msg = f"{where} is in use by another daemon: stop it, or choose another path"
            raise ConfigError(msg)


def _socket_of(request: web.BaseRequest) -> socket.socket | None:
    if request.transport is None:
        return None
    found: socket.socket | None = request.transport.get_extra_info("socket")
    return found
