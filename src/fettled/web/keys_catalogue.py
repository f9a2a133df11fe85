"""What the web needs of catalogue, links, maintenances, changes and availability: protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from fettled.app.callers import Caller
from fettled.app.changes import WantedChange
from fettled.app.links import Linked
from fettled.app.maintenances import WantedMaintenance
from fettled.core.availability import Availability
from fettled.core.changes import ChangeMarker
from fettled.core.links import LinkType, TicketLink
from fettled.core.maintenances import Maintenance
from fettled.core.permissions import Principal
from fettled.core.tickets import Ticket
from fettled.ports import Application, Catalogue, ChangeFilter, MaintenanceFilter


class Links(Protocol):
    """The links of tickets; NotFoundError also for what the caller may not see."""

    async def of(self, numbers: Sequence[int]) -> dict[int, list[TicketLink]]:
        """The links of those tickets that have any."""
        ...

    async def shown(self, ref: str, who: Principal) -> Linked:
        """A ticket's links."""
        ...

    async def add(
        self,
        ref: str,
        kind: LinkType,
        name: str,
        caller: Caller,
        *,
        primary: bool = False,
    ) -> Linked:
        """Link a ticket; a link that is there already changes nothing."""
        ...

    async def set_primary(self, ref: str, ident: int, caller: Caller, *, primary: bool) -> Linked:
        """Make a client the primary one, or no longer."""
        ...

    async def remove(self, ref: str, ident: int, caller: Caller) -> Linked:
        """Take a link off."""
        ...


class Maintenances(Protocol):
    """Records of work."""

    async def get(self, ident: int, who: Principal) -> Maintenance:
        """Raise NotFoundError for what does not exist, or is not theirs to see."""
        ...

    async def add(self, wanted: WantedMaintenance, who: Principal) -> Maintenance:
        """Write one down; InvalidError names the field."""
        ...

    async def edit(
        self,
        ident: int,
        changes: dict[str, Any],
        who: Principal,
        *,
        if_version: int | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Maintenance:
        """Edit one."""
        ...

    # Last, as it hides the builtin for what follows it in the class.
    async def list(
        self, which: MaintenanceFilter, subject_id: int | None, before: int | None, limit: int
    ) -> list[Maintenance]:
        """The newest first, with ids below *before*."""
        ...


class Changes(Protocol):
    """Markers of changes."""

    async def add(self, wanted: WantedChange, who: Principal) -> ChangeMarker:
        """Take one down; InvalidError names the field."""
        ...

    async def of_ticket(self, ticket: Ticket) -> list[ChangeMarker]:
        """The newest that concern a ticket."""
        ...

    # Last, as it hides the builtin for what follows it in the class.
    async def list(
        self, which: ChangeFilter, before: tuple[datetime, int] | None, limit: int
    ) -> list[ChangeMarker]:
        """The newest first by (at, id), those below *before*."""
        ...


class Availabilities(Protocol):
    """How long applications were available."""

    async def of(self, name: str, back: timedelta) -> tuple[Application, Availability]:
        """Raise NotFoundError for what the catalogue has not."""
        ...


@dataclass(frozen=True, slots=True)
class CatalogueServices:
    """All of it."""

    lists: Catalogue
    links: Links
    maintenances: Maintenances
    changes: Changes
    availabilities: Availabilities
