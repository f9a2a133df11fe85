"""
Text from targets, made fit for logs, tickets and terminals.

Every message of a probe passes through `clean` on its way out; text that a target chose
passes through `redact` before, since a target may echo what it was sent.
"""

from __future__ import annotations

from collections.abc import Iterable

from fettled.core.lines import in_one_line

LONGEST_MESSAGE = 300
LONGEST_QUOTE = 80
#: Shorter secrets are left: replacing every "a" would destroy the message and hide nothing.
_SHORTEST_SECRET = 3


def clean(text: str, limit: int = LONGEST_MESSAGE) -> str:
    """Put *text* on one line of at most *limit* characters, free of anything unprintable."""
    return in_one_line(text, limit)


def redact(text: str, secrets: Iterable[str]) -> str:
    """Replace each of *secrets* in *text* by stars, the longest first."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return text


def quote(text: str) -> str:
    """Quote what a target said, cleaned and short."""
    return f"{clean(text, LONGEST_QUOTE)!r}"
