"""
What of the configuration holds from start to end, whatever a reload reads.

Ports, sockets, the store's connections and the log are opened once. A reload that
changes such an option is legal, and says that this part of it waits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fettled.config.schema import Settings

_OPTIONS: dict[str, Callable[[Settings], Any]] = {
    "server.listen": lambda settings: settings.server.listen,
    "server.control_socket": lambda settings: settings.server.control_socket,
    "server.tls": lambda settings: settings.server.tls,
    "store.url": lambda settings: settings.store.url,
    "limits": lambda settings: settings.limits,
    "log": lambda settings: settings.log,
}


def fixed(settings: Settings) -> dict[str, Any]:
    """Take the values of *settings* that hold until the end, by option."""
    return {name: value(settings) for name, value in _OPTIONS.items()}


def waiting(in_force: Mapping[str, Any], settings: Settings) -> list[str]:
    """Note each such option whose value in *settings* is not the one in force."""
    return [
        f"{name} needs a restart to take effect"
        for name, value in fixed(settings).items()
        if value != in_force[name]
    ]
