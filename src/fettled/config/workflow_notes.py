"""What of workflows is legal and may surprise: told by `check-config` and at every load."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from fettled.config.problems import Problem
from fettled.config.schema import Settings
from fettled.config.workflows import ResolveTicketStep
from fettled.core.reopening import ACCEPTED
from fettled.core.words import Source

_REOPENED = "ticket.reopened"
_CIRCLE = (
    "resolves a ticket when it is reopened: what is down comes back, and from the fourth time"
    " within an hour on the step fails; leave out ticket.reopened"
)


def workflow_notes(settings: Settings) -> Iterator[Problem]:
    """Yield the steps that the monitor takes back, and that the taking back sets off again."""
    for index, workflow in enumerate(settings.workflows):
        sources = workflow.if_.source
        is_watched = not sources or Source.HEALTH_MONITOR in sources
        if not is_watched or not any(fnmatchcase(_REOPENED, pattern) for pattern in workflow.on):
            continue
        for number, step in enumerate(workflow.do):
            if step.word == "resolve_ticket" and _is_taken_back(step.given):
                yield Problem(("workflows", index, "do", number, step.word), _CIRCLE, at="key")


def _is_taken_back(given: object) -> bool:
    if not isinstance(given, ResolveTicketStep):
        return True
    return given.deduplication_key is None and given.code not in ACCEPTED
