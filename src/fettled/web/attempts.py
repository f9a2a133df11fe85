"""
Counts failed tries to prove who one is, by address and by token.

In memory and bounded: it protects the daemon from being asked too much, not a secret
of 256 bits from being guessed.
"""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Callable

#: A person who mistypes needs a few, a script with an old token is slowed to this.
TRIES = 10
_WINDOW_SECONDS = 60.0
_REMEMBERED = 10_000


class FailedTries:
    """Failed tries by key, the last minute of them."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, tries: int = TRIES) -> None:
        self._monotonic = monotonic
        self._most = tries
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, *keys: str) -> float:
        """How many seconds until a further try is allowed for all of *keys*; 0: now."""
        return max((self._wait(key) for key in keys), default=0.0)

    def failed(self, *keys: str) -> None:
        """Count a failed try against each of *keys*."""
        for key in keys:
            tries = self._tries.setdefault(key, deque(maxlen=self._most))
            tries.append(self._monotonic())
            self._tries.move_to_end(key)
        while len(self._tries) > _REMEMBERED:
            self._tries.popitem(last=False)

    def _wait(self, key: str) -> float:
        tries = self._tries.get(key)
        if tries is None or len(tries) < self._most:
            return 0.0
        return max(0.0, tries[0] + _WINDOW_SECONDS - self._monotonic())


def address_key(address: str) -> str:
    """Name what is counted for *address*: itself, or for IPv6 its network of 64 bits."""
    try:
        parsed = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return "address:unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return f"address:{ipaddress.ip_network((parsed, 64), strict=False)}"
    return f"address:{parsed}"
