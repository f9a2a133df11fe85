"""What of `alerts:` is legal and weaker than it need be: told by `check-config`, never refused."""

from __future__ import annotations

from collections.abc import Iterator

from fettled.config.problems import Problem
from fettled.config.schema import Settings
from fettled.core.alarms import Form

_UNDATED = (
    "what Grafana signs does not say when, so a request that somebody recorded is taken at any"
    " time: set a timestamp header there, and name it as timestamp_header: here"
)


def alert_notes(settings: Settings) -> Iterator[Problem]:
    """Yield what the sources could do better."""
    for index, source in enumerate(settings.alerts.sources):
        if source.format is Form.GRAFANA and source.secret and not source.timestamp_header:
            yield Problem(("alerts", "sources", index, "secret"), _UNDATED, at="key")
