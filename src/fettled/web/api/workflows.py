"""`/api/v1/workflows`: which workflows there are, and how each ran last."""

from __future__ import annotations

from typing import Any

from fettled.core.permissions import Permission
from fettled.core.workflows import WORDS, Workflow
from fettled.ports.workflows import KnownWorkflow
from fettled.web.answers import Page
from fettled.web.answers_work import WorkflowAnswer
from fettled.web.routes import Answer, Call, RouteTable
from fettled.web.shapes import time_json

routes = RouteTable()


@routes.route(
    "GET",
    "/api/v1/workflows",
    permission=Permission.TICKET_VIEW_ANY,
    answer=Page[WorkflowAnswer],
)
async def list_workflows(call: Call) -> Answer:
    """List the workflows in force, in the order of the configuration."""
    found = await call.services.workflows()
    return Answer({"items": [_shape(workflow, known) for workflow, known in found], "next": None})


def _shape(workflow: Workflow, known: KnownWorkflow | None) -> dict[str, Any]:
    last = None
    if known is not None and known.ran_at is not None:
        last = {
            "at": time_json(known.ran_at),
            "ticket": known.ticket,
            "event": known.event,
            "outcome": known.outcome,
            "error": known.error,
        }
    return {
        "name": workflow.name,
        "on": list(workflow.on),
        "if": {name: list(some) for name, some in workflow.when.patterns.items()}
        | {f"label.{name}": [pattern] for name, pattern in workflow.when.labels.items()},
        "do": [WORDS[type(step)] for step in workflow.steps],
        "runs": known.runs if known is not None else 0,
        "failures": known.failures if known is not None else 0,
        "last": last,
    }
