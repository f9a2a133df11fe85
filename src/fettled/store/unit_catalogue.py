"""The ports of `fettled.ports.catalogue`, over one connection; only hands each call on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from fettled.core.availability import Stretch
from fettled.core.changes import Around, ChangeMarker
from fettled.core.links import TicketLink
from fettled.core.maintenances import Maintenance
from fettled.core.spans import Span
from fettled.ports import ChangeFilter, MaintenanceFilter, Viewer
from fettled.store import sql_changes, sql_links, sql_maintenances, sql_stretches
from fettled.store.link import Link


class CatalogueReading:
    """What can be asked of links, maintenances, changes and their history."""

    _link: Link

    def links_of(self, numbers: Collection[int]) -> dict[int, list[TicketLink]]:
        """The links of those tickets that have any, by ticket."""
        return sql_links.links_of(self._link, numbers)

    def maintenance(self, ident: int, viewer: Viewer | None) -> Maintenance | None:
        """One record, unless its ticket is not *viewer*'s to see."""
        return sql_maintenances.maintenance(self._link, ident, viewer)

    def maintenances(
        self, which: MaintenanceFilter, *, before: int | None, limit: int
    ) -> list[Maintenance]:
        """The newest first, with ids below *before*."""
        return sql_maintenances.listed(self._link, which, before=before, limit=limit)

    def subject_of_id(self, number: int) -> str | None:
        """The key of the subject of that number."""
        return sql_maintenances.subject_of_id(self._link, number)

    def change_markers(
        self, which: ChangeFilter, *, before: tuple[datetime, int] | None, limit: int
    ) -> list[ChangeMarker]:
        """The newest first by (at, id), those below *before*."""
        return sql_changes.listed(self._link, which, before=before, limit=limit)

    def changes_around(self, wanted: Around, *, limit: int) -> list[ChangeMarker]:
        """Those that concern a ticket, the newest first."""
        return sql_changes.changes_around(self._link, wanted, limit)

    def history(
        self, check: str, *, since: datetime, after: tuple[int, int] | None, limit: int
    ) -> list[Span]:
        """Spans that reach to *since*, whole and in order."""
        return sql_stretches.history(self._link, check, since, after, limit)

    def stretches(
        self, check: str, *, since: datetime, after: tuple[int, int] | None, limit: int
    ) -> list[tuple[tuple[int, int], Stretch]]:
        """Spans that reach to *since*, in order, with the place to go on *after*."""
        return sql_stretches.stretches(self._link, check, since, after, limit)


class CatalogueWriting:
    """What may be written of them."""

    _link: Link

    def put_link(self, link: TicketLink) -> TicketLink:
        """Insert it, or overwrite whether it is primary."""
        return sql_links.put_link(self._link, link)

    def delete_link(self, link_id: int) -> None:
        """Delete a link."""
        sql_links.delete_link(self._link, link_id)

    def put_maintenance(self, one: Maintenance) -> Maintenance:
        """Insert or overwrite a record of work."""
        return sql_maintenances.put_maintenance(self._link, one)

    def add_change(self, marker: ChangeMarker) -> ChangeMarker:
        """Insert a change."""
        return sql_changes.add_change(self._link, marker)

    def forget_changes(self, before: datetime, *, limit: int) -> int:
        """Delete some of those that were made before."""
        return sql_changes.forget_changes(self._link, before, limit)
