"""
What single parts need of the configuration: the scheduler, the web, and what is kept.

Each is made anew of what is in force, from values alone. What cannot change before the next
start is `fixed`'s.
"""

from __future__ import annotations

from fettled import __version__
from fettled.config.schema import Settings
from fettled.ports import Fleet
from fettled.scheduling import Timing
from fettled.web import keys


def without_targets(settings: Settings) -> Settings:
    """Let go what the fleet was made of: nobody asks for it again, and it is the most of it."""
    return settings.model_copy(update={"targets": [], "templates": {}, "policies": {}})


def timings(fleet: Fleet) -> dict[str, Timing]:
    """How each check is scheduled: parents and primaries first where checks have to wait."""
    parents = {subject.parent for subject in fleet.subjects.values()}
    return {
        key: Timing(
            interval=spec.interval,
            host=spec.host,
            priority=2 * (spec.subject in parents) + spec.primary,
        )
        for key, spec in fleet.checks.items()
    }


def web_settings(settings: Settings) -> keys.Settings:
    """What the web goes by."""
    server, limits = settings.server, settings.limits
    return keys.Settings(
        version=__version__,
        metrics_token=server.metrics_token,
        public_url=server.public_url or "",
        dialects=frozenset(name for name, served in server.dialects if served),
        requests_per_second=limits.requests_per_second,
        requests_burst=limits.requests_burst,
        requests_at_once=limits.requests_at_once,
        failed_tries=limits.failed_tries,
    )
