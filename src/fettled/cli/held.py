"""What holds a message that was not told yet, in words; the names are the API's."""

from __future__ import annotations

from typing import Any

from fettled.cli.output import moment

_WORDS = {
    "quiet_hours": "held until {at}: quiet hours",
    "digest": "in the digest at {at}",
    "burst": "burst cap, next at {at}",
    "not_configured": "its receiver is not configured any more",
}


def held_words(by: Any, until: Any) -> str | None:  # noqa: ANN401 - JSON is any value
    """Say until when something is held and why; None: nothing holds it."""
    if not by:
        return None
    # A newer daemon may know of more than this does.
    return _WORDS.get(by, "held until {at}").format(at=moment(until))
