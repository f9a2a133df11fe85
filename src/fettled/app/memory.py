"""
What the daemon holds in memory of all checks, and how they hang together.

A copy of the store's truth: which open ticket of many stands for whom, who is down behind
whom, and who wants to be looked at again. What is held of one check is `watch`'s.
Only the event loop touches it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from fettled.app.surroundings import Sightings
from fettled.app.topology import Topology
from fettled.app.watch import Watch, is_unwell
from fettled.core.cascade import is_down
from fettled.core.condition import Condition
from fettled.core.errors import NotFoundError
from fettled.core.keys import BLIND, rollup_of
from fettled.core.reach import NETWORK_CLASS
from fettled.core.tickets import Change, Membership, Ticket
from fettled.core.words import Phase, Requires
from fettled.ports import CheckSpec, Fleet, SubjectSpec

_NOT_WELL = frozenset({Phase.PENDING_OPEN, Phase.PENDING_RESOLVE, Phase.FIRING, Phase.FLAPPING})


class Network(Protocol):
    """What is believed of the monitor's own network."""

    @property
    def blackout(self) -> bool:
        """Whether everything is unreachable, and nothing proves that it is our own fault."""
        ...

    def is_cut(self, requires: Requires) -> bool:
        """Whether failures of what *requires* that are disbelieved now."""
        ...

    def covers(self, requires: Requires) -> bool:
        """Whether everything beyond it is unreachable, and nothing proves that it is our fault."""
        ...


class _Whole:
    """A network that nothing is wrong with."""

    blackout = False

    def is_cut(self, requires: Requires) -> bool:  # noqa: ARG002 - the protocol's
        return False

    covers = is_cut


class Memory:
    """All watched checks, by key and by subject, and how they hang together."""

    def __init__(self) -> None:
        self._checks: dict[str, Watch] = {}
        self._subjects: dict[str, list[Watch]] = {}
        self.specs: dict[str, SubjectSpec] = {}
        self.subject_ids: dict[str, int] = {}
        self.topology = Topology(Fleet({}, {}))
        #: Subjects that are missing in the configuration, and are not believed to be gone.
        self.missing: frozenset[str] = frozenset()
        #: Since when this process can look, on the daemon's own clock.
        self.began: datetime | None = None
        #: What is believed of the monitor's own network; the composition root ties it.
        self.network: Network = _Whole()
        #: Open tickets with a checklist, by number.
        self.many: dict[int, Ticket] = {}
        #: Who wants to be looked at again once this check was, by its key.
        self.waiters: dict[str, set[str]] = {}
        self._unwell: dict[str, dict[str, Phase]] = {}

    def replace(
        self,
        watches: Iterable[Watch],
        fleet: Fleet,
        subject_ids: dict[str, int],
        memberships: Mapping[str, Membership],
    ) -> None:
        """Swap everything at once; a subject of *fleet* may have no check."""
        self._checks = {watch.spec.key: watch for watch in watches}
        self.specs = fleet.subjects
        self.topology = Topology(fleet)
        self._subjects = {key: [] for key in fleet.subjects}
        self._unwell = {}
        self.many = {line.ticket.number: line.ticket for line in memberships.values()}
        for watch in self._checks.values():
            self._subjects[watch.subject.key].append(watch)
            line = memberships.get(watch.spec.key)
            watch.standing = None if line is None else (line.ticket.number, line.member)
            self.believe(watch, watch.condition)
        self.subject_ids = subject_ids
        for watch in self._checks.values():
            # What was opened behind it while nobody looked is taken in at its first look.
            if is_down(watch.condition) and next(self._ticketed(watch), None) is not None:
                watch.is_unaware = watch.is_cut = True

    def add(self, watch: Watch) -> None:
        """Watch one more, whose subject is there; nothing is reached through it."""
        self._checks[watch.spec.key] = watch
        self._subjects[watch.subject.key].append(watch)
        self.believe(watch, watch.condition)

    def move(self, watch: Watch, spec: CheckSpec, subject: SubjectSpec) -> None:
        """Let *watch* go by another spec of its key, which may be of another subject."""
        if subject.key != watch.subject.key:
            self._subjects[watch.subject.key].remove(watch)
            self._subjects[subject.key].append(watch)
        watch.spec, watch.subject = spec, subject

    def drop(self, watch: Watch) -> None:
        """Watch it no more."""
        watch.is_retired = True
        self._checks.pop(watch.spec.key, None)
        self._subjects[watch.subject.key].remove(watch)

    def believe(self, watch: Watch, condition: Condition) -> None:
        """Advance *watch* to what was committed."""
        watch.condition = condition
        self._note(watch, condition.phase)

    def foresee(self, watch: Watch, condition: Condition) -> None:
        """Note what *watch* will be once its observations are decided; siblings wait for it."""
        watch.expected = condition
        self._note(watch, condition.phase)

    def _note(self, watch: Watch, phase: Phase) -> None:
        for group in self.topology.groups(watch.spec):
            if phase in _NOT_WELL:
                self._unwell.setdefault(group, {})[watch.spec.key] = phase
            else:
                self._unwell.get(group, {}).pop(watch.spec.key, None)

    def membership(self, watch: Watch) -> Membership | None:
        """Its line on the open ticket of many that stands for it, as far as is known here."""
        if watch.standing is None:
            return None
        number, member = watch.standing
        ticket = self.many.get(number)
        return Membership(ticket, member) if ticket is not None else None

    def learn(self, changes: Iterable[Change]) -> list[str]:
        """
        Take in what was committed of tickets; checks that no ticket stands for any more.

        Those are to be looked at again at once.
        """
        freed: list[str] = []
        for change in changes:
            self._learn_own(change.ticket)
            freed += self._learn_many(change)
        return freed

    def _learn_own(self, ticket: Ticket) -> None:
        watch = self._checks.get(ticket.check or "")
        if watch is None:
            primary = self.topology.primary(ticket.subject or "")
            before = self._checks.get(primary.key) if primary is not None else None
            if before is not None and before.ticket is not None:
                # The parent's ticket became its children's: ask the store what is left.
                is_same = before.ticket.number == ticket.number
                before.ticket, before.is_doubted = (
                    (None, True) if is_same else (before.ticket, before.is_doubted)
                )
                before.is_cut |= is_same
            return
        known = watch.ticket
        is_newer = known is None or known.number != ticket.number or known.version <= ticket.version
        if is_newer and (ticket.is_open or known is None or known.number <= ticket.number):
            watch.ticket, watch.is_cut = ticket, True

    def _learn_many(self, change: Change) -> list[str]:
        ticket = change.ticket
        if ticket.member_count and ticket.is_open and ticket.open_key != BLIND:
            is_again = ticket.number not in self.many
            self.many[ticket.number] = ticket
            for member in change.members:
                watch = self._checks.get(member.check)
                if watch is None:
                    continue
                if watch.standing is None or watch.standing[0] <= ticket.number:
                    watch.standing, watch.is_cut = (ticket.number, member), True
            return [watch.spec.key for watch in self if is_again and is_unwell(watch)]
        if self.many.pop(ticket.number, None) is None:
            return []
        freed = [w for w in self if w.standing is not None and w.standing[0] == ticket.number]
        for watch in freed:
            # It may be on another one's list, too: the store knows.
            watch.standing, watch.is_cut, watch.is_doubted = None, True, True
        return [watch.spec.key for watch in freed if is_unwell(watch)]

    def stand(self, watch: Watch, line: Membership | None) -> None:
        """Note which ticket of many stands for *watch*, as the store has it."""
        if line is None or not line.ticket.is_open:
            watch.standing = None
            return
        watch.standing = (line.ticket.number, line.member)
        self.many[line.ticket.number] = line.ticket

    def sightings(self, watch: Watch) -> Sightings:
        """Say what the unit that decides about *watch* cannot read in the store."""
        if watch.expected.phase not in _NOT_WELL and watch.condition.phase not in _NOT_WELL:
            return Sightings()
        above = self._above(watch)
        looked = {
            spec.key: seen.started
            for spec in above
            if (found := self._checks.get(spec.key)) is not None
            and (seen := found.seen) is not None
            # One that is not decided yet would be read as it was before.
            and not (found.held or found.is_deciding)
        }
        groups = self.topology.groups(watch.spec)
        rolled_up = {ticket.check for ticket in self.many.values()} if groups else frozenset()
        unwell = {
            group: {k: p for k, p in self._unwell.get(group, {}).items() if k != watch.spec.key}
            for group in groups
            # Once there is a roll-up it is joined, and nobody votes.
            if rollup_of(group) not in rolled_up
        }
        requires = watch.spec.requires
        return Sightings(
            looked=looked,
            unwell=unwell,
            ticketed=tuple(self._ticketed(watch)),
            is_isolated=self.network.is_cut(requires),
            is_blackout=self.network.covers(requires) and watch.expected.reason in NETWORK_CLASS,
            began=self.began,
            is_unaware=watch.is_unaware,
        )

    def _ticketed(self, watch: Watch) -> Iterator[str]:
        if not watch.spec.primary or not self.topology.has_children(watch.spec.subject):
            return
        for below in self._below(watch):
            has_own = below.ticket is not None and below.ticket.is_open
            if below.spec.primary and has_own and below.standing is None:
                yield below.spec.key

    def _below(self, watch: Watch) -> Iterator[Watch]:
        for key in self.topology.descendants(watch.spec.subject):
            yield from self._subjects.get(key, ())

    def asked_first(self, watch: Watch) -> list[str]:
        """Whose evidence is wanted before *watch* is judged: its primary's, its parent's."""
        return [spec.key for spec in self._above(watch) if spec.probe is not None]

    def _above(self, watch: Watch) -> list[CheckSpec]:
        primary = None if watch.spec.primary else self.topology.primary(watch.spec.subject)
        parent = self.topology.parent(watch.spec.subject)
        return [spec for spec in (primary, parent) if spec is not None]

    def down_above(self, watch: Watch, before: datetime) -> list[str]:
        """What *watch* is reached through, where it is down and was not asked since *before*."""
        above = (self._checks.get(key) for key in self.stale_above(watch, before))
        return [each.spec.key for each in above if each is not None and is_down(each.condition)]

    def above_unaware(self, watch: Watch) -> list[Watch]:
        """What is down above *watch*, which just got a ticket of its own: it is to take it in."""
        parent = self.topology.parent(watch.spec.subject) if watch.spec.primary else None
        above = [self._checks.get(parent.key)] if parent is not None else []
        return [each for each in above if each is not None and is_down(each.condition)]

    def waiting_of(self, subjects: Iterable[str]) -> list[str]:
        """What of *subjects* is down without a ticket: a gate may hold it, or have lifted."""
        watches = (watch for key in subjects for watch in self._subjects.get(key, ()))
        return [watch.spec.key for watch in watches if is_unwell(watch)]

    def stale_above(self, watch: Watch, before: datetime) -> list[str]:
        """Which of those were last looked at before *before*, or not at all."""
        above = {key: self._checks.get(key) for key in self.asked_first(watch)}
        return [
            key
            for key, each in above.items()
            if each is None or each.seen is None or each.seen.started < before
        ]

    def unasked(self, watch: Watch) -> list[str]:
        """
        Which of those were not looked at since *watch* is in its phase.

        Whoever was is not asked again: what it decides wakes those that hang on it, and two
        that ask one another would be probed without a pause. By the daemon's own clock, so
        that setting the one on the wall cannot make an answer old.
        """
        since = watch.condition.since
        return [
            key
            for key in self.asked_first(watch)
            if since is None
            or (above := self._checks.get(key)) is None
            or above.seen is None
            or above.seen.started <= since
        ]

    def dependents(self, watch: Watch) -> list[str]:
        """What is down without a ticket and may be so because of *watch*."""
        if not watch.spec.primary:
            return []
        # Whoever hangs from these in turn is told when they are decided.
        keys = (watch.spec.subject, *self.topology.children(watch.spec.subject))
        near = [each for key in keys for each in self._subjects.get(key, ())]
        return [each.spec.key for each in near if each is not watch and is_unwell(each)]

    def __iter__(self) -> Iterator[Watch]:
        return iter(self._checks.values())

    def __len__(self) -> int:
        return len(self._checks)

    def get(self, check: str) -> Watch | None:
        """The check, or None where it is not watched (any more)."""
        return self._checks.get(check)

    def subject_of(self, check: str) -> str:
        """Name the subject of *check*; one that is watched no more has it in its key."""
        watch = self._checks.get(check)
        return check.partition("/")[0] if watch is None else watch.subject.key

    def doubt(self) -> None:
        """Have every check's next observation decided in the store, and memory set right."""
        for watch in self:
            watch.is_doubted = True

    def subjects(self) -> list[str]:
        """The keys of all subjects, in order."""
        return sorted(self._subjects)

    def of_subject(self, subject: str) -> list[Watch]:
        """
        The checks of *subject*, the primary first.

        Raises:
            NotFoundError: nothing of that key is watched.
        """
        watches = self._subjects.get(subject)
        if watches is None:
            msg = f"there is no subject {subject!r}"
            raise NotFoundError(msg)
        return sorted(watches, key=lambda watch: not watch.spec.primary)
