"""
How a command reaches the tickets: a remote daemon, the local one, or its own store.

The choice is made here, for all commands alike: `--url` first; else the control socket
that the configuration names; and only when nobody listens there, the store itself,
opened under its lock and served on a private socket, so that a command has one way of
talking whether a daemon runs or not. Only then is the whole configuration read: beside a
running daemon it may be half edited, or have secrets of another user.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from fettled.cli import late
from fettled.cli.client import Address, UnreachableError
from fettled.cli.options import find_config, remote
from fettled.core.errors import StoreTakenError

T = TypeVar("T")

#: Seconds to wait for a socket's queue of connections; a live daemon takes microseconds.
_ASK = 2.0


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The options that say which daemon is meant, as they were given."""

    config: Path | None = None
    url: str | None = None
    token: str | None = None
    token_file: Path | None = None


def with_daemon(where: Whereabouts, work: Callable[[Address], T]) -> T:
    """
    Run *work* on a running daemon.

    Raises:
        FettledError: there is none, or it refuses.
    """
    address = remote(where.url, where.token, where.token_file)
    if address is not None:
        return work(address)
    path = find_config(where.config)
    control = late.control_socket(path)
    if not answers(control):
        msg = f"no daemon runs for {path}: nobody listens on {control}"
        raise UnreachableError(msg)
    return work(Address(socket=control))


def with_tickets(where: Whereabouts, work: Callable[[Address], T]) -> T:
    """
    Run *work* on the daemon that is meant, or on its store when it does not run.

    Raises:
        FettledError: neither can be reached, or the request is refused.
    """
    address = remote(where.url, where.token, where.token_file)
    if address is not None:
        return work(address)
    path = find_config(where.config)
    control = late.control_socket(path)
    if answers(control):
        return work(Address(socket=control))
    try:
        return late.on_own_store(late.load(path).settings, work)
    except StoreTakenError:
        # A daemon that was starting when we asked has the lock before it listens.
        if not answers(control):
            raise
        return work(Address(socket=control))


def answers(control: Path) -> bool:
    """
    Say whether somebody listens on *control*; a daemon that hangs does listen.

    Raises:
        FettledError: one may not ask.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_ASK)
        try:
            probe.connect(str(control))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except TimeoutError:
            return True
        except PermissionError:
            msg = f"may not talk to the daemon at {control}: run this as the daemon's user or root"
            raise UnreachableError(msg) from None
    return True
