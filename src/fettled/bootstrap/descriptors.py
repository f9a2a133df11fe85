"""
File descriptors: take all that the system allows, and keep some for who asks how we are.

A login shell's soft limit of 1,024 is a few hundred probes; once they have taken the
last descriptor, nobody can reach the daemon to see why.
"""

from __future__ import annotations

import resource

#: For the store, logs, resolver and the HTTP door; under a small limit, half of it.
KEPT_BACK = 256
#: A probe may hold two at once: it tries a name's second address before the first gave up.
EACH = 2


def raise_limit() -> int:
    """Raise the soft limit to the hard one; how many descriptors we may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 20


def room_for_probes(descriptors: int) -> int:
    """How many probes may run at once with so many descriptors."""
    return max((descriptors - min(KEPT_BACK, descriptors // 2)) // EACH, 1)
