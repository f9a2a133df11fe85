"""
The exceptions, one tree, each worded for the operator who meets it.

Expected outcomes (a probe that fails, a gate that holds) are values, not exceptions.
"""

from __future__ import annotations


class FettledError(Exception):
    """Something fettled can explain in one sentence; its text is that sentence."""


class ConfigError(FettledError):
    """The configuration cannot be used; the text lists every fault with its place."""


class ScenarioError(ConfigError):
    """A scenario cannot be played; every fault is told, since no other command would."""


class InventoryShrunkError(ConfigError):
    """Too much of the fleet is gone at once to be believed without confirmation."""


class StoreError(FettledError):
    """The store cannot be used as it is: newer schema, another owner, locked, damaged."""


class StoreTakenError(StoreError):
    """Another fettled uses the store; nothing was read or changed."""


class StoreDownError(StoreError):
    """The store does not answer now; the same call may succeed later."""


class StoreUnsureError(StoreDownError):
    """
    The store went away while it was saving: the change may have been kept, or not.

    Whoever holds a copy of the store's truth must read it again before relying on it.
    """


class NotFoundError(FettledError):
    """There is no such thing, or it is not yours to see."""


class ForbiddenError(FettledError):
    """The caller may see it, and may not do that to it; *field* names what asks for too much."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class ConflictError(FettledError):
    """
    The state forbids it; the text says which state and what would be legal.

    *field* names what another value would do something about, where there is such a field.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class InvalidError(FettledError):
    """A field holds a value that cannot be taken; *field* names it."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class StaleError(FettledError):
    """The caller's version is not the present one any more."""
