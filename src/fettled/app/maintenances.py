"""Records of work: made, edited and listed; a ticket that one is made for is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from fettled.app.callers import find, viewer_of
from fettled.app.committing import Committing
from fettled.app.memory import Memory
from fettled.core.errors import InvalidError, NotFoundError, StaleError
from fettled.core.maintenances import (
    Maintenance,
    MaintenanceStatus,
    MaintenanceType,
    edited,
    told_of,
)
from fettled.core.permissions import Principal
from fettled.core.tickets import Change, Ticket
from fettled.ports import Clock, DeskReader, DeskUnit, MaintenanceFilter, Reader


@dataclass(frozen=True, slots=True)
class WantedMaintenance:
    """
    A record as somebody asks for it.

    Attributes:
        subject, subject_id: either of them, or both of the same; none: the ticket's.
        names: how the caller calls `subject_id` and `ticket`, for errors that name a field.
    """

    type: MaintenanceType
    subject: str | None = None
    subject_id: int | None = None
    ticket: int | None = None
    scheduled_at: datetime | None = None
    description: str = ""
    status: MaintenanceStatus = MaintenanceStatus.PLANNED
    names: Mapping[str, str] = field(default_factory=dict)


class Maintenances:
    """The desk at which work is written down."""

    def __init__(self, committing: Committing, clock: Clock, memory: Memory) -> None:
        self._committing = committing
        self._clock = clock
        self._memory = memory

    async def get(self, ident: int, who: Principal) -> Maintenance:
        """
        One record.

        Raises:
            NotFoundError: there is none, or its ticket is not *who*'s to see.
        """
        return await self._committing.store.read(lambda reader: _find(reader, ident, who))

    async def add(self, wanted: WantedMaintenance, who: Principal) -> Maintenance:
        """
        Write one down; of a ticket that is not closed it is told on the timeline.

        Raises:
            InvalidError: naming the field.
        """
        return await self._committing.commit(partial(self._add, wanted=wanted, who=who))

    async def edit(
        self,
        ident: int,
        changes: dict[str, Any],
        who: Principal,
        *,
        if_version: int | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Maintenance:
        """
        Edit one; what it says already changes nothing.

        Raises:
            NotFoundError: there is none, or its ticket is not *who*'s to see.
            StaleError: *if_version* is not its version any more.
            ConflictError: it was made for another ticket.
            InvalidError: naming the field.
        """
        unit = partial(
            self._edit,
            ident=ident,
            changes=changes,
            who=who,
            if_version=if_version,
            names=names or {},
        )
        return await self._committing.commit(unit)

    # Last, as it hides the builtin for what follows it in the class.
    async def list(
        self, which: MaintenanceFilter, subject_id: int | None, before: int | None, limit: int
    ) -> list[Maintenance]:
        """The newest first, with ids below *before*; *subject_id* narrows it, too."""

        def ask(reader: DeskReader) -> list[Maintenance]:
            wanted = which
            if subject_id is not None:
                key = reader.subject_of_id(subject_id)
                if key is None or (which.subject and key not in which.subject):
                    return []
                wanted = _of_subject(which, key)
            return reader.maintenances(wanted, before=before, limit=limit)

        return await self._committing.store.read(ask)

    def _add(
        self, uow: DeskUnit, *, wanted: WantedMaintenance, who: Principal
    ) -> tuple[Maintenance, Change | None]:
        ticket = None
        if wanted.ticket is not None:
            ticket = _ticket(uow, wanted.ticket, who, wanted.names)
        at = self._clock.wall()
        made = uow.put_maintenance(
            Maintenance(
                subject=self._subject(uow, wanted, ticket),
                type=wanted.type,
                created_by=who.name,
                created_at=at,
                updated_at=at,
                ticket=wanted.ticket,
                scheduled_at=wanted.scheduled_at,
                description=wanted.description,
                status=wanted.status,
                ended_at=None if wanted.status in _UNDER_WAY else at,
            )
        )
        _log(uow, "created", made, who, at)
        return made, self._tell(uow, ticket, made, who, at)

    def _edit(
        self,
        uow: DeskUnit,
        *,
        ident: int,
        changes: dict[str, Any],
        who: Principal,
        if_version: int | None,
        names: Mapping[str, str],
    ) -> tuple[Maintenance, Change | None]:
        before = _find(uow, ident, who)
        if if_version is not None and before.version != if_version:
            msg = f"maintenance {ident} is at version {before.version}, not {if_version}"
            raise StaleError(msg)
        at = self._clock.wall()
        after = edited(before, changes, at)
        if after is None:
            return before, None
        ticket = None
        if after.ticket is not None and after.ticket != before.ticket:
            ticket = _ticket(uow, after.ticket, who, names)
        made = uow.put_maintenance(after)
        _log(uow, "edited", made, who, at)
        return made, self._tell(uow, ticket, made, who, at)

    def _subject(self, uow: DeskUnit, wanted: WantedMaintenance, ticket: Ticket | None) -> str:
        """Say which subject is meant, which must be one of the configuration."""
        key, number_field = wanted.subject, wanted.names.get("subject_id", "subject_id")
        if key is not None and key not in self._memory.specs:
            msg = f"there is no subject {key!r}; `fettled subjects list` names them"
            raise InvalidError(msg, "subject")
        if wanted.subject_id is not None:
            named = uow.subject_of_id(wanted.subject_id)
            if named is None or named not in self._memory.specs:
                msg = f"there is no subject of number {wanted.subject_id}"
                raise InvalidError(msg, number_field)
            if key not in {None, named}:
                msg = f"is that of {named}, not of {key}: give one of the two"
                raise InvalidError(msg, number_field)
            return named
        if key is None:
            key = ticket.subject if ticket is not None else None
        if key is None:
            msg = "is required, or subject, or a ticket about a subject"
            raise InvalidError(msg, number_field)
        return key

    @staticmethod
    def _tell(
        uow: DeskUnit, ticket: Ticket | None, made: Maintenance, who: Principal, at: datetime
    ) -> Change | None:
        told = None if ticket is None else told_of(ticket, made, who.actor, at)
        if told is None:
            return None
        data = {"ticket": told.ticket.number, "maintenance": made.id}
        uow.log_input("ticket.maintenance_linked", at, who.actor, data)
        return uow.apply(told)


_UNDER_WAY = frozenset({MaintenanceStatus.PLANNED, MaintenanceStatus.IN_PROGRESS})


def _find(reader: DeskReader, ident: int, who: Principal) -> Maintenance:
    found = reader.maintenance(ident, viewer_of(who))
    if found is None:
        msg = "there is no such maintenance"
        raise NotFoundError(msg)
    return found


def _ticket(reader: Reader, number: int, who: Principal, names: Mapping[str, str]) -> Ticket:
    try:
        return find(reader, str(number), who)
    except NotFoundError as error:
        raise InvalidError(str(error), names.get("ticket", "ticket")) from None


def _of_subject(which: MaintenanceFilter, key: str) -> MaintenanceFilter:
    return MaintenanceFilter(which.viewer, which.status, which.type, frozenset({key}), which.ticket)


def _log(uow: DeskUnit, did: str, made: Maintenance, who: Principal, at: datetime) -> None:
    data = {
        "maintenance": made.id,
        "subject": made.subject,
        "ticket": made.ticket,
        "status": made.status.value,
    }
    uow.log_input(f"maintenance.{did}", at, who.actor, data)
