"""What is watched, as configured: values that a reload swaps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from fettled.core.alarms import Source, Told
from fettled.core.isolation import Canary, Rules
from fettled.core.policy import Policy, Storm
from fettled.core.words import Requires, SubjectType
from fettled.ports.quiet import QuietSpec
from fettled.ports.world import Probe


@dataclass(frozen=True, slots=True)
class SubjectSpec:
    """What a ticket can be about, as configured."""

    key: str
    name: str
    type: SubjectType
    parent: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    team: str | None = None
    #: The key it had before it was renamed; its state is carried over.
    formerly: str | None = None
    #: What to do when it is down: an address, or a sentence.
    runbook: str = ""


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """
    One scheduled probe of a subject, as configured.

    Attributes:
        key: `subject/name`.
        probe: None for passive checks, whose evidence is pushed to us.
        host: what the in-flight cap per host counts by; empty for none.
        formerly: the whole key it had before a rename; its state is carried over.
        fingerprint: changes when a reload must replace the probe.
        keep_on_removal: `on_remove: keep`, else its untouched ticket is resolved.
        alarm: of an alarm's check, what its ticket is to say; nobody schedules it.
    """

    key: str
    subject: str
    name: str
    type: str
    primary: bool
    interval: timedelta
    timeout: timedelta
    retry_interval: timedelta
    policy: Policy
    probe: Probe | None
    host: str = ""
    formerly: str | None = None
    keep_on_removal: bool = False
    fingerprint: str = ""
    heartbeat: HeartbeatSpec | None = None
    requires: Requires = Requires.LAN
    alarm: Told | None = None


@dataclass(frozen=True, slots=True)
class HeartbeatSpec:
    """A device or job that must report every *period*."""

    period: timedelta
    grace: timedelta
    misses: int = 2
    resolve_beats: int = 1


@dataclass(frozen=True, slots=True)
class CanarySpec:
    """Somebody whose answer proves that the network works, as configured."""

    canary: Canary
    probe: Probe
    timeout: timedelta


@dataclass(frozen=True, slots=True)
class IsolationSpec:
    """How the monitor tells that it is cut off itself, as configured."""

    canaries: tuple[CanarySpec, ...] = ()
    rules: Rules = field(default_factory=Rules)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Fleet:
    """
    Everything that is watched, as one value that a reload swaps.

    Attributes:
        storm: the brake over all openings; None: switched off.
        quiet: the silences and maintenance windows of the file.
        isolation: how the monitor tells that it is cut off itself.
        sources: who sends alarms, by name.
    """

    subjects: dict[str, SubjectSpec]
    checks: dict[str, CheckSpec]
    storm: Storm | None = field(default_factory=Storm)
    quiet: tuple[QuietSpec, ...] = ()
    isolation: IsolationSpec = field(default_factory=IsolationSpec)
    sources: dict[str, Source] = field(default_factory=dict)
