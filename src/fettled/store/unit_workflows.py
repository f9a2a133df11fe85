"""The ports of workflows, over one connection; see `unit`."""

from __future__ import annotations

from fettled.ports.workflows import KnownWorkflow
from fettled.store import sql_workflows
from fettled.store.link import Link


class WorkflowsReading:
    """What can be asked."""

    _link: Link

    def workflows(self) -> list[KnownWorkflow]:
        """Those there are, by name."""
        return sql_workflows.every_workflow(self._link)


class WorkflowsWriting:
    """What can be written."""

    _link: Link

    def put_workflow(self, known: KnownWorkflow) -> None:
        """Insert or overwrite one."""
        sql_workflows.put_workflow(self._link, known)

    def drop_workflow(self, name: str) -> None:
        """Forget one."""
        sql_workflows.drop_workflow(self._link, name)
