"""What is kept of alarms from outside, so that they survive restarts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from fettled.core.alarms import Kept


class AlarmsReader(Protocol):
    """Alarms and groups of them."""

    def alarms(self) -> list[Kept]:
        """All that are kept, by check."""
        ...


class AlarmsUnit(AlarmsReader, Protocol):
    """The same, to be written."""

    def put_alarms(self, some: Iterable[Kept]) -> None:
        """Insert them, or overwrite those of the same checks."""
        ...

    def delete_alarms(self, checks: Iterable[str]) -> None:
        """Forget what is kept of these; what is believed of their checks stays."""
        ...
