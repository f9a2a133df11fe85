"""What the audit log answers: the log of inputs, each row chained onto the one before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fettled.ports.records import Input


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """
    Which rows to list; every field that is set must match.

    Attributes:
        about: what they are about, such as `ticket:42`.
        since, until: wall time; rows of *until* itself are left out.
    """

    actor: frozenset[str] = frozenset()
    kind: frozenset[str] = frozenset()
    about: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditReader(Protocol):
    """The audit log. `Reader.inputs` reads the same rows, from the oldest on."""

    def audit(self, which: AuditFilter, *, before: int | None, limit: int) -> list[Input]:
        """Newest first, at positions below *before*."""
        ...

    def audit_head(self) -> Input | None:
        """The newest row; None where nothing was ever logged."""
        ...
