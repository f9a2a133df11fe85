"""The workflows of one daemon, as the configuration has them."""

from __future__ import annotations

from fettled.config.schema import Settings
from fettled.config.workflow_values import make_workflows
from fettled.core.workflows import Workflow


def workflows_of(settings: Settings) -> tuple[Workflow, ...]:
    """Make the workflows of *settings*, with whom a bare name means."""
    access = settings.access
    users = {user.name for user in access.users} if access is not None else set()
    schedules = {each.name for each in access.schedules} if access is not None else set()

    def meaning(name: str) -> str:
        if name in users:
            return "user"
        return "schedule" if name in schedules else "team"

    return make_workflows(settings.workflows, meaning)
