"""What of `alerts:` is legal and weaker than it need be: told by `check-config`, never refused."""

from __future__ import annotations

from collections.abc import Iterator

from fettled.config.alerts import AlertSource
from fettled.config.faults import Path
from fettled.config.problems import Problem
from fettled.config.schema import Settings
from fettled.core.alarms import Form

_UNDATED = (
    "what Grafana signs does not say when, so a request that somebody recorded is taken at any"
    " time: set a timestamp header there, and name it as timestamp_header: here"
)


_UNPROVEN = (
    "has neither token: nor secret:, so nothing of its own is taken in, only what comes with an"
    " API token that has the permission alert.push"
)
_CANNOT_SIGN = (
    "Alertmanager cannot sign, so nothing that it sends itself is taken in: set token: here, and"
    " the same in its http_config"
)


def alert_notes(settings: Settings) -> Iterator[Problem]:
    """Yield what the sources could do better."""
    for index, source in enumerate(settings.alerts.sources):
        place = ("alerts", "sources", index)
        yield from _proofs(place, source)
        yield from _never_reached(place, source)


def _proofs(place: Path, source: AlertSource) -> Iterator[Problem]:
    if source.secret is None:
        if source.token is None:
            yield Problem((*place, "name"), _UNPROVEN)
    elif source.format is Form.ALERTMANAGER and source.token is None:
        yield Problem((*place, "secret"), _CANNOT_SIGN, at="key")
    elif source.format is Form.GRAFANA and not source.timestamp_header:
        yield Problem((*place, "secret"), _UNDATED, at="key")


def _never_reached(place: Path, source: AlertSource) -> Iterator[Problem]:
    """Name the first rule behind one without conditions."""
    rules = enumerate(source.rules)
    catching = next((number for number, rule in rules if not rule.conditions), None)
    if catching is not None and catching + 1 < len(source.rules):
        message = f"is never reached: rules[{catching}] before it matches every alarm"
        yield Problem((*place, "rules", catching + 1), message)
