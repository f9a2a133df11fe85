"""
Keys of tickets that are about no single check: roll-ups, the monitor's own troubles, callers'.

A check's key is `subject/name`, and no subject's key holds a colon, so none of these can
be one.
"""

from __future__ import annotations

#: What a roll-up's key begins with; the rest names its group: a parent's key, or `label=value`.
ROLLUP = "rollup:"
#: The group of everything, of the storm brake.
EVERYTHING = "rollup:*"
#: The list of what was down when publishing was switched on, and was adopted. No group can
#: be called so: no subject's key holds a star, and a label's group holds an equals sign.
ADOPTED = "rollup:*adopted"
#: Checks that nothing is known of any more.
BLIND = "monitor:blind"
#: The monitor is cut off, or everything it watches is.
ISOLATION = "monitor:isolation"


#: What callers know a ticket by begins with this, so that it is never the key of a check.
CALLERS = "key:"

#: Lists that no group of the fleet makes; where one is over, its members ask for it by name.
LISTS = (EVERYTHING, ADOPTED, ISOLATION)


def rollup_of(group: str) -> str:
    """Give the key of the roll-up of *group*."""
    return ROLLUP + group


def open_key_of(check: str | None, deduplication_key: str | None) -> str | None:
    """Say what may be open only once: the check, or what a caller knows the ticket by."""
    if check is not None or deduplication_key is None:
        return check
    return CALLERS + deduplication_key


def stands_for_many(key: str | None) -> bool:
    """Whether a ticket of this key resolves when enough of its members are well."""
    return key is not None and (key.startswith(ROLLUP) or key == ISOLATION)
