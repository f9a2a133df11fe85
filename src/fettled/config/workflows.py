"""
`workflows:`: on which events of which tickets what is done, as written.

The values that this comes to are `workflow_values`'; that names which a workflow refers to
exist, and that its texts name fields that there are, is `workflow_faults`'.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from fettled.config.names import (
    LabelName,
    LabelValue,
    LevelName,
    PersonName,
    PriorityName,
    SourceName,
    SubjectKey,
    Title,
)
from fettled.config.policies import Name
from fettled.config.receivers import Pattern, check_events
from fettled.core.words import GivenCode
from fettled.options import OneOrMany, Options, PositiveDuration

Body = Annotated[str, Field(min_length=1, max_length=16_000)]
Summary = Annotated[str, Field(max_length=2_000)]
Reason = Annotated[str, Field(min_length=1, max_length=1_000)]
Line = Annotated[str, Field(min_length=1, max_length=200)]


def _plain_or_whole(value: object) -> str:
    return "whole" if isinstance(value, dict | Options) else "plain"


class WorkflowIf(Options):
    """Which tickets; all that is given must fit, as the ticket is after the event."""

    kind: OneOrMany[Pattern] = Field(
        (), description="Kinds; patterns with `*` and `?`; default: any, as for all of these."
    )
    priority: OneOrMany[PriorityName] = Field((), description="Priorities.")
    level: OneOrMany[LevelName] = Field((), description="Levels.")
    source: OneOrMany[SourceName] = Field((), description="Where it came from.")
    status: OneOrMany[
        Literal["open", "assigned", "in_progress", "pending", "resolved", "closed"]
    ] = Field((), description="Statuses.")
    team: OneOrMany[Name] = Field((), description="Teams that it belongs to.")
    subject: OneOrMany[Pattern] = Field((), description="Keys of its subject; patterns.")
    type: OneOrMany[Literal["device", "integration", "space", "service", "other"]] = Field(
        (), description="Types of its subject."
    )
    labels: dict[LabelName, LabelValue] = Field(
        {}, description="Labels of the ticket, each with a pattern; all must fit."
    )


class CommentStep(Options):
    """A note in markdown."""

    body: Body = Field(description="What is said; it may name fields, such as `{ticket.number}`.")
    visibility: Literal["public", "internal"] = Field("public", description="Who may read it.")


class AssignStep(Options):
    """To whom it is given."""

    assignee: PersonName | None = Field(None, description="User, or else ...")
    shift: Name | None = Field(None, description="... whoever is on call by this schedule.")
    team: Name | None = Field(None, description="Team.")

    @model_validator(mode="after")
    def _names_one(self) -> AssignStep:
        if self.assignee is not None and self.shift is not None:
            msg = "names a person and a shift; keep one of the two"
            raise ValueError(msg)
        if self.assignee is None and self.shift is None and self.team is None:
            msg = "names nobody; give assignee, shift or team"
            raise ValueError(msg)
        return self


class EscalateStep(Options):
    """To whom it goes up, or sideways."""

    team: Name | None = Field(None, description="Team, or else ...")
    supplier: Line | None = Field(
        None, description="... a supplier; without either the team above the ticket's."
    )
    reason: Reason = Field(
        "by the workflow {workflow}", description="Why; it may name fields of the ticket."
    )

    @model_validator(mode="after")
    def _names_one(self) -> EscalateStep:
        if self.team is not None and self.supplier is not None:
            msg = "names a team and a supplier; keep one of the two"
            raise ValueError(msg)
        return self


class OpenTicketStep(Options):
    """Another ticket."""

    title: Title = Field(description="What is wrong, in a line; it may name fields.")
    description: Annotated[str, Field(max_length=16_000)] = Field(
        "", description="What is known, markdown; it may name fields."
    )
    kind: Annotated[str, Field(min_length=1, max_length=100)] = Field(
        "workflow", description="Kind, any text."
    )
    priority: PriorityName | None = Field(
        None, description="Priority; else it follows from level, impact and urgency."
    )
    level: LevelName | None = Field(None, description="Level.")
    severity: Literal["critical", "major", "moderate", "minor"] | None = Field(
        None, description="How grave it is technically."
    )
    impact: Literal["enterprise", "multi_client", "single_client", "single_user"] | None = Field(
        None, description="Who is affected."
    )
    urgency: Literal["high", "medium", "low"] | None = Field(
        None, description="How soon it matters."
    )
    category: Line | None = Field(None, description="Category.")
    region: Line | None = Field(None, description="Region.")
    project: Line | None = Field(None, description="Project.")
    application: Line | None = Field(None, description="Application.")
    subject: SubjectKey | None = Field(None, description="Key of the subject that it is about.")
    team: Name | None = Field(None, description="Team; default: the subject's.")
    assignee: PersonName | None = Field(None, description="User who is to do it.")
    labels: dict[LabelName, LabelValue] = Field(
        {}, description="Labels; their values may name fields."
    )
    deduplication_key: Line | None = Field(
        None,
        description="Of one key at most one ticket is open; it may name fields, such as"
        " `follow-up/{ticket.number}`.",
    )
    reopen_within: PositiveDuration | None = Field(
        None, description="A ticket of the key that was resolved so lately is reopened instead."
    )

    @model_validator(mode="after")
    def _has_key(self) -> OpenTicketStep:
        if self.reopen_within is not None and self.deduplication_key is None:
            msg = "has reopen_within: without deduplication_key:, by which a ticket is found"
            raise ValueError(msg)
        return self


class ResolveTicketStep(Options):
    """How the ticket is resolved."""

    code: Annotated[GivenCode, Field()] = Field("fixed", description="How it was resolved.")
    summary: Summary = Field("", description="What was done; it may name fields.")
    deduplication_key: Line | None = Field(
        None, description="Resolve the open ticket of this key instead; it may name fields."
    )

    @model_validator(mode="after")
    def _is_no_duplicate(self) -> ResolveTicketStep:
        if self.code == "duplicate":
            msg = "has code duplicate, which needs the number of another ticket; choose another"
            raise ValueError(msg)
        return self


class SnoozeStep(Options):
    """How long its notifications are quiet."""

    lasting: PositiveDuration | None = Field(None, alias="for", description="So long, or ...")
    until_change: bool = Field(default=False, description="... until it changes, or ...")
    office_hours: bool = Field(default=False, description="... until office hours begin.")

    @model_validator(mode="after")
    def _is_one(self) -> SnoozeStep:
        if sum((self.lasting is not None, self.until_change, self.office_hours)) != 1:
            msg = "must have one of for, until_change: true and office_hours: true"
            raise ValueError(msg)
        return self


_Form = Discriminator(_plain_or_whole)
CommentForm = Annotated[Annotated[Body, Tag("plain")] | Annotated[CommentStep, Tag("whole")], _Form]
AssignForm = Annotated[
    Annotated[PersonName, Tag("plain")] | Annotated[AssignStep, Tag("whole")], _Form
]
EscalateForm = Annotated[
    Annotated[Name, Tag("plain")] | Annotated[EscalateStep, Tag("whole")], _Form
]
OpenTicketForm = Annotated[
    Annotated[Title, Tag("plain")] | Annotated[OpenTicketStep, Tag("whole")], _Form
]
ResolveTicketForm = Annotated[
    Annotated[Summary, Tag("plain")] | Annotated[ResolveTicketStep, Tag("whole")], _Form
]
SnoozeForm = Annotated[
    Annotated[PositiveDuration, Tag("plain")] | Annotated[SnoozeStep, Tag("whole")], _Form
]


class WorkflowStep(Options):
    """One thing that is done: one key of these."""

    comment: CommentForm | None = Field(
        None, description="Comment on the ticket: text, or a mapping."
    )
    assign: AssignForm | None = Field(
        None, description="Give it to somebody: a team, user or schedule, or a mapping."
    )
    escalate: EscalateForm | None = Field(
        None, description="Escalate it: a team, or a mapping; `{}` for the team above."
    )
    open_ticket: OpenTicketForm | None = Field(
        None, description="Open another ticket: its title, or a mapping."
    )
    resolve_ticket: ResolveTicketForm | None = Field(
        None, description="Resolve it: a summary, or a mapping; `{}` for neither."
    )
    snooze: SnoozeForm | None = Field(
        None, description="Quiet its notifications: for how long, or a mapping."
    )
    webhook: Name | None = Field(
        None, description="Tell this receiver of the event, whatever its filter says."
    )

    @model_validator(mode="after")
    def _does_one(self) -> WorkflowStep:
        if len(self.model_fields_set) != 1 or self.given is None:
            msg = f"must have exactly one of {', '.join(type(self).model_fields)}"
            raise ValueError(msg)
        return self

    @property
    def given(self) -> Any:  # noqa: ANN401 - whatever the one key holds
        """The value of its one key."""
        return getattr(self, self.word)

    @property
    def word(self) -> str:
        """The one key that it has."""
        return next(iter(self.model_fields_set))


class WorkflowSettings(Options):
    """What is done by itself when something happens to a ticket."""

    name: Name | None = Field(
        None, description="Name, unique; it signs what is done. Default: `workflow-1` and so on."
    )
    on: Annotated[OneOrMany[Pattern], Field(min_length=1), AfterValidator(check_events)] = Field(
        description="Events that set it off; patterns with `*` and `?`."
    )
    if_: WorkflowIf = Field(
        default_factory=WorkflowIf, alias="if", description="Which tickets; default: every."
    )
    do: Annotated[list[WorkflowStep], Field(min_length=1, max_length=50)] = Field(
        description="Steps, in order; after one that fails the rest is cancelled."
    )
