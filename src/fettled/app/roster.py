"""
The roster: which lanes there are, and which of them are told of what happens to a ticket.

Asked on the writer's thread within the transaction of each change, while the event loop may
swap what it holds: so each of its parts is replaced whole, and never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from fettled.app.anybody import Anybody
from fettled.app.concern import concern, escalation, standing
from fettled.core import self_test
from fettled.core.audience import Concern, is_reached, is_told
from fettled.core.condition import Condition
from fettled.core.deliveries import receiver_label
from fettled.core.routing import Audience, Receiver, stand_in
from fettled.core.subject_events import PHASE_CHANGED, SubjectEvent, told
from fettled.core.tickets import MONITOR, Entry, Ticket
from fettled.ports import Directory, SubjectSpec, TicketAction

_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class _Index:
    """Receivers by whose they are: *of* is what it was made of."""

    of: Mapping[str, Receiver]
    rooms: Sequence[Receiver]
    persons: Mapping[str, Sequence[Receiver]]


@dataclass(slots=True)
class Roster:
    """
    Who is told.

    Attributes:
        receivers: by lane.
        disabled: lanes, or receivers with all of theirs, that are told nothing.
        people: who there is.
        subjects: what is configured of a key.
        wall: reads wall time.
    """

    receivers: Mapping[str, Receiver] = field(default_factory=dict)
    disabled: frozenset[str] = frozenset()
    people: Directory = field(default_factory=Anybody)
    subjects: Callable[[str], SubjectSpec | None] = lambda _: None
    wall: Callable[[], datetime] = lambda: _EPOCH
    _index: _Index | None = None

    def route(self, ticket: Ticket, entry: Entry) -> Iterable[str]:
        """Name the lanes that an event is due to."""
        of = concern(self.people, ticket, entry)
        asked = self.receivers.values() if entry.event == self_test.EVENT else self._asked(of)
        told = [each.name for each in asked if is_told(each, ticket, entry, of)]
        return self._instead(told)

    def wants_phases(self) -> bool:
        """Whether anybody is told of changes of phase."""
        return any(_wants_any_phase(each) for each in self.receivers.values())

    def phases(self, before: Condition, after: Condition) -> SubjectEvent | None:
        """Say to whom a change of phase is due; None: it is nobody's, or of no subject."""
        subject = self.subjects(after.check.partition("/")[0])
        if subject is None:
            return None
        lanes = [
            name
            for name, each in self.receivers.items()
            if each.audience is Audience.EVERYONE
            and each.filter.wants_of_subject(PHASE_CHANGED, subject.labels, subject.team)
        ]
        told_to = self._instead(lanes)
        if not told_to:
            return None
        known = {"key": subject.key, "name": subject.name, "type": subject.type.value}
        data = {"subject": {**known, "labels": subject.labels}, **told(before, after)}
        payload = {"ticket": None, "actor": {"type": MONITOR.type}, "data": data}
        return SubjectEvent(PHASE_CHANGED, self.wall(), tuple(told_to), payload)

    def record(self, ticket: Ticket, entry: Entry) -> TicketAction | None:
        """Make the action of an escalation, with the lanes of those whom it reaches."""
        if entry.event != "escalated":
            return None
        of = concern(self.people, ticket, entry)
        asked = self._asked(of)
        reached = [each.name for each in asked if is_reached(each, ticket, entry, of)]
        return escalation(ticket, entry, self._instead(reached))

    def concern(self, ticket: Ticket, at: datetime) -> Concern:
        """Find whose matter a ticket is, whatever happened to it."""
        return standing(self.people, ticket, at)

    def find(self, lane: str) -> Receiver | None:
        """Give the receiver of a lane; None for one that is told nothing."""
        return None if self._is_off(lane) else self.receivers.get(lane)

    def instead_of(self, lane: str) -> str | None:
        """Name the lane that is told what *lane* does not take; None: nobody is."""
        return stand_in(lane, self._fallbacks(), {*self._off(), lane})

    def _asked(self, of: Concern) -> Iterator[Receiver]:
        """Yield who may be told: rooms, and of persons those whom it concerns, however many are."""
        index = self._index
        if index is None or index.of is not self.receivers:
            index = self._index = _indexed(self.receivers)
        yield from index.rooms
        for user in sorted(of.people | of.given | of.reached):
            yield from index.persons.get(user, ())

    def _instead(self, lanes: Iterable[str]) -> list[str]:
        """Name for each lane itself, or who is told instead where it is told nothing."""
        off = self._off()
        if not off:
            return list(lanes)
        fallbacks = self._fallbacks()
        named = (stand_in(lane, fallbacks, off) for lane in lanes)
        return list(dict.fromkeys(name for name in named if name is not None))

    def _fallbacks(self) -> dict[str, str | None]:
        return {
            name: each.fallback if each.fallback in self.receivers else None
            for name, each in self.receivers.items()
        }

    def _off(self) -> set[str]:
        return {name for name in self.receivers if self._is_off(name)} if self.disabled else set()

    def _is_off(self, lane: str) -> bool:
        off = self.disabled
        return lane in off or receiver_label(lane) in off


def _wants_any_phase(receiver: Receiver) -> bool:
    return any(fnmatchcase(PHASE_CHANGED, pattern) for pattern in receiver.filter.events)


def _indexed(receivers: Mapping[str, Receiver]) -> _Index:
    persons: dict[str, list[Receiver]] = {}
    for each in receivers.values():
        if each.user is not None:
            persons.setdefault(each.user, []).append(each)
    rooms = [each for each in receivers.values() if each.user is None]
    return _Index(receivers, rooms, persons)
