"""What a name is resolved by, and the error of an address that the rule forbids: words only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

#: Gives the addresses of a name, or raises OSError.
Lookup = Callable[[str], Awaitable[Sequence[str]]]


class AddressRefusedError(OSError):
    """The rule about addresses forbids this one."""
