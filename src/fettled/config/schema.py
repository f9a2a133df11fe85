"""
The configuration's shape: sections, keys, types and defaults, as pydantic models.

Only what one section can tell by itself is validated here; what two places must agree
on is `crosscheck`'s. A key has a description, which the reference and editors show.
"""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from fettled.config.alerts import Alerts
from fettled.config.catalogue import CatalogueSection
from fettled.config.checks import Check, CheckName, Period
from fettled.config.desk import TicketSettings
from fettled.config.escalation import Escalation
from fettled.config.hours import Zone
from fettled.config.isolation import Isolation
from fettled.config.names import LabelName, LabelValue, Runbook, SubjectKey, Title
from fettled.config.people import Access
from fettled.config.policies import Name, PolicyPatch, PolicyRef
from fettled.config.quiet import MaintenanceWindow, Silence
from fettled.config.receivers import AnyReceiver
from fettled.config.sla import SlaSettings
from fettled.config.watchdog import WatchdogSettings
from fettled.config.workflows import WorkflowSettings
from fettled.core.policy import Storm
from fettled.core.words import Requires, SubjectType
from fettled.options import OneOrMany, Options, PositiveDuration

#: Where systemd's StateDirectory= puts it.
_STORE = "sqlite:////var/lib/fettled/fettled.db"

#: The kernel's limit for the path of a unix socket is 107 bytes.
_LONGEST_SOCKET = 100


def split_listen(text: str) -> tuple[str, int]:
    """
    Read `host:port` or `[v6]:port`.

    Raises:
        ValueError: it is neither.
    """
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        colon = ""
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= 65535):  # noqa: PLR2004 - TCP's own limit
        msg = "must be host:port, such as 127.0.0.1:8080 or [::1]:8080"
        raise ValueError(msg)
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Whether *host* can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_listen(text: str) -> str:
    split_listen(text)
    return text


def _check_url(text: str) -> str:
    if any(char <= " " for char in text):
        msg = "holds a blank: a URL has none, write %20 for it"
        raise ValueError(msg)
    try:
        parts = urlsplit(text)
        right = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query
    except ValueError:
        right = False
    if not right:
        msg = "must be a URL such as https://fettled.example.org"
        raise ValueError(msg)
    return text.rstrip("/")


def _check_store(url: SecretStr) -> SecretStr:
    text = url.get_secret_value()
    if not text.startswith(("sqlite:///", "postgresql://")) or text == "sqlite:///":
        msg = "must be sqlite:///relative.db, sqlite:////absolute.db or postgresql://user@host/name"
        raise ValueError(msg)
    try:
        parts = urlsplit(text)
        right = parts.scheme == "sqlite" or parts.port is None or parts.port > 0
    except ValueError:
        right = False
    if not right:
        msg = "names no host and port that can be: write postgresql://user@host:5432/name"
        raise ValueError(msg)
    return url


def _check_socket(path: str) -> str:
    if not path or len(path.encode()) > _LONGEST_SOCKET:
        msg = f"must be a path of at most {_LONGEST_SOCKET} bytes"
        raise ValueError(msg)
    return path


class TlsFiles(Options):
    """Certificate and key of the daemon's own server."""

    cert: str = Field(description="PEM file of the certificate and its chain.")
    key: str = Field(description="PEM file of its private key.")


class Dialects(Options):
    """HTTP APIs of other products that are answered as well."""

    equipment: bool = Field(
        default=True, description="Incidents about equipment: `/api/v1/incidents`."
    )
    team_incidents: bool = Field(
        default=True, description="Incidents of teams: `/v1/team/{id}/incidents` and the like."
    )


class Server(Options):
    """Where the daemon answers."""

    listen: Annotated[str, AfterValidator(_check_listen)] = Field(
        "127.0.0.1:8080",
        description="Address and port; any other than loopback needs an `access:` section.",
    )
    public_url: Annotated[str, AfterValidator(_check_url)] | None = Field(
        None, description="URL under which people reach it, for links."
    )
    time_zone: Zone = Field(
        "UTC", description="Time zone that notifications tell times in, such as `Europe/Oslo`."
    )
    control_socket: Annotated[str, AfterValidator(_check_socket)] | None = Field(
        None,
        description="Unix socket that the commands use; default: beside SQLite's file, else in"
        " `$RUNTIME_DIRECTORY`.",
    )
    metrics_token: bool = Field(default=False, description="Ask `/metrics` for a token too.")
    dialects: Dialects = Field(
        default_factory=Dialects, description="HTTP APIs of other products, to be switched off."
    )
    tls: TlsFiles | None = Field(None, description="Serve https with these files.")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of `listen`."""
        return split_listen(self.listen)


class StoreSettings(Options):
    """Where state and tickets are kept."""

    url: Annotated[SecretStr, AfterValidator(_check_store)] = Field(
        SecretStr(_STORE),
        json_schema_extra={"default": _STORE},
        description="`sqlite:///relative.db` (to the working directory), `sqlite:////absolute.db`,"
        " or `postgresql://user@host/name`.",
    )


class Defaults(Options):
    """What a check gets that does not say otherwise."""

    interval: Period = Field(timedelta(seconds=60), description="Time between two probes.")
    timeout: PositiveDuration = Field(
        timedelta(seconds=10), description="One deadline over the whole probe."
    )
    retry_interval: Period = Field(
        timedelta(seconds=15),
        description="Time between two probes while a change awaits its confirmation.",
    )
    policy: Name | None = Field(None, description="Policy below all others in the file.")


class Target(Options):
    """One subject and how it is checked."""

    subject: SubjectKey = Field(description="Key, unique; the check `main` is `subject/main`.")
    name: Title | None = Field(None, description="Name for people; default: the key.")
    type: Annotated[SubjectType, Field(strict=False)] = Field(description="What it is.")
    labels: dict[LabelName, LabelValue] = Field({}, description="Free labels, text to text.")
    parent: SubjectKey | None = Field(None, description="Subject it is reached through.")
    policy: PolicyRef | None = Field(
        None, description="Policy of all its checks: a name, or thresholds."
    )
    team: Name | None = Field(None, description="Team that its tickets go to.")
    requires: Annotated[Requires, Field(strict=False)] | None = Field(
        None,
        description="What the monitor must reach for its network failures to count; default: by"
        " each check's address.",
    )
    runbook: Runbook | None = Field(
        None, description="What to do when it is down: a URL or a sentence, told with its tickets."
    )
    use: Name | None = Field(None, description="Template that is laid below this target.")
    on_remove: Literal["resolve", "keep"] = Field(
        "resolve", description="What becomes of its untouched ticket once it leaves the file."
    )
    formerly: SubjectKey | None = Field(
        None, description="Key it had before; state and tickets are carried over."
    )
    check: Check | None = Field(None, description="Its only check, named `main`.")
    checks: dict[CheckName, Check] = Field(
        {}, description="Its checks by name, instead of `check`; the first is the primary."
    )

    def named_checks(self) -> dict[str, Check]:
        """Give the checks by name."""
        return {"main": self.check} if self.check is not None else self.checks


class Template(Options):
    """
    What targets that `use` it have in common; any key of a target but its own ones.

    A check in it may be incomplete: it is judged where a target completes it.
    """

    type: Annotated[SubjectType, Field(strict=False)] | None = Field(
        None, description="What they are."
    )
    labels: dict[LabelName, LabelValue] = Field({}, description="Labels, joined with their own.")
    parent: SubjectKey | None = Field(None, description="Subject they are reached through.")
    policy: PolicyRef | None = Field(None, description="Policy of all their checks.")
    team: Name | None = Field(None, description="Team that their tickets go to.")
    requires: Annotated[Requires, Field(strict=False)] | None = Field(
        None, description="What the monitor must reach for their network failures to count."
    )
    runbook: Runbook | None = Field(None, description="What to do when they are down.")
    on_remove: Literal["resolve", "keep"] = Field(
        "resolve", description="What becomes of an untouched ticket once its target leaves."
    )
    check: dict[str, Any] = Field({}, description="Options of their only check.")
    checks: dict[CheckName, dict[str, Any]] = Field({}, description="Options of their checks.")


def _check_opens(opens: int) -> int:
    if opens < 1:
        msg = "must be at least 1; to switch the brake off write enabled: false beside it"
        raise ValueError(msg)
    return opens


class StormSettings(Options):
    """When everything fails at once: the rest becomes one ticket."""

    enabled: bool = Field(
        default=True, description="False: each opening its own ticket, however many there are."
    )
    opens: Annotated[int, AfterValidator(_check_opens), Field(le=100_000)] = Field(
        Storm().opens,
        description="Openings and reopenings within the window; what would open beyond them is"
        " put onto one ticket with a checklist.",
    )
    window: PositiveDuration = Field(Storm().window, description="Time in which they count.")


class Limits(Options):
    """What the daemon allows itself."""

    in_flight: Annotated[int, Field(ge=1, le=100_000)] = Field(
        4096, description="Probes at a time."
    )
    per_host: Annotated[int, Field(ge=1, le=100_000)] = Field(
        64, description="Probes at a time to one host."
    )
    requests_per_second: Annotated[int, Field(ge=1, le=100_000)] = Field(
        200, description="HTTP requests of one token, and of one address, in the long run."
    )
    requests_burst: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        1000, description="The same after a pause, before `requests_per_second` holds."
    )
    requests_at_once: Annotated[int, Field(ge=1, le=512)] = Field(
        64, description="HTTP requests of one address in work at a time."
    )
    failed_tries: Annotated[int, Field(ge=1, le=10_000)] = Field(
        10, description="Bad tokens a minute of one address, and for one token's id."
    )


class Log(Options):
    """How the daemon logs, to standard output."""

    format: Literal["auto", "json", "console"] = Field(
        "auto", description="`auto`: console on a terminal, else JSON."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severity that is written."
    )


class Settings(Options):
    """The whole file."""

    include: OneOrMany[str] = Field(
        (),
        description="Further files with `targets:`, `templates:` and `policies:`; a glob is"
        " relative to this file, and read in sorted order.",
    )
    server: Server = Field(default_factory=Server, description="Where the daemon answers.")
    store: StoreSettings = Field(
        default_factory=StoreSettings, description="Where state and tickets are kept."
    )
    defaults: Defaults = Field(
        default_factory=Defaults, description="What a check gets that does not say otherwise."
    )
    policies: dict[Name, PolicyPatch] = Field(
        {}, description="Thresholds by name; one named like a subject type holds for that type."
    )
    targets: list[Target] = Field([], description="What is watched.")
    templates: dict[Name, Template] = Field({}, description="Fragments that targets `use`.")
    access: Access | None = Field(None, description="Teams, people and on-call schedules.")
    alerts: Alerts = Field(default_factory=Alerts, description="Alarms from outside.")
    catalogue: CatalogueSection = Field(
        default_factory=CatalogueSection, description="What tickets choose from."
    )
    escalation: Escalation = Field(
        [],
        description=(
            "Whom a ticket that nobody starts goes up to: steps, or a mapping of them. "
            "Needs receivers to tell anybody."
        ),
    )
    receivers: list[AnyReceiver] = Field([], description="Who is told of what happens.")
    isolation: Isolation = Field(
        default_factory=Isolation, description="How the monitor tells that it is cut off itself."
    )
    storm: StormSettings = Field(
        default_factory=StormSettings, description="The brake over all openings."
    )
    tickets: TicketSettings = Field(
        default_factory=TicketSettings, description="How people work on tickets."
    )
    silences: list[Silence] = Field([], description="Who opens no ticket for a while.")
    maintenance_windows: list[MaintenanceWindow] = Field(
        [], description="When work is done, so that nothing is opened for it."
    )
    sla: SlaSettings = Field(
        default_factory=SlaSettings, description="How soon tickets are to be answered and resolved."
    )
    workflows: Annotated[list[WorkflowSettings], Field(max_length=500)] = Field(
        [], description="What is done by itself when something happens to a ticket."
    )
    watchdog: WatchdogSettings = Field(
        default_factory=WatchdogSettings,
        description="Whom the daemon tells that it lives, and when it tests its receivers.",
    )
    limits: Limits = Field(default_factory=Limits, description="What the daemon allows itself.")
    log: Log = Field(default_factory=Log, description="How the daemon logs.")
