"""How long applications were available, read from the recorded history of what hosts them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from fettled.app.memory import Memory
from fettled.core.availability import Availability, Piece, Stretch, availability, pieces
from fettled.core.errors import NotFoundError
from fettled.core.spans import max_gap
from fettled.ports import Application, Catalogue, CheckSpec, Clock, DeskReader, DeskStore

#: Rows of one host's history that are held at a time.
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Availabilities:
    """Answers for the applications of the catalogue."""

    store: DeskStore
    clock: Clock
    memory: Memory
    catalogue: Catalogue

    async def of(self, name: str, back: timedelta) -> tuple[Application, Availability]:
        """
        Say how long an application was available within the last *back*.

        Raises:
            NotFoundError: the catalogue has no application of that name.
        """
        application = self.catalogue.application(name)
        if application is None:
            msg = "there is no such application"
            raise NotFoundError(msg)
        primary = self.memory.topology.primary
        hosts = [primary(subject) for subject in application.hosted_on]
        until = self.clock.wall()
        since = until - back
        made = await self.store.read(lambda reader: read(reader, hosts, since, until))
        return application, made


def read(
    reader: DeskReader, hosts: list[CheckSpec | None], since: datetime, until: datetime
) -> Availability:
    """Read it; a host without a check is one that nobody looks at."""
    some = [() if host is None else _pieces(reader, host, since, until) for host in hosts]
    return availability(some, since, until)


def _pieces(
    reader: DeskReader, host: CheckSpec, since: datetime, until: datetime
) -> Iterator[Piece]:
    # What was seen shortly before still holds at the beginning.
    lead = max_gap(host.interval, host.timeout)
    return pieces(_stretches(reader, host.key, since - lead), host.timeout, since, until)


def _stretches(reader: DeskReader, check: str, since: datetime) -> Iterator[Stretch]:
    after: tuple[int, int] | None = None
    while True:
        page = reader.stretches(check, since=since, after=after, limit=_PAGE)
        for place, stretch in page:
            after = place
            yield stretch
        if len(page) < _PAGE:
            return
