"""The people of one daemon: the directory, and the escalations that go by it."""

from __future__ import annotations

from dataclasses import dataclass

from fettled import calendar
from fettled.app.directory import Directory, number_people, with_numbers
from fettled.app.escalation import Escalations
from fettled.app.memory import Memory
from fettled.config.escalation import make_chain
from fettled.config.people import make_people
from fettled.config.schema import Settings
from fettled.ports import Clock, EventSink, People
from fettled.store import SqlStore


@dataclass(frozen=True, slots=True)
class Staff:
    """
    What is told of `access:` and `escalation:` at start and reload.

    Numbers are given before a configuration is adopted, since that can fail; taking it over
    cannot. One that is not adopted in the end leaves numbers behind, which nobody sees.
    """

    store: SqlStore
    directory: Directory
    escalations: Escalations

    async def number(self, settings: Settings) -> People:
        """Give everybody of *settings* who is new a number."""
        people = make_people(settings.access)
        return await self.store.write(lambda unit: number_people(unit, people))

    async def take(self, settings: Settings, people: People) -> None:
        """Know *people*, those of *settings*, from now on, and escalate as it says."""
        self.directory.swap(people)
        await self.escalations.configure(make_chain(settings.escalation))

    async def recall(self, settings: Settings) -> None:
        """Know the people of *settings*, with the numbers that the store has of them."""
        people = make_people(settings.access)
        self.directory.swap(await self.store.read(lambda reader: with_numbers(reader, people)))


def make_staff(
    settings: Settings, store: SqlStore, clock: Clock, memory: Memory, sink: EventSink
) -> Staff:
    """Make the people of *settings*, without their numbers."""
    directory = Directory(calendar.shift, make_people(settings.access))
    escalations = Escalations(store, clock, memory, sink, directory)
    return Staff(store, directory, escalations)
