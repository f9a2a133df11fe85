"""Statements about workflows: since when each is there, and how it ran last."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import bindparam, delete, select

from fettled.ports.workflows import KnownWorkflow
from fettled.store.link import Link
from fettled.store.statements import put
from fettled.store.tables_records import workflows

_ALL = select(workflows).order_by(workflows.c.name)
_PUT = put(workflows, "name")
_DROP = delete(workflows).where(workflows.c.name == bindparam("name"))


def every_workflow(link: Link) -> list[KnownWorkflow]:
    """List them by name."""
    return [KnownWorkflow(**row) for row in link.all(_ALL)]


def put_workflow(link: Link, known: KnownWorkflow) -> None:
    """Insert or overwrite one."""
    link.run(_PUT, asdict(known))


def drop_workflow(link: Link, name: str) -> None:
    """Delete one."""
    link.run(_DROP, {"name": name})
