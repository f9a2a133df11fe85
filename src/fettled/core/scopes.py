"""
What a token's scope may name: permissions, also by the names that other programs know them by.

Which permissions a role has is `permissions`'. A scope only ever takes away.
"""

from __future__ import annotations

from collections.abc import Iterable

from fettled.core.permissions import Permission

ALIASES: dict[str, Permission] = {
    "incident.viewAny": Permission.TICKET_VIEW_ANY,
    "incident.view": Permission.TICKET_VIEW,
    "incident.create": Permission.TICKET_CREATE,
    "incident.update": Permission.TICKET_UPDATE,
    "incident.delete": Permission.TICKET_DELETE,
}


def permission_of(name: str) -> Permission:
    """
    Read a permission by either name.

    Raises:
        ValueError: there is none of that name.
    """
    if name in ALIASES:
        return ALIASES[name]
    try:
        return Permission(name)
    except ValueError:
        msg = f"{name!r} is no permission; such as ticket.view or incident.view"
        raise ValueError(msg) from None


def within(held: frozenset[Permission], scope: Iterable[str] | None) -> frozenset[Permission]:
    """Give what of *held* is in *scope*; what this version does not know grants nothing."""
    if scope is None:
        return held
    named = frozenset(scope)
    if Permission.TICKET_VIEW_ANY in named:
        # Whoever may list all of them may look at one; routes ask for the latter.
        named |= {Permission.TICKET_VIEW}
    return frozenset(each for each in held if each in named)
