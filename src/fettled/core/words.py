"""
The product's closed vocabularies: what a subject, a priority, a kind can be.

Enumerations, and the weekdays. A word here means the same in code, database, metrics, API and docs.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

#: As dates count them.
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class SubjectType(StrEnum):
    """What a ticket can be about."""

    DEVICE = "device"
    INTEGRATION = "integration"
    SPACE = "space"
    SERVICE = "service"
    OTHER = "other"


class Priority(StrEnum):
    """How urgent a ticket is; ordered by `rank`."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low up to 3 for critical."""
        return _RANKS[self]


_RANKS = {priority: rank for rank, priority in enumerate(Priority)}


class Kind(StrEnum):
    """Operational category of the monitor's tickets; a ticket's kind may also be free text."""

    DEVICE_OFFLINE = "device_offline"
    INTEGRATION_UNREACHABLE = "integration_unreachable"
    INTEGRATION_CREDENTIALS_INVALID = "integration_credentials_invalid"
    MULTIPLE_DEVICES_OFFLINE = "multiple_devices_offline"
    SERVICE_DOWN = "service_down"
    SERVICE_DEGRADED = "service_degraded"
    CERTIFICATE_EXPIRING = "certificate_expiring"
    UNSTABLE = "unstable"
    MONITOR_IMPAIRED = "monitor_impaired"
    USER_REPORT = "user_report"


class Phase(StrEnum):
    """What the machine believes about a check."""

    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    PENDING_OPEN = "pending_open"
    FIRING = "firing"
    PENDING_RESOLVE = "pending_resolve"
    FLAPPING = "flapping"


class Verdict(StrEnum):
    """What one probe run found. Unknown is not down: it is evidence of nothing."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


class Gate(StrEnum):
    """What forbids opening or reopening a ticket now, and nothing else."""

    OBSERVE_ONLY = "observe_only"
    SILENCE = "silence"
    MAINTENANCE_WINDOW = "maintenance_window"
    PRIMARY = "primary"
    PARENT = "parent"
    ISOLATION = "isolation"
    ACCEPTED = "accepted"
    VERIFY = "verify"
    SETTLING = "settling"


class Requires(StrEnum):
    """What the monitor must be able to reach for a check's network failures to count."""

    INTERNET = "internet"
    LAN = "lan"
    NONE = "none"


class MemberState(StrEnum):
    """How a member of a ticket's checklist stands; excused: silenced, removed or ticketed."""

    DOWN = "down"
    RECOVERED = "recovered"
    EXCUSED = "excused"


class Source(StrEnum):
    """Where a ticket came from."""

    HEALTH_MONITOR = "health_monitor"
    USER = "user"
    WORKFLOW = "workflow"
    API = "api"
    EMAIL = "email"
    PORTAL = "portal"
    PHONE = "phone"


class Status(StrEnum):
    """Where a ticket stands in people's work."""

    OPEN = "open"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Code(StrEnum):
    """How a ticket was resolved."""

    FIXED = "fixed"
    WORKAROUND = "workaround"
    NOT_REPRODUCIBLE = "not_reproducible"
    USER_ERROR = "user_error"
    DUPLICATE = "duplicate"
    NO_ACTION = "no_action"
    WONT_FIX = "wont_fix"
    AUTO_RECOVERED = "auto_recovered"
    MERGED = "merged"
    TARGET_REMOVED = "target_removed"


#: The codes that people may give, as a type: help, completion and refusals name no others.
GivenCode = Literal[
    "fixed",
    "workaround",
    "not_reproducible",
    "user_error",
    "duplicate",
    "no_action",
    "wont_fix",
]


class Cause(StrEnum):
    """Why a ticket was reopened."""

    RELAPSE = "relapse"
    STILL_UNHEALTHY = "still_unhealthy"
    PERSON = "person"


class Level(StrEnum):
    """How bad an incident is, from the core service for everybody to a mere question."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    P5 = "P5"


class Severity(StrEnum):
    """How grave it is technically."""

    CRITICAL = "critical"
    MAJOR = "major"
    MODERATE = "moderate"
    MINOR = "minor"


class Impact(StrEnum):
    """Who is affected."""

    ENTERPRISE = "enterprise"
    MULTI_CLIENT = "multi_client"
    SINGLE_CLIENT = "single_client"
    SINGLE_USER = "single_user"


class Urgency(StrEnum):
    """How soon it matters."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Ownership(StrEnum):
    """How the incident came to be known."""

    ALARM_DETECTION = "alarm_detection"
    CUSTOMER_REPORT = "customer_report"
    PROACTIVE = "proactive"
    OTHER = "other"
