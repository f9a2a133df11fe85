"""
The account of the fleet: read from the store check by check, and watched continuously.

What history says is mapped by `fettled.core.account`. The watch over memory (`Unaccounted`)
is the same question asked of the present: it is coarser, and costs nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from fettled.app import impaired
from fettled.app.memory import Memory
from fettled.app.removals import DELETED
from fettled.app.retention import kept_since
from fettled.app.watch import Watch
from fettled.core import flap
from fettled.core.account import (
    Account,
    Cover,
    History,
    Place,
    account,
    times_member,
    times_open,
)
from fettled.core.downtime import Watching
from fettled.core.isolation import CUT
from fettled.core.keys import BLIND
from fettled.core.reach import NEEDED
from fettled.core.tickets import Entry
from fettled.core.words import Phase, Verdict
from fettled.ports import CheckSpec, Clock, Input, Reader, Store

#: Entries of a timeline that are read at once.
_PAGE = 1000
#: The inputs that end evidence: what was removed, and what the monitor was cut off from;
#: and which tickets there were.
_KINDS = frozenset({"start", "reload", DELETED, *impaired.EVENTS.values()})
#: How many of its intervals, and a timeout, a check may wait for what is decided about it.
_PATIENCE = 2


@dataclass(frozen=True, slots=True)
class AccountPage:
    """
    The account of some checks.

    Attributes:
        since, until: wall time.
        checks: how many checks there are in all.
        accounts: of those that were down, by key.
        next: the last key that was looked at, where there are more.
    """

    since: datetime
    until: datetime
    checks: int
    accounts: tuple[Account, ...]
    next: str | None = None


@dataclass(slots=True)
class _Timelines:
    """When tickets were open, each read once."""

    covers: dict[int, list[tuple[str, Cover]]] = field(default_factory=dict)

    def of(self, reader: Reader, number: int, check: str) -> list[tuple[str, Cover]]:
        """Say when the ticket was open, and about what; *check* is what it is about now."""
        if number not in self.covers:
            self.covers[number] = list(times_open(check, _timeline(reader, number)))
        return self.covers[number]


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts for the checks that are watched now, by their present policies."""

    store: Store
    clock: Clock
    memory: Memory

    async def page(self, back: timedelta, after: str | None, limit: int) -> AccountPage:
        """
        Account for the last *back* of *limit* checks, those whose keys come after *after*.

        Raises:
            StoreDownError: the store does not answer.
        """
        until = self.clock.wall()
        since = until - back
        keys = sorted(watch.spec.key for watch in self.memory)
        start = 0 if after is None else bisect_right(keys, after)
        some = keys[start : start + limit]
        timelines, found = _Timelines(), []
        kept = await self.store.read(kept_since)
        # What an old outage belonged to may be gone: that is not to be taken for a bug.
        since = since if kept is None else max(since, kept)
        inputs = await self.store.read(partial(_inputs, since=since))
        for key in some:
            watch = self.memory.get(key)
            if watch is None:
                continue  # removed meanwhile
            ask = partial(
                read_account,
                spec=watch.spec,
                inputs=inputs,
                since=since,
                until=until,
                timelines=timelines,
            )
            made = await self.store.read(ask)
            if made.spent:
                found.append(made)
        more = some[-1] if start + limit < len(keys) else None
        return AccountPage(since, until, len(keys), tuple(found), more)


def read_account(
    reader: Reader,
    *,
    spec: CheckSpec,
    inputs: Sequence[Input],
    since: datetime,
    until: datetime,
    timelines: _Timelines | None = None,
) -> Account:
    """Account for one check, as far as the store knows."""
    spans = reader.spans(spec.key, since=since - _lead(spec))
    if all(span.verdict in {Verdict.UP, Verdict.UNKNOWN} for span in spans):
        return Account(spec.key)
    covers = tuple(_covers(reader, spec, since, timelines or _Timelines()))
    covers += tuple(_deleted(inputs, spec))
    forgiven = tuple(cover.until for cover in covers if cover.by_person and cover.until)
    watching = Watching(
        policy=spec.policy,
        interval=spec.interval,
        timeout=spec.timeout,
        removed=tuple(each.at for each in inputs if spec.key in each.data.get("removed", ())),
        cut=tuple(_cuts(inputs, spec)),
        forgiven=forgiven,
    )
    return account(History(spec.key, spans, covers, watching, since, until))


def _lead(spec: CheckSpec) -> timedelta:
    """How much before the time in question decides about it."""
    policy = spec.policy
    window = flap.window_of(policy.flap, spec.interval)
    return window + max(
        policy.open_after, policy.resolve_after, policy.flap.stable_after, policy.flap.ticket_after
    )


def _covers(
    reader: Reader, spec: CheckSpec, since: datetime, timelines: _Timelines
) -> Iterator[Cover]:
    for ticket in reader.tickets_of_subject(spec.subject, since=since):
        if ticket.check is not None:
            for about, cover in timelines.of(reader, ticket.number, ticket.check):
                if about == spec.key:
                    yield cover
    for line in reader.memberships_of(spec.key, since=since):
        if line.ticket.check == BLIND:
            continue  # blindness is no outage, and stands for none
        opened = timelines.of(reader, line.ticket.number, line.ticket.check or "")
        yield from times_member(line.member, (cover for _, cover in opened))
    for gating in reader.gatings(spec.key, since=since):
        yield Cover(Place.GATE, gating.since, gating.until)


def _deleted(inputs: Iterable[Input], spec: CheckSpec) -> Iterator[Cover]:
    """Say when tickets stood for it that people deleted since."""
    for each in inputs:
        data = each.data
        if each.kind != DELETED or data.get("resolved_at") is None:
            continue
        opened, over = (_time(data[name]) for name in ("created_at", "resolved_at"))
        if data["check"] == spec.key:
            yield Cover(Place.TICKET, opened, over, by_person=data["by_person"])
        elif spec.key in data["checks"]:
            yield Cover(Place.MEMBER, opened, over)


def _time(at: datetime | str) -> datetime:
    return at if isinstance(at, datetime) else datetime.fromisoformat(at)


def _timeline(reader: Reader, number: int) -> Iterator[Entry]:
    after = 0
    while True:
        entries = reader.timeline(number, after=after, limit=_PAGE)
        yield from entries
        if len(entries) < _PAGE:
            return
        after = entries[-1].seq


def _inputs(reader: Reader, *, since: datetime) -> list[Input]:
    return reader.inputs_of(_KINDS, since=since - timedelta(days=1))


def _cuts(inputs: Iterable[Input], spec: CheckSpec) -> Iterator[datetime]:
    """Say when the monitor was cut off from what *spec* needs, on the daemon's own clock."""
    cut = {standing.value for standing in CUT}
    for each in inputs:
        data = each.data
        is_edge = data.get("standing") in cut and data.get("before") not in cut
        if is_edge and data.get("network") in NEEDED[spec.requires]:
            yield datetime.fromisoformat(data["now"])


class Unaccounted:
    """Watches for checks that have been down for too long without a ticket, a line or a gate."""

    def __init__(self, memory: Memory, clock: Clock) -> None:
        self._memory = memory
        self._clock = clock
        self._since: dict[str, datetime] = {}
        #: What the last look found.
        self.found: tuple[str, ...] = ()

    def look(self) -> tuple[str, ...]:
        """Say which ones are; called every few seconds."""
        now = self._clock.now()
        due = {watch.spec.key: watch for watch in self._memory if is_unaccounted(watch, now)}
        self._since = {key: self._since.get(key, now) for key in due}
        late = (key for key, watch in due.items() if now - self._since[key] > patience(watch.spec))
        self.found = tuple(sorted(late))
        return self.found


def patience(spec: CheckSpec) -> timedelta:
    """How long a check may be due before it counts: each look may be one interval late."""
    return _PATIENCE * spec.interval + spec.timeout


def is_unaccounted(watch: Watch, now: datetime) -> bool:
    """Whether it is down and due, and has neither a ticket, nor a line, nor a gate."""
    condition, seen = watch.condition, watch.seen
    is_down = seen is not None and seen.verdict in {Verdict.DOWN, Verdict.DEGRADED}
    if not is_down or condition.since is None or condition.gate is not None:
        return False
    held = now - condition.since
    if condition.phase is Phase.FLAPPING and held < watch.spec.policy.flap.ticket_after:
        return False
    if condition.phase not in {Phase.FIRING, Phase.FLAPPING}:
        return False
    has_ticket = watch.ticket is not None and watch.ticket.is_open
    # What waits for the store is not decided yet; that it waits is told elsewhere.
    return not has_ticket and watch.standing is None and not watch.held
