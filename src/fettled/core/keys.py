"""
Keys of tickets that are about no single check: roll-ups, and the monitor's own troubles.

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


#: Lists that no group of the fleet makes; where one is over, its members ask for it by name.
LISTS = (EVERYTHING, ADOPTED, ISOLATION)


def rollup_of(group: str) -> str:
    """Give the key of the roll-up of *group*."""
    return ROLLUP + group


def stands_for_many(key: str | None) -> bool:
    """Whether a ticket of this key resolves when enough of its members are well."""
    return key is not None and (key.startswith(ROLLUP) or key == ISOLATION)
