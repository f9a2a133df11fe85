"""What workflows need of the store: since when each is there, and how it ran last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fettled.core.workflows import Workflow


@dataclass(frozen=True, slots=True)
class KnownWorkflow:
    """
    A workflow as the store knows it.

    Attributes:
        since: the outbox position from which on events are for it.
        runs, failures: how often it was set off, and how often a step of it failed then.
        ran_at, ticket, event: of the last time; None before the first.
        outcome: of the last time: `done` or `failed`.
        error: what failed, in words.
    """

    name: str
    since: int
    runs: int = 0
    failures: int = 0
    ran_at: datetime | None = None
    ticket: int | None = None
    event: str | None = None
    outcome: str | None = None
    error: str | None = None


#: Workflows in force, each with what the store knows of it.
Listed = list[tuple[Workflow, KnownWorkflow | None]]


async def none_listed() -> Listed:
    """List none: there are no workflows."""
    return []


class WorkflowsReader(Protocol):
    """The workflows that there are."""

    def workflows(self) -> list[KnownWorkflow]:
        """Those of the configuration that was adopted last, by name."""
        ...


class WorkflowsUnit(WorkflowsReader, Protocol):
    """Workflows, to be written."""

    def put_workflow(self, known: KnownWorkflow) -> None:
        """Insert it, or overwrite that of its name."""
        ...

    def drop_workflow(self, name: str) -> None:
        """Forget one that is in the configuration no more."""
        ...
