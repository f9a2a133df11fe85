"""Silences and windows put together without scheduler and web, on a real store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from desk import Switch
from fakes import MIDNIGHT, FakeClock
from fettled import calendar
from fettled.app.quiet import Due, Quiet
from fettled.app.silences import Silences, Wanted
from fettled.core.quiet import Recurrence, Scope
from fettled.core.words import Gate, SubjectType
from fettled.ports import Fleet, QuietSpec, SubjectSpec

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def subject(key: str, parent: str | None = None, **fields: object) -> SubjectSpec:
    """Make a device."""
    return SubjectSpec(key, key, SubjectType.DEVICE, parent=parent, **fields)


def fleet(*subjects: SubjectSpec, quiet: tuple[QuietSpec, ...] = ()) -> Fleet:
    """Make a fleet without checks."""
    return Fleet({each.key: each for each in subjects}, {}, quiet=quiet)


def configured(ident: str = "file-1", **fields: object) -> QuietSpec:
    """Make a silence of the hub and below, from one to two in the morning, of a file."""
    given: dict[str, object] = {
        "gate": Gate.SILENCE,
        "subject": "hub",
        "selector": {},
        "scope": Scope.SUBTREE,
        "reason": "works",
        "author": "",
        "starts_at": MIDNIGHT + HOUR,
        "ends_at": MIDNIGHT + 2 * HOUR,
        "origin": "silences[0]",
        **fields,
    }
    return QuietSpec(ident, **given)


NIGHTLY = {
    "gate": Gate.MAINTENANCE_WINDOW,
    "starts_at": None,
    "ends_at": None,
    "recurrence": Recurrence("0 1 * * *", HOUR),
}
SITE = fleet(
    subject("hub", labels={"site": "oslo"}),
    subject("door", "hub", labels={"floor": "3"}),
    subject("lock", "door"),
    subject("lamp", labels={"floor": "3"}),
)


@dataclass
class Hall:
    """The use cases on a real store."""

    store: Switch
    clock: FakeClock

    def __post_init__(self) -> None:
        self.quiet = Quiet(store=self.store, clock=self.clock, expand=calendar.around)
        self.silences = Silences(
            quiet=self.quiet,
            store=self.store,
            clock=self.clock,
            check=calendar.check,
            source="/etc/fettled.yaml",
        )
        self.quiet.fleet_changed(SITE)

    def held(self, key: str) -> list[str]:
        """Name the gates that hold now."""
        return [held.gate.value for held in self.quiet.holding(key, self.clock.wall())]

    def pass_time(self, by: timedelta) -> Due:
        """Let time pass, and look."""
        self.clock.advance(by)
        return self.quiet.due(self.clock.wall())

    async def silence(self, key: str, lasting: timedelta = HOUR, **fields: object) -> str:
        """Silence a subject for a while; its id."""
        given = {"subject": key, "ends_at": self.clock.wall() + lasting, **fields}
        wanted = Wanted(Gate.SILENCE, "works", **given)
        return (await self.silences.add(wanted, "ann")).spec.id

    async def inputs(self) -> list[tuple[str, str]]:
        """The log of inputs, as kinds with their actors."""
        found = await self.store.store.read(lambda reader: reader.inputs(after=0, limit=100))
        return [(each.kind, each.actor) for each in found]

    async def restarted(self) -> Hall:
        """A new process on the same store."""
        made = Hall(self.store, self.clock)
        await made.quiet.load()
        return made


def told(due: Due) -> list[tuple[str, datetime]]:
    """Give what a look found, as words with their times."""
    return [(edge.event, edge.at) for edge in due.edges]
