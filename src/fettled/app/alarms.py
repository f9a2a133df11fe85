"""
Alarms from outside: kept before anybody is answered, then observations like any other.

A row says what an alarm said last; its check hangs on a subject, and the engine decides.
What holds is looked at again and again, as the silence of a heartbeat is: so a gate that
lifts, a restart or a crash loses nothing. What has been over for long is forgotten.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from fettled.app.alarm_checks import TYPE, specs_of, with_alarms
from fettled.app.alarm_messages import Messages, Met
from fettled.app.committing import Errands, write_or_doubt
from fettled.app.memory import Memory
from fettled.app.watch import Watch
from fettled.core.alarm_formats import Push, read_push
from fettled.core.alarm_intake import Intake, Received, take_in
from fettled.core.alarms import Kept, Message, Source, SourceView, State, is_alarm, outcome
from fettled.core.condition import Condition
from fettled.core.errors import ConflictError, NotFoundError, StoreDownError
from fettled.core.observations import Outcome, Reason
from fettled.core.tickets import Membership, Ticket
from fettled.core.words import Phase, Verdict
from fettled.ports import CheckSpec, Clock, DeskStore, DeskUnit, Fleet, KnownCheck

T = TypeVar("T")

#: How long what is resolved is kept: its tickets stay, and so does when it was well.
KEEP = timedelta(days=1)
#: Rows to forget in one unit, and checks to look at before the event loop gets its turn.
_UNIT_SIZE = 500
_CHUNK = 200
#: One thread for all bodies, which may be large: with more of them the loop waits its turn
#: behind each, and on asyncio's own the look-ups of names, and so probes, would wait behind them.
_ASIDE = ThreadPoolExecutor(1, thread_name_prefix="alarms")
_AGAIN = "this message was taken in before: nothing was done"
_PARTLY = (
    "this message was received before, and some of its alarms were not taken then:"
    " to send them again, sign them anew"
)


@dataclass(frozen=True, slots=True)
class _Found:
    condition: Condition
    ticket: Ticket | None
    line: Membership | None


class Alarms:
    """
    Takes alarms in, and keeps what is known of them.

    Args:
        take: makes an outcome an observation of a check.
        tell: is told of each push.
    """

    def __init__(
        self,
        *,
        store: DeskStore,
        clock: Clock,
        memory: Memory,
        take: Callable[[Watch, Outcome, datetime], object],
        tell: Callable[[Received], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._memory = memory
        self._take = take
        self._tell = tell
        self._errands = Errands()
        self._lock = asyncio.Lock()
        self.sources: dict[str, Source] = {}
        self._kept: dict[str, dict[str, Kept]] = {}
        self._messages: defaultdict[str, Messages] = defaultdict(Messages)
        self._is_doubted = False
        self._woken: set[str] = set()

    @asynccontextmanager
    async def adopting(self, fleet: Fleet) -> AsyncIterator[Fleet]:
        """
        Give *fleet* with the checks of the alarms that are kept, to be adopted in here.

        Nothing is taken in meanwhile. What no rule of the fleet matches any more leaves like
        a removed check, and is forgotten.
        """
        async with self._lock:
            rows = await self._store.read(lambda reader: reader.alarms())
            whole, kept = with_alarms(fleet, rows)
            yield whole
            self.sources = fleet.sources
            self._learn(kept)
            gone = sorted({row.check for row in rows} - {row.check for row in kept})
            if gone:
                # They have left already; where the store is down the next start forgets them.
                with suppress(StoreDownError):
                    await self._store.write(partial(_delete, checks=gone))

    async def recall(self, fleet: Fleet) -> Fleet:
        """Give *fleet* with the checks of the alarms that are kept, changing nothing."""
        rows = await self._store.read(lambda reader: reader.alarms())
        whole, kept = with_alarms(fleet, rows)
        self.sources = fleet.sources
        self._learn(kept)
        return whole

    def _learn(self, rows: Iterable[Kept]) -> None:
        self._kept = {name: {} for name in self.sources}
        for row in rows:
            self._kept[row.source][row.check] = row
        for name in self._messages.keys() - self.sources.keys():
            del self._messages[name]

    def source(self, name: str) -> Source:
        """
        Give the source of that name.

        Raises:
            NotFoundError: there is none.
        """
        found = self.sources.get(name)
        if found is None:
            msg = f"there is no source of alarms called {name[:100]!r}; alerts.sources names them"
            raise NotFoundError(msg)
        return found

    def views(self) -> list[SourceView]:
        """Every source, by name."""
        return [
            SourceView(
                source=self.sources[name],
                counts=Counter(row.state for row in self._kept[name].values() if not row.is_group),
                heard_at=self._heard_of(name),
            )
            for name in sorted(self.sources)
        ]

    def _heard_of(self, name: str) -> datetime | None:
        heard = (row.heard_at for row in self._kept[name].values())
        return max(heard, default=None)

    async def push(self, name: str, body: object, message: Message | None = None) -> Received:
        """
        Take in what the source *name* sends; answers once it is kept.

        Once begun it goes on to its end, whether or not the caller waits for it. A signed
        *message* that was taken before does nothing: its sender may have lost our answer, and
        somebody may have recorded it.

        Raises:
            NotFoundError: there is no such source.
            ConflictError: the very same message was met before, and some of it was refused.
            InvalidError: the body is nothing that such a source sends; nothing was taken.
            StoreDownError: nothing was taken, or that is not known: it is to be sent again.
        """
        push = await _aside(partial(read_push, self.source(name), body))
        return await self._errands.run(self._push(name, push, message))

    async def _push(self, name: str, push: Push, message: Message | None) -> Received:
        async with self._lock:
            source = self.source(name)
            if self._is_doubted:
                await self._read_again()
            known, at = self._kept[name], self._clock.wall()
            if message is not None and self._is_met(name, message, at):
                self._messages[name].note(message, at, is_whole=True)
                again = Received(name, because=_AGAIN)
                self._tell(again)
                return again
            spare: tuple[str, ...] = ()
            if len(known) + len(push.alarms) > source.most:
                spare = tuple(self._spare(known))
            subjects = self._memory.specs
            intake = await _aside(partial(take_in, source, push, known, subjects, at, spare))
            rows = intake.rows.values()
            specs = await _aside(partial(specs_of, {name: source}, subjects, rows))
            await self._keep(name, intake, specs)
            received = Received(name, intake.lines, push.faults)
            if message is not None:
                self._messages[name].note(message, at, is_whole=not received.refused)
        self._tell(received)
        for check in intake.rows:
            self.look(check)
        return received

    def _is_met(self, name: str, message: Message, at: datetime) -> bool:
        """Whether all of *message* was taken before; raises ConflictError for some of it."""
        met = self._messages[name].met(message, at)
        if met is Met.PARTLY:
            raise ConflictError(_PARTLY)
        return met is Met.WHOLE

    async def _keep(self, name: str, intake: Intake, specs: dict[str, CheckSpec]) -> None:
        """Commit what was taken in, and then believe it."""
        fresh = [spec for key, spec in specs.items() if self._memory.get(key) is None]
        now = self._clock.now()
        unit = partial(_write, intake=intake, fresh=fresh, now=now, wall=self._clock.wall())
        found = await write_or_doubt(self._store, unit, self._doubt)
        rows = self._kept[name]
        for check in intake.gone:
            self._forget(rows, check)
        rows.update(intake.rows)
        for key, spec in specs.items():
            self._watch(spec, found.get(key))

    def _watch(self, spec: CheckSpec, found: _Found | None) -> None:
        watch = self._memory.get(spec.key)
        subject = self._memory.specs[spec.subject]
        if watch is not None:
            self._memory.move(watch, spec, subject)
        elif found is not None:
            watch = Watch(spec, subject, found.condition, found.ticket)
            self._memory.add(watch)
            self._memory.stand(watch, found.line)

    def _doubt(self) -> None:
        self._is_doubted = True
        self._memory.doubt()

    async def _read_again(self) -> None:
        """Set right what is held here, after an answer of the store was lost."""
        rows = await self._store.read(lambda reader: reader.alarms())
        self._learn(row for row in rows if row.source in self.sources)
        self._is_doubted = False

    def look(self, check: str) -> None:
        """Look at an alarm's check as it stands: that is an observation."""
        watch = self._memory.get(check)
        told = watch.spec.alarm if watch is not None else None
        source = self.sources.get(told.source) if told is not None else None
        if watch is None or told is None or source is None:
            return
        kept = self._kept[source.name].get(check)
        if kept is None or kept.part_of is not None:
            return
        seen = outcome(kept, source, told.title, self._clock.wall())
        if seen.verdict is Verdict.DOWN:
            seen = replace(seen, kind=told.kind, priority=told.priority)
        self._take(watch, seen, self._clock.now())

    def wake(self, check: str) -> bool:
        """Have *check* looked at in the loop's next turn; whether it is an alarm's."""
        if not is_alarm(check):
            return False
        if check not in self._woken:
            self._woken.add(check)
            asyncio.get_running_loop().call_soon(self._look_woken, check)
        return True

    def _look_woken(self, check: str) -> None:
        self._woken.discard(check)
        self.look(check)

    def begin(self) -> None:
        """Have all that is not over looked at: they may have been told just before a crash."""
        for check in self._open():
            self.wake(check)

    async def turn(self) -> None:
        """Look at all that is not over; called every few seconds."""
        if self._is_doubted:
            async with self._lock:
                await self._read_again()
        for number, check in enumerate(list(self._open()), start=1):
            self.look(check)
            if number % _CHUNK == 0:
                await asyncio.sleep(0)

    def _open(self) -> Iterable[str]:
        for rows in self._kept.values():
            for check, row in rows.items():
                if row.part_of is None and not self._is_over(row):
                    yield check

    def _is_over(self, row: Kept) -> bool:
        """Whether it is resolved, and whatever was opened for it, too."""
        if row.state is not State.RESOLVED:
            return False
        watch = self._memory.get(row.check if row.part_of is None else row.part_of)
        if watch is None:
            return True
        has_ticket = watch.ticket is not None and watch.ticket.is_open
        is_well = watch.condition.phase is watch.expected.phase is Phase.HEALTHY
        is_stood_for = watch.standing is not None and not watch.standing[1].recovered_at
        return is_well and not (has_ticket or is_stood_for or watch.held or watch.is_deciding)

    def _spare(self, known: Mapping[str, Kept]) -> list[str]:
        over = [row for row in known.values() if self._is_over(row)]
        return [row.check for row in sorted(over, key=lambda row: row.settled_at or row.heard_at)]

    async def forget(self) -> None:
        """Forget what has been over for long."""
        async with self._lock:
            before = self._clock.wall() - KEEP
            gone = [
                row
                for rows in self._kept.values()
                for row in rows.values()
                if row.settled_at is not None and row.settled_at < before and self._is_over(row)
            ][:_UNIT_SIZE]
            if not gone:
                return
            checks = [row.check for row in gone]
            unit = partial(_forget_checks, checks=checks, at=self._clock.wall())
            await write_or_doubt(self._store, unit, self._doubt)
            for row in gone:
                self._forget(self._kept[row.source], row.check)

    def _forget(self, rows: dict[str, Kept], check: str) -> None:
        rows.pop(check, None)
        watch = self._memory.get(check)
        if watch is not None:
            self._memory.drop(watch)


async def _aside(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_ASIDE, work)


def _write(
    uow: DeskUnit, *, intake: Intake, fresh: list[CheckSpec], now: datetime, wall: datetime
) -> dict[str, _Found]:
    """Keep what was taken in; what is believed of those that are not watched yet."""
    _forget_checks(uow, checks=intake.gone, at=wall)
    uow.put_alarms(intake.rows.values())
    uow.put_checks(KnownCheck(spec.key, TYPE, keep_on_removal=False) for spec in fresh)
    found: dict[str, _Found] = {}
    for spec in fresh:
        condition = uow.condition(spec.key)
        if condition is None:
            condition = _well(spec.key, now)
            uow.put_condition(condition)
        found[spec.key] = _Found(condition, uow.last_ticket(spec.key), uow.membership(spec.key))
    return found


def _well(check: str, now: datetime) -> Condition:
    """Until it fires an alarm is well: so a ticket of long ago is not held to be unmended."""
    return Condition(
        check,
        phase=Phase.HEALTHY,
        since=now,
        verdict=Verdict.UP,
        reason=Reason.OK,
        changed=now,
    )


def _forget_checks(uow: DeskUnit, *, checks: Iterable[str], at: datetime) -> None:
    checks = list(checks)
    uow.delete_alarms(checks)
    for check in checks:
        uow.delete_check(check, at)


def _delete(uow: DeskUnit, *, checks: Iterable[str]) -> None:
    uow.delete_alarms(checks)
