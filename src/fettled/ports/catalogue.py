"""
What tickets can be about beyond subjects: the configured lists, and the records beside tickets.

The lists are configuration, as values that a reload swaps. Links, maintenances and
changes are the store's; what is asked of it for them is here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fettled.core.availability import Stretch
from fettled.core.changes import Around, ChangeMarker
from fettled.core.links import TicketLink
from fettled.core.maintenances import Maintenance
from fettled.core.spans import Span
from fettled.ports.records import Viewer

#: Where no list says otherwise.
CATEGORIES = ("hardware", "software", "network", "access", "other")
#: How a form says that there is no region; it is the same as none.
NO_REGION = "N/A"


@dataclass(frozen=True, slots=True)
class Application:
    """An application, and the subjects that must all be up for it to be available."""

    name: str
    hosted_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asset:
    """A thing of the house: the *subject* that watches it, the applications that it *hosts*."""

    name: str
    subject: str | None = None
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Party:
    """A client, an employee or a supplier, and how to reach them."""

    name: str
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Lists:
    """All that there is to choose from, in the configuration's order."""

    applications: tuple[Application, ...] = ()
    assets: tuple[Asset, ...] = ()
    clients: tuple[Party, ...] = ()
    employees: tuple[Party, ...] = ()
    suppliers: tuple[Party, ...] = ()
    regions: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    categories: tuple[str, ...] = CATEGORIES


class Catalogue(Protocol):
    """The lists in force; a reload changes them. Answers from memory, on any thread."""

    @property
    def lists(self) -> Lists:
        """What there is now."""
        ...

    def check(self, fields: Mapping[str, object]) -> None:
        """
        Judge the *fields* that choose from a list; the others, and None, are passed over.

        Those are region, project, category, application and supplier, and asset, client and
        employee for links. Where a list is empty any text goes.

        Raises:
            InvalidError: naming the field, and what is allowed.
        """
        ...

    def application(self, name: str) -> Application | None:
        """One application."""
        ...

    def on_subject(self, subject: str) -> tuple[str, ...]:
        """Name the applications that are hosted on a subject."""
        ...

    def on_asset(self, asset: str) -> tuple[str, ...]:
        """Name the applications on an asset or its subject; a subject's key is an asset, too."""
        ...


@dataclass(frozen=True, slots=True)
class MaintenanceFilter:
    """Which records to list; every field that is set must match."""

    #: None for one who may see every ticket: records of others are hidden.
    viewer: Viewer | None = None
    status: frozenset[str] = frozenset()
    type: frozenset[str] = frozenset()
    subject: frozenset[str] = frozenset()
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Which changes to list; every field that is set must match."""

    subject: frozenset[str] = frozenset()
    application: frozenset[str] = frozenset()
    source: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None


class LinksReader(Protocol):
    """Links of tickets."""

    def links_of(self, numbers: Collection[int]) -> dict[int, list[TicketLink]]:
        """The links of those tickets that have any, by ticket, in the order they were made."""
        ...


class LinksUnit(LinksReader, Protocol):
    """Links of tickets, to be written."""

    def put_link(self, link: TicketLink) -> TicketLink:
        """Insert it (id 0), or overwrite whether the one of its id is primary; with its id."""
        ...

    def delete_link(self, link_id: int) -> None: ...


class MaintenancesReader(Protocol):
    """Records of work."""

    def maintenance(self, ident: int, viewer: Viewer | None) -> Maintenance | None:
        """One record; None also where its ticket is not *viewer*'s to see."""
        ...

    def maintenances(
        self, which: MaintenanceFilter, *, before: int | None, limit: int
    ) -> list[Maintenance]:
        """The newest first, with ids below *before*."""
        ...

    def subject_of_id(self, number: int) -> str | None:
        """The key of the subject of that number, also after its removal."""
        ...


class MaintenancesUnit(MaintenancesReader, Protocol):
    """Records of work, to be written."""

    def put_maintenance(self, one: Maintenance) -> Maintenance:
        """Insert it (id 0), or overwrite the one of its id; as it can be read then."""
        ...


class ChangesReader(Protocol):
    """Markers of changes."""

    def change_markers(
        self, which: ChangeFilter, *, before: tuple[datetime, int] | None, limit: int
    ) -> list[ChangeMarker]:
        """The newest first by (at, id), those below *before*."""
        ...

    def changes_around(self, wanted: Around, *, limit: int) -> list[ChangeMarker]:
        """Those that concern a ticket, the newest first."""
        ...


class ChangesUnit(ChangesReader, Protocol):
    """Markers of changes, to be written."""

    def add_change(self, marker: ChangeMarker) -> ChangeMarker:
        """Insert it; with its id."""
        ...

    def forget_changes(self, before: datetime, *, limit: int) -> int:
        """Delete at most *limit* of those that were made before; how many were."""
        ...


class StretchesReader(Protocol):
    """History in pieces, for what goes through months of it."""

    def stretches(
        self, check: str, *, since: datetime, after: tuple[int, int] | None, limit: int
    ) -> list[tuple[tuple[int, int], Stretch]]:
        """Spans that reach to *since*, in order, with the place to go on *after*."""
        ...

    def history(
        self, check: str, *, since: datetime, after: tuple[int, int] | None, limit: int
    ) -> list[Span]:
        """Those spans whole; each one's order is its place."""
        ...


class CatalogueReader(LinksReader, MaintenancesReader, ChangesReader, StretchesReader, Protocol):
    """All that is asked of the store here."""


class CatalogueUnit(CatalogueReader, LinksUnit, MaintenancesUnit, ChangesUnit, Protocol):
    """All that is written to the store here."""
