"""
What the use cases need of the world, as protocols, and the values that are handed over.

Adapters in `probes`, `store`, `telemetry` and `clock` fit these; the suites in
`tests/contracts` hold probes and stores to what is promised here.
"""

from fettled.ports.audit import AuditFilter
from fettled.ports.catalogue import (
    Application,
    Asset,
    Catalogue,
    ChangeFilter,
    Lists,
    MaintenanceFilter,
    Party,
)
from fettled.ports.deliveries import (
    Backlog,
    DeliveriesReader,
    DeliveriesUnit,
    Disabled,
    Gathered,
    Letter,
    Reminder,
    Settled,
)
from fettled.ports.desk import (
    DeskReader,
    DeskStore,
    DeskUnit,
    TicketAction,
)
from fettled.ports.escalations import EscalationsReader, EscalationsUnit, Told
from fettled.ports.fleet import (
    CanarySpec,
    CheckSpec,
    Fleet,
    HeartbeatSpec,
    IsolationSpec,
    SubjectSpec,
)
from fettled.ports.once import KeptAnswer
from fettled.ports.people import (
    Directory,
    Numbered,
    People,
    PeopleReader,
    PeopleUnit,
    Schedule,
    Team,
    User,
)
from fettled.ports.quiet import QUIET_WORDS, QuietEdge, QuietSpec
from fettled.ports.records import (
    Gating,
    Heartbeat,
    Input,
    KnownCheck,
    OutboxEvent,
    Subject,
    TicketFilter,
    Token,
    Viewer,
)
from fettled.ports.search import (
    Place,
    SearchReader,
    Sort,
    SortKey,
)
from fettled.ports.store import (
    Reader,
    Store,
    UnitOfWork,
)
from fettled.ports.world import (
    Clock,
    EventSink,
    Probe,
)

__all__ = [
    "QUIET_WORDS",
    "Application",
    "Asset",
    "AuditFilter",
    "Backlog",
    "CanarySpec",
    "Catalogue",
    "ChangeFilter",
    "CheckSpec",
    "Clock",
    "DeliveriesReader",
    "DeliveriesUnit",
    "DeskReader",
    "DeskStore",
    "DeskUnit",
    "Directory",
    "Disabled",
    "EscalationsReader",
    "EscalationsUnit",
    "EventSink",
    "Fleet",
    "Gathered",
    "Gating",
    "Heartbeat",
    "HeartbeatSpec",
    "Input",
    "IsolationSpec",
    "KeptAnswer",
    "KnownCheck",
    "Letter",
    "Lists",
    "MaintenanceFilter",
    "Numbered",
    "OutboxEvent",
    "Party",
    "People",
    "PeopleReader",
    "PeopleUnit",
    "Place",
    "Probe",
    "QuietEdge",
    "QuietSpec",
    "Reader",
    "Reminder",
    "Schedule",
    "SearchReader",
    "Settled",
    "Sort",
    "SortKey",
    "Store",
    "Subject",
    "SubjectSpec",
    "Team",
    "TicketAction",
    "TicketFilter",
    "Token",
    "Told",
    "UnitOfWork",
    "User",
    "Viewer",
]
