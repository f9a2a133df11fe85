"""The ports `AlarmsReader` and `AlarmsUnit`, over one connection."""

from __future__ import annotations

from collections.abc import Iterable

from fettled.core.alarms import Kept
from fettled.store import sql_alarms
from fettled.store.link import Link


class AlarmsReading:
    """What can be asked."""

    _link: Link

    def alarms(self) -> list[Kept]:
        """Give all that are kept."""
        return sql_alarms.every_alarm(self._link)


class AlarmsWriting(AlarmsReading):
    """What can be written."""

    def put_alarms(self, some: Iterable[Kept]) -> None:
        """Insert or overwrite some."""
        sql_alarms.put_alarms(self._link, some)

    def delete_alarms(self, checks: Iterable[str]) -> None:
        """Forget some."""
        sql_alarms.delete_alarms(self._link, checks)
