"""Markers of changes: told by people and pipelines, shown on the tickets that they concern."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from fettled.app.committing import Committing
from fettled.app.memory import Memory
from fettled.core.changes import MOST_SHOWN, ChangeMarker, around
from fettled.core.errors import InvalidError
from fettled.core.links import LinkType
from fettled.core.permissions import Principal
from fettled.core.tickets import Actor, Ticket
from fettled.ports import Catalogue, ChangeFilter, Clock, DeskReader, DeskUnit

#: Clocks of pipelines are never quite ours.
_AHEAD = timedelta(minutes=5)
#: Longer than any ticket is kept after it was resolved.
KEPT = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class WantedChange:
    """A change as somebody tells it; *at* None: now."""

    title: str
    subject: str | None = None
    application: str | None = None
    selector: dict[str, str] = field(default_factory=dict)
    at: datetime | None = None
    url: str | None = None
    source: str = ""


class Changes:
    """The desk at which changes are told and asked for."""

    def __init__(
        self, committing: Committing, clock: Clock, memory: Memory, catalogue: Catalogue
    ) -> None:
        self._committing = committing
        self._clock = clock
        self._memory = memory
        self._catalogue = catalogue

    async def add(self, wanted: WantedChange, who: Principal) -> ChangeMarker:
        """
        Take a change down.

        Raises:
            InvalidError: naming the field.
        """
        made = self._judged(wanted, who)
        return await self._committing.commit(partial(_add, made=made, by=who.actor))

    async def of_ticket(self, ticket: Ticket) -> list[ChangeMarker]:
        """The newest about the subject of *ticket*, what is above that, or its applications."""
        above = tuple(self._memory.topology.lineage(ticket.subject or ""))
        now = self._clock.wall()

        def ask(reader: DeskReader) -> list[ChangeMarker]:
            links = reader.links_of([ticket.number]).get(ticket.number, ())
            linked = [each.name for each in links if each.type is LinkType.APPLICATION]
            return reader.changes_around(around(ticket, above, linked, now), limit=MOST_SHOWN)

        return await self._committing.store.read(ask)

    # Last, as it hides the builtin for what follows it in the class.
    async def list(
        self, which: ChangeFilter, before: tuple[datetime, int] | None, limit: int
    ) -> list[ChangeMarker]:
        """The newest first by (at, id), those below *before*."""
        return await self._committing.store.read(
            lambda reader: reader.change_markers(which, before=before, limit=limit)
        )

    def _judged(self, wanted: WantedChange, who: Principal) -> ChangeMarker:
        now = self._clock.wall()
        given = [name for name in ("subject", "application", "selector") if getattr(wanted, name)]
        if not given:
            msg = "is required, or application, or selector: what was changed?"
            raise InvalidError(msg, "subject")
        if len(given) > 1:
            msg = f"stands beside {given[0]}: give one of the two"
            raise InvalidError(msg, given[1])
        if wanted.subject is not None and wanted.subject not in self._memory.specs:
            msg = f"there is no subject {wanted.subject!r}; `fettled subjects list` names them"
            raise InvalidError(msg, "subject")
        self._catalogue.check({"application": wanted.application})
        at = wanted.at or now
        if at > now + _AHEAD:
            msg = "is yet to come: announce work by a maintenance window instead"
            raise InvalidError(msg, "at")
        return ChangeMarker(
            title=wanted.title,
            at=at,
            created_by=who.name,
            created_at=now,
            subject=wanted.subject,
            application=wanted.application,
            selector=wanted.selector,
            url=wanted.url,
            source=wanted.source,
        )


def _add(uow: DeskUnit, *, made: ChangeMarker, by: Actor) -> tuple[ChangeMarker, None]:
    stored = uow.add_change(made)
    data = {"change": stored.id, "title": stored.title, "source": stored.source}
    uow.log_input("change.told", stored.created_at, by, data)
    return stored, None
