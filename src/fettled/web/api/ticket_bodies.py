"""What callers may say of tickets: the bodies of filing and editing, as models."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from fettled.app.desk import find_shift
from fettled.core.filing import NewTicket
from fettled.core.priorities import OF_LEVEL
from fettled.core.words import (
    Impact,
    Kind,
    Level,
    Ownership,
    Priority,
    Severity,
    Source,
    Urgency,
)
from fettled.ports import Directory
from fettled.web.reading import Duration, Filled, FilledLine, Line, Text, Time
from fettled.web.routes import Model
from fettled.web.saying import NamedBy, given, in_days, not_both, saying

#: Enough for a long report, little enough for a webhook to carry it whole.
LONGEST_BODY = 16_000
_MOST_LABELS = 50

PERSON_OR_SHIFT = "a ticket belongs to a person or to a shift, not to both"

Name = Annotated[Line, Field(min_length=1, max_length=200)]
Title = Annotated[FilledLine, Field(min_length=1, max_length=300)]
Body = Annotated[Filled, Field(min_length=1, max_length=LONGEST_BODY)]
_Labels = Annotated[
    dict[Name, Annotated[Line, Field(max_length=200)]],
    Field(max_length=_MOST_LABELS),
    NamedBy(200),
]
_Kind = Annotated[Line, Field(min_length=1, max_length=100)]
Yes = Annotated[bool, Field(strict=True)]

#: Sources that callers may name; the monitor's own tickets are its own.
GivenSource = Literal["api", "user", "email", "portal", "phone", "workflow"]


class Shift(Model):
    """An on-call schedule by what it is for."""

    scenario: Name
    role: Name


#: A level says which priority it is; the two may not contradict one another.
_AGREEING = {
    "anyOf": [
        {"not": given("priority", "level")},
        *(
            {"properties": {"level": {"const": level}, "priority": {"const": priority}}}
            for level, priority in OF_LEVEL.items()
        ),
    ]
}


#: Only what has a key can be found again.
_KEYED = {"anyOf": [{"not": given("reopen_within")}, given("deduplication_key")]}


class _Fields(Model):
    """What may be said of a ticket when it is filed, and later; null takes it back."""

    level: Level | None = None
    severity: Severity | None = None
    impact: Impact | None = None
    urgency: Urgency | None = None
    category: Name | None = None
    ownership: Ownership | None = None
    region: Name | None = None
    project: Name | None = None
    application: Name | None = None
    service_interrupted: Yes | None = None
    occurred_at: Time | None = None
    subject: Name | None = None


class TicketBody(_Fields):
    """An incident to be filed."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {
                "title": "Door 1 does not open",
                "description": "The reader blinks **red**, and nothing happens.",
                "impact": "single_client",
                "urgency": "high",
                "category": "hardware",
                "labels": {"site": "oslo"},
            },
            {
                "title": "Door 1 does not open",
                "source": "phone",
                "level": "P2",
                "subject": "door-1",
                "occurred_at": in_days(-1),
                "service_interrupted": True,
                "team": "network",
                "assignee": "ann",
            },
            {
                "title": "Nightly export failed",
                "source": "workflow",
                "kind": "export_failed",
                "deduplication_key": "export/nightly",
                "reopen_within": "1h",
            },
            rules=[not_both("assignee", "shift"), _KEYED, _AGREEING],
        )
    )

    title: Title
    description: Annotated[Text, Field(max_length=LONGEST_BODY)] = ""
    kind: _Kind = Kind.USER_REPORT.value
    source: GivenSource = "api"
    priority: Priority | None = None
    team: Name | None = None
    assignee: Name | None = None
    shift: Name | Shift | None = None
    reporter: Name | None = None
    labels: _Labels = Field(default_factory=dict)
    #: What the caller knows it by: of one key at most one ticket is open.
    deduplication_key: Name | None = None
    #: A ticket of the key that was resolved so lately is reopened instead.
    reopen_within: Duration | None = None


class EditBody(_Fields):
    """Fields to be changed; those that are not named stay as they are."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {"title": "Door 1 opens by hand only", "priority": "low"},
            {"category": None, "labels": {"site": "oslo"}},
            rules=[_AGREEING],
        )
    )

    title: Title = ""
    description: Annotated[Text, Field(max_length=LONGEST_BODY)] = ""
    kind: _Kind = ""
    priority: Priority = Priority.MEDIUM
    labels: _Labels = Field(default_factory=dict)


def new_ticket(body: TicketBody, directory: Directory, reporter: str) -> NewTicket:
    """Make what is to be filed; whoever is not said to be the reporter is the caller."""
    given: dict[str, Any] = {name: getattr(body, name) for name in TicketBody.model_fields}
    del given["reopen_within"]
    given["source"] = Source(body.source)
    if isinstance(body.shift, Shift):
        given["shift"] = find_shift(directory, body.shift.scenario, body.shift.role)
    given["reporter"] = body.reporter or reporter
    return NewTicket(**given)


def edits(body: EditBody) -> dict[str, Any]:
    """Give the fields that the caller named."""
    return {name: getattr(body, name) for name in body.model_fields_set}
