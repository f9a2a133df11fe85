"""
From settings to what is watched: pydantic ends here, core values begin.

Nothing made here refers to the settings, so they can be let go.
"""

from __future__ import annotations

from typing import Any

from fettled.config.alerts import alert_sources, own_subjects
from fettled.config.checks import Scheduled, options_of
from fettled.config.effective import Layers, primary_of
from fettled.config.isolation import isolation_spec
from fettled.config.quiet import quiet_specs
from fettled.config.schema import Settings, Target
from fettled.core.errors import ConfigError, InvalidError
from fettled.core.policy import Storm
from fettled.core.reach import requirement_of
from fettled.core.words import Requires
from fettled.options import Options, fingerprint
from fettled.ports import CheckSpec, Fleet, HeartbeatSpec, Probe, SubjectSpec
from fettled.probes import TYPES
from fettled.probes.heartbeat import HeartbeatOptions
from fettled.probes.tools import Tools


def make_fleet(settings: Settings, tools: Tools) -> Fleet:
    """
    Make the fleet of *settings*, with its probes; nothing is opened before they run.

    Raises:
        ConfigError: something that options name (a file, a pattern) cannot be used;
            one line for each check.
    """
    layers = Layers(settings)
    sources = alert_sources(settings)
    subjects = own_subjects(sources)
    checks: dict[str, CheckSpec] = {}
    faults: list[str] = []
    for target in settings.targets:
        subjects[target.subject] = _subject(target)
        primary = primary_of(target)
        for name, check in target.named_checks().items():
            key = f"{target.subject}/{name}"
            options = options_of(check)
            try:
                probe = _probe(check.type, options, tools)
            except InvalidError as error:
                faults.append(
                    f"{key}: {error.field}: {error}" if error.field else f"{key}: {error}"
                )
                continue
            checks[key] = CheckSpec(
                key=key,
                subject=target.subject,
                name=name,
                type=check.type,
                primary=name == primary,
                interval=check.interval or settings.defaults.interval,
                timeout=check.timeout or settings.defaults.timeout,
                retry_interval=check.retry_interval or settings.defaults.retry_interval,
                policy=layers.of(target, check).policy,
                probe=probe,
                host=TYPES[check.type].host(options),
                formerly=_former(target, name, check),
                keep_on_removal=target.on_remove == "keep",
                fingerprint=fingerprint(options),
                heartbeat=_heartbeat(options),
                requires=_requires(target, check, TYPES[check.type].host(options)),
            )
    isolation = isolation_spec(settings.isolation, tools, faults)
    if faults:
        raise ConfigError("\n".join(faults))
    return Fleet(
        subjects,
        checks,
        storm=_storm(settings),
        quiet=quiet_specs(settings),
        isolation=isolation,
        sources=sources,
    )


def _subject(target: Target) -> SubjectSpec:
    return SubjectSpec(
        key=target.subject,
        name=target.name or target.subject,
        type=target.type,
        parent=target.parent,
        labels=dict(target.labels),
        team=target.team,
        formerly=target.formerly,
        runbook=target.runbook or "",
    )


def _requires(target: Target, check: Scheduled, host: str) -> Requires:
    return check.requires or target.requires or requirement_of(host)


def _storm(settings: Settings) -> Storm | None:
    storm = settings.storm
    return Storm(storm.opens, storm.window) if storm.enabled else None


def _probe(kind: str, options: Options, tools: Tools) -> Probe | None:
    make: Any = TYPES[kind].make
    return make(options, tools) if make is not None else None


def _former(target: Target, name: str, check: Scheduled) -> str | None:
    """Give the whole key that the check had before, when it or its subject had another."""
    if target.formerly is None and check.formerly is None:
        return None
    return f"{target.formerly or target.subject}/{check.formerly or name}"


def _heartbeat(options: Options) -> HeartbeatSpec | None:
    if not isinstance(options, HeartbeatOptions):
        return None
    return HeartbeatSpec(
        period=options.period,
        grace=options.grace,
        misses=options.misses,
        resolve_beats=options.resolve_beats,
    )
