"""
When a certificate expires, as a probe says it and as it is read back from what it said.

A check's condition keeps of a probe's evidence its words alone. Both halves stand here, so
that the one cannot change without the other; they tell the day, which is exact enough for
what is due days before.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

#: Work on a certificate is due so long before it expires.
MARGIN = timedelta(days=3)
_SAID = re.compile(r"\bexpires on (\d{4}-\d{2}-\d{2})\b")


def say_expiry(expiry: datetime) -> str:
    """Say when it expires."""
    return f"expires on {expiry.astimezone(UTC):%Y-%m-%d}"


def read_expiry(message: str) -> datetime | None:
    """Give the beginning of the day (UTC) that *message* says; None where it says none."""
    found = _SAID.search(message)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    except ValueError:
        return None
