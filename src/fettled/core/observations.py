"""
Observations, their reasons, and the table from a reason to a ticket's kind.

A reason is a bounded enumeration, safe as a metric's label. What a target said in
its own words goes into *message*, cleaned and cut at the probe's border.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from fettled.core.words import Kind, Priority, SubjectType, Verdict


class Reason(StrEnum):
    """Why a verdict is what it is."""

    OK = "ok"
    # The target does not answer as it should.
    TIMEOUT = "timeout"
    REFUSED = "refused"
    RESET = "reset"
    UNREACHABLE = "unreachable"
    DNS = "dns"
    TLS = "tls"
    HTTP_STATUS = "http_status"
    ASSERTION = "assertion"
    PROTOCOL = "protocol"
    TOO_LARGE = "too_large"
    REDIRECT = "redirect"
    OVERDUE = "overdue"
    # It answers, and refuses us.
    AUTH = "auth"
    # It answers, but not well enough.
    LATENCY = "latency"
    PACKET_LOSS = "packet_loss"
    CERTIFICATE_EXPIRING = "certificate_expiring"
    # Somebody else says so.
    ALARM = "alarm"
    # The monitor's own faults: verdict unknown, always.
    CANCELLED = "cancelled"
    STALLED = "stalled"
    RESOURCES = "resources"
    PERMISSION = "permission"
    RESOLVER = "resolver"
    NO_EVIDENCE = "no_evidence"
    ISOLATED = "isolated"
    INTERNAL = "internal"


class Failure(StrEnum):
    """The column of the kinds table that a reason belongs to."""

    UNREACHABLE = "unreachable"
    CREDENTIALS = "credentials"
    DEGRADED = "degraded"
    OWN_FAULT = "own_fault"


FAILURES: dict[Reason, Failure] = {
    **dict.fromkeys(Reason, Failure.UNREACHABLE),
    Reason.AUTH: Failure.CREDENTIALS,
    Reason.LATENCY: Failure.DEGRADED,
    Reason.PACKET_LOSS: Failure.DEGRADED,
    Reason.CERTIFICATE_EXPIRING: Failure.DEGRADED,
    Reason.CANCELLED: Failure.OWN_FAULT,
    Reason.STALLED: Failure.OWN_FAULT,
    Reason.RESOURCES: Failure.OWN_FAULT,
    Reason.PERMISSION: Failure.OWN_FAULT,
    Reason.RESOLVER: Failure.OWN_FAULT,
    Reason.NO_EVIDENCE: Failure.OWN_FAULT,
    Reason.ISOLATED: Failure.OWN_FAULT,
    Reason.INTERNAL: Failure.OWN_FAULT,
}

#: Reasons that mean a certificate's expiry, whatever the subject is.
_KINDS_BY_REASON = {Reason.CERTIFICATE_EXPIRING: Kind.CERTIFICATE_EXPIRING}

_SERVICE_LIKE = {
    Failure.UNREACHABLE: Kind.SERVICE_DOWN,
    Failure.CREDENTIALS: Kind.SERVICE_DOWN,
    Failure.DEGRADED: Kind.SERVICE_DEGRADED,
}
KINDS: dict[SubjectType, dict[Failure, Kind]] = {
    SubjectType.DEVICE: {
        Failure.UNREACHABLE: Kind.DEVICE_OFFLINE,
        Failure.CREDENTIALS: Kind.DEVICE_OFFLINE,
        Failure.DEGRADED: Kind.SERVICE_DEGRADED,
    },
    SubjectType.INTEGRATION: {
        Failure.UNREACHABLE: Kind.INTEGRATION_UNREACHABLE,
        Failure.CREDENTIALS: Kind.INTEGRATION_CREDENTIALS_INVALID,
        Failure.DEGRADED: Kind.SERVICE_DEGRADED,
    },
    SubjectType.SERVICE: _SERVICE_LIKE,
    SubjectType.SPACE: _SERVICE_LIKE,
    SubjectType.OTHER: _SERVICE_LIKE,
}


def kind_of(subject_type: SubjectType, verdict: Verdict, reason: Reason) -> Kind | None:
    """Name the kind of ticket that this evidence asks for; None when it asks for none."""
    if verdict is Verdict.UP or verdict is Verdict.UNKNOWN:
        return None
    if reason in _KINDS_BY_REASON:
        return _KINDS_BY_REASON[reason]
    failure = Failure.DEGRADED if verdict is Verdict.DEGRADED else FAILURES[reason]
    return KINDS[subject_type].get(failure, KINDS[subject_type][Failure.UNREACHABLE])


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What a probe found, before anybody knows which check it was run for.

    Attributes:
        message: at most 300 characters, free of control characters and secrets.
        priority: a probe's own opinion (certificate expiry), else None.
        figures: measured values by name, seconds or counts, for metrics and pages.
        kind: of an alarm, what its rule says; None: by the subject and the reason.
    """

    verdict: Verdict
    reason: Reason
    message: str = ""
    priority: Priority | None = None
    figures: dict[str, float] = field(default_factory=dict)
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """
    One finished probe run.

    Attributes:
        check: `subject/check`.
        started: when the probe began, on the daemon's own clock (aware, UTC).
        took: how long it ran.
        order: (incarnation of the daemon, sequence number in it): what decides which
            of two observations is newer, since clocks may jump.
        kind: the kind of ticket this evidence asks for, None when up or unknown.
        cadence: the distance between this check's observations achieved lately.
    """

    check: str
    started: datetime
    took: timedelta
    verdict: Verdict
    reason: Reason
    order: tuple[int, int]
    cadence: timedelta
    kind: str | None = None
    priority: Priority | None = None
    message: str = ""
