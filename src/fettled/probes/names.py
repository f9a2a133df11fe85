"""
What this machine says about names: /etc/hosts and /etc/resolv.conf.

Reading and keeping up with these two files only. They are small and local, so they are
read in place; asking anybody is the resolver's.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_RECHECK_SECONDS = 5.0
#: A hosts file used as a block list may have a million lines; nobody monitors those.
_LARGEST = 4_000_000
_MOST_SERVERS = 3
_MOST_SUFFIXES = 6
#: RFC 6761: these never leave the machine, whatever the hosts file says.
_LOCALHOST = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Names:
    """
    Both files, read.

    Attributes:
        servers: nameservers in order, IP literals.
        search: suffixes for short names.
        ndots: names with fewer dots try the suffixes first.
        hosts: addresses by lower-case name.
    """

    servers: tuple[str, ...] = ("127.0.0.1",)
    search: tuple[str, ...] = ()
    ndots: int = 1
    hosts: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def local(self, name: str) -> tuple[str, ...]:
        """Give the addresses that need no nameserver; empty if there are none."""
        name = name.rstrip(".").lower()
        if name == "localhost" or name.endswith(".localhost"):
            return self.hosts.get(name, _LOCALHOST)
        return self.hosts.get(name, ())

    def candidates(self, name: str) -> tuple[str, ...]:
        """List the full names to try for *name*, in order."""
        if name.endswith("."):
            return (name,)
        suffixed = tuple(f"{name}.{suffix}." for suffix in self.search)
        full = (f"{name}.",)
        return full + suffixed if name.count(".") >= self.ndots else suffixed + full


class NameFiles:
    """The two files, read again when they change."""

    __slots__ = ("_checked", "_hosts", "_names", "_resolv", "_seen")

    def __init__(self, hosts: Path, resolv: Path) -> None:
        self._hosts, self._resolv = hosts, resolv
        self._names = Names()
        self._seen: tuple[object, ...] | None = None
        self._checked = float("-inf")

    def names(self) -> Names:
        """Give what they say now; looks at most every few seconds."""
        now = time.monotonic()
        if now - self._checked >= _RECHECK_SECONDS:
            self._checked = now
            seen = (_stamp(self._hosts), _stamp(self._resolv))
            if seen != self._seen:
                self._seen = seen
                self._names = read_names(self._hosts, self._resolv)
        return self._names


def _stamp(path: Path) -> object:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _lines(path: Path) -> Iterator[list[str]]:
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return
    for line in text.splitlines():
        words = line.split("#")[0].split(";")[0].split()
        if len(words) > 1:
            yield words


def read_names(hosts: Path, resolv: Path) -> Names:
    """Read both files; one that is missing or odd says nothing."""
    servers: list[str] = []
    search: tuple[str, ...] = ()
    ndots = 1
    for key, *words in _lines(resolv):
        if key == "nameserver" and _is_address(words[0]):
            servers.append(words[0])
        elif key in {"search", "domain"}:
            search = tuple(w.strip(".") for w in words if w.strip("."))[:_MOST_SUFFIXES]
        elif key == "options":
            ndots = next((_small(w[6:]) for w in words if w.startswith("ndots:")), ndots)
    table: dict[str, tuple[str, ...]] = {}
    for address, *aliases in _lines(hosts):
        if _is_address(address):
            for alias in aliases:
                key = alias.rstrip(".").lower()
                table[key] = (*table.get(key, ()), address)
    return Names(tuple(servers[:_MOST_SERVERS]) or Names().servers, search, ndots, table)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _small(text: str) -> int:
    return min(int(text), 15) if text.isascii() and text.isdigit() else 1
