"""
What waits for the writer, and how it becomes units: many checks in one, each in its order.

In a storm thousands of checks are to be decided at once. One unit for each would cost a
task, an answer and a savepoint every time, and a person's action would wait behind all of
them. So few units are under way at a time, and what comes meanwhile shares the next one.
A unit that fails is taken back as a whole; then each of its checks is decided by itself,
and only the one that is refused waits.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from functools import partial

from fettled.app.committing import write_or_doubt
from fettled.app.deciding import Decided, Undecided, decide
from fettled.app.memory import Memory
from fettled.app.surroundings import Quiet
from fettled.app.watch import Held, Watch
from fettled.core.condition import Condition
from fettled.core.errors import ConflictError, StoreDownError
from fettled.ports import Clock, EventSink, Store, UnitOfWork

#: How long to leave a store alone that did not answer.
RETRY_SECONDS = 1.0
#: Checks to decide about in one unit: more would hold the loop for too long when it is answered.
UNIT_SIZE = 100
#: A unit leaves the rest for later after this long, so that people's actions get their turn.
UNIT_SECONDS = 0.1
#: Units under way: the writer commits some while the others wait at its door.
MOST_UNITS = 4

#: A check, and what of it is being decided.
Case = tuple[Watch, Held]


class Queue:
    """
    Checks with observations that only the store can decide about.

    Args:
        on_decided: told of each decision after its COMMIT, with the belief before it and
            the checks that no ticket stands for any more.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        sink: EventSink,
        memory: Memory,
        quiet: Quiet,
        on_decided: Callable[[Watch, Condition, Decided, list[str]], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._sink = sink
        self._memory = memory
        self._quiet = quiet
        self._on_decided = on_decided
        self._waiting: deque[Watch] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._workers = 0
        self._is_starting = False

    def add(self, watch: Watch) -> None:
        """Have what *watch* holds decided, unless that is under way already."""
        if watch.is_deciding:
            return
        watch.is_deciding = True
        self._waiting.append(watch)
        self._start()

    async def settle(self) -> None:
        """Wait until everything that was added is decided, or has to be held."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def stop(self) -> None:
        """Give up what is not committed."""
        for task in self._tasks:
            task.cancel()
        for watch in self._waiting:
            _let_go(watch)
        self._waiting.clear()

    def _start(self) -> None:
        # One that is about to start takes what comes in this turn of the loop, too.
        if self._waiting and not self._is_starting and self._workers < MOST_UNITS:
            self._is_starting = True
            self._workers += 1
            self._spawn(self._work())

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self) -> None:
        try:
            while some := self._take():
                await self._decide(some)
        finally:
            self._workers -= 1

    def _take(self) -> list[Case]:
        """Take the next unit's checks, one observation each."""
        self._is_starting = False
        some: list[Case] = []
        while self._waiting and len(some) < UNIT_SIZE:
            watch = self._waiting.popleft()
            if watch.held and not watch.is_retired:
                some.append((watch, watch.held.pop(0)))
            else:
                _let_go(watch)
        self._start()
        return some

    async def _decide(self, some: list[Case]) -> None:
        try:
            await self._write(some)
        except StoreDownError:
            self._put_off(some)
        except Exception as error:  # noqa: BLE001  # one check's fault must not stop the others
            if len(some) > 1:
                await asyncio.gather(*[self._decide([one]) for one in some])
            elif isinstance(error, ConflictError):
                self._put_off(some)  # another writer opened it: read again, attach
            else:
                self._sink.faulted("observe", error)
                self._go_on(some[0][0])
        except BaseException:  # cancelled as well: a watch that is held would never be judged again
            for watch, _ in some:
                _let_go(watch)
            raise

    async def _write(self, some: list[Case]) -> None:
        """Decide in one unit, and take in what was committed."""
        units = [self._unit(watch, held) for watch, held in some]
        marks = [(watch.is_doubted, watch.is_unaware) for watch, _ in some]
        for watch, _ in some:
            watch.is_doubted = watch.is_unaware = False
        try:
            # What it changed of other tickets would never be told: doubted, the store is asked.
            unit = partial(_in_turn, units=units)
            answers = await write_or_doubt(self._store, unit, self._memory.doubt)
        except BaseException:  # cancelled as well: what was doubted before is doubted still
            for (watch, _), (is_doubted, is_unaware) in zip(some, marks, strict=True):
                watch.is_doubted |= is_doubted
                watch.is_unaware |= is_unaware
            raise
        left = list(zip(some, marks, strict=True))[len(answers) :]
        for (watch, held), (is_doubted, is_unaware) in reversed(left):
            watch.is_doubted |= is_doubted
            watch.is_unaware |= is_unaware
            watch.held.insert(0, held)
            self._waiting.appendleft(watch)
        for (watch, held), decided in zip(some, answers, strict=False):
            if decided is not None:
                self._take_in(watch, decided)
            elif not watch.is_retired:
                watch.held.insert(0, held)  # the reload that retired it was refused
            self._go_on(watch)

    def _unit(self, watch: Watch, held: Held) -> Callable[[UnitOfWork], Decided | None]:
        task = Undecided(
            spec=watch.spec,
            subject=watch.subject,
            topology=self._memory.topology,
            held=held,
            spans=watch.unsaved(),
            quiet=self._quiet,
            sightings=self._memory.sightings(watch),
        )
        return partial(decide, task=task, wall=self._clock.wall, is_gone=lambda: watch.is_retired)

    def _take_in(self, watch: Watch, decided: Decided) -> None:
        before = watch.condition
        watch.ticket = decided.ticket
        watch.mark_saved(decided.spans)
        self._memory.believe(watch, decided.condition)
        freed = self._memory.learn(decided.changes)
        self._memory.stand(watch, decided.membership)
        self._on_decided(watch, before, decided, freed)

    def _go_on(self, watch: Watch) -> None:
        """Have the next observation of *watch* decided, if one came meanwhile."""
        if watch.held and not watch.is_retired:
            self._waiting.append(watch)
            self._start()
        else:
            _let_go(watch)

    def _put_off(self, some: list[Case]) -> None:
        for watch, held in some:
            watch.held.insert(0, held)
        self._spawn(self._come_back([watch for watch, _ in some]))

    async def _come_back(self, watches: list[Watch]) -> None:
        try:
            await asyncio.sleep(RETRY_SECONDS)
        except BaseException:  # cancelled at the stop: they are let go, as in `_decide`
            for watch in watches:
                _let_go(watch)
            raise
        self._waiting.extendleft(reversed(watches))
        self._start()


def _in_turn(
    uow: UnitOfWork, *, units: Sequence[Callable[[UnitOfWork], Decided | None]]
) -> list[Decided | None]:
    """Run *units* until the time of one unit is up; answers of those that were."""
    ends = time.monotonic() + UNIT_SECONDS
    answers: list[Decided | None] = []
    for unit in units:
        if answers and time.monotonic() >= ends:
            break
        answers.append(unit(uow))
    return answers


def _let_go(watch: Watch) -> None:
    watch.is_deciding = False
    watch.expected = watch.condition if not watch.held else watch.expected
