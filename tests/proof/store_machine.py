"""
The use cases on a real store, with crashes between any two steps.

What happened is written down as it would have happened without crashes, and lived once more
by a twin that never crashed: both must have the same tickets. Spells are long enough that a
look lost in a crash delays a decision and cannot undo it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from desk import POLICY, SEEN, Desk, Switch, check, fleet
from fakes import FakeClock
from fettled.app.ledger import LedgerStore
from fettled.core.actions import Action, Comment, Reopen, Resolve
from fettled.core.errors import StoreDownError
from fettled.core.policy import Cascade
from fettled.core.tickets import Actor, Ticket
from fettled.core.words import Phase
from fettled.ports import Fleet, Reader, TicketFilter
from fettled.store import open_store
from fettled.store.invariants import check as check_store

T = TypeVar("T")
ANN = Actor("user", "ann")
M = timedelta(minutes=1)
DOORS = [f"door-{n}" for n in range(1, 6)]
KEYS = ["hub", *DOORS, "pump"]
PATIENT = replace(
    POLICY,
    verify_after_resolve=M,
    settle_after=M,
    touched_grace=timedelta(hours=10),
    cascade=Cascade(min_count=3),
)
#: What becomes of the looks of a spell: at which of them the process ends, and how.
CRASHES = st.lists(
    st.tuples(
        st.integers(0, 5 * len(KEYS)),
        st.sampled_from(["restart", "lost", "kept", "unsure", "down"]),
    ),
    max_size=2,
)
DEEDS: dict[str, Action] = {
    "comment": Comment("seen"),
    "resolve": Resolve(),
    "reopen": Reopen(),
}
TOLD = frozenset({"opened", "reopened", "resolved", "merged"})


def house() -> Fleet:
    """A hub, five doors behind it, and a pump."""
    checks = [check(key, policy=PATIENT) for key in KEYS]
    return fleet(*checks, parents=dict.fromkeys(DOORS, "hub"), storm=None)


class StoreMachine(RuleBasedStateMachine):
    """The daemon's use cases, killed again and again."""

    #: Where the next example's store is.
    address: ClassVar[Callable[[], str]]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.truth = dict.fromkeys(KEYS, "up")
        self.history: list[tuple[str, Any, Any]] = []

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run *work* to its end."""
        return self.loop.run_until_complete(work)

    @initialize()
    def begin(self) -> None:
        """Start on an empty store."""
        self.url = type(self).address()
        store = self.run(self.stack.enter_async_context(open_store(self.url)))
        self.desk = Desk(Switch(store), FakeClock())
        self.run(self.desk.adopt(house()))
        self.spell(subjects=set(KEYS), word="up", looks=6, crashes=[])

    @rule(
        subjects=st.sampled_from(
            [{"hub", *DOORS}, set(DOORS), {"hub"}, {"pump"}, {"door-1"}, {"door-1", "pump"}]
        ),
        word=st.sampled_from(["down", "down", "up"]),
        looks=st.integers(6, 8),
        crashes=CRASHES,
    )
    def spell(
        self, subjects: set[str], word: str, looks: int, crashes: list[tuple[int, str]]
    ) -> None:
        """Some targets are another way for a while, and the daemon dies in between."""
        self.truth |= dict.fromkeys(sorted(subjects), word)
        self.history.append(("spell", dict(self.truth), looks))
        ends = dict(crashes)
        for n in range(looks):
            self.desk.clock.advance(timedelta(seconds=30))
            for i, key in enumerate(KEYS):
                self.run(self.look(key, ends.get(n * len(KEYS) + i, "")))
        self.run(self.check_tickets())

    async def look(self, key: str, crash: str) -> None:
        """Look at *key*; *crash*: how the process ends about then."""
        if crash == "restart":
            await self.restart()
        switch = self.desk.store
        switch.is_down = crash in {"lost", "down"}
        switch.loses_answer = crash in {"kept", "unsure"}
        watch = self.desk.watch(f"{key}/main")
        self.desk.looker.take(watch, SEEN[self.truth[key]], self.desk.clock.now())
        if crash == "lost":
            await asyncio.sleep(0)
            await self.restart()
        elif crash == "kept":
            while switch.loses_answer and watch.is_deciding:
                await asyncio.sleep(0)
            await self.restart()
        elif crash == "down":
            await asyncio.sleep(0)
        switch.is_down = switch.loses_answer = False
        await self.desk.observer.settle()

    async def restart(self) -> None:
        """Let a new process begin where this one ended."""
        switch = self.desk.store
        switch.is_down = switch.loses_answer = False
        self.desk = self.desk.restarted()
        await self.desk.adopt(house())

    @rule(
        what=st.sampled_from(sorted(DEEDS)),
        key=st.sampled_from(["hub/main", "door-1/main", "pump/main", "rollup:hub"]),
        crash=st.sampled_from(["", "", "kept", "lost", "unsure"]),
    )
    def deed(self, what: str, key: str, crash: str) -> None:
        """Somebody works on the last ticket of a key; the answer may never come."""
        if self.run(self.act(self.desk, what, key, crash)):
            self.history.append(("deed", what, key))
        self.run(self.check_tickets())

    async def act(self, desk: Desk, what: str, key: str, crash: str = "") -> bool:
        """Do it, where it is legal; whether it took place."""
        ticket = await desk.store.read(lambda r: r.last_ticket(key))
        if ticket is None or ticket.is_open is (what == "reopen"):
            return False
        desk.store.is_down, desk.store.loses_answer = crash == "lost", crash in {"kept", "unsure"}
        try:
            await desk.tickets.act(str(ticket.number), DEEDS[what], ANN)
        except StoreDownError:
            if crash == "kept":
                await self.restart()
        desk.store.is_down = desk.store.loses_answer = False
        return crash != "lost"

    # --- what must hold -------------------------------------------------------------------

    async def check_tickets(self) -> None:
        """Invariants 1, 3 and 9, from what the store says."""
        tickets = await self.desk.store.read(every_ticket)
        keys = sorted(str(each.check) for each in tickets if each.is_open)
        assert keys == sorted(set(keys)), f"1: open at once: {keys}"
        for each in tickets:
            entries = await self.desk.store.read(
                lambda r, n=each.number: r.timeline(n, after=0, limit=10_000)
            )
            assert [e.seq for e in entries] == list(range(1, each.last_seq + 1)), "9: holes"
        for key in KEYS:
            await self.check_named(f"{key}/main", self.truth[key], set(keys))

    async def check_named(self, key: str, word: str, open_keys: set[str]) -> None:
        """Six looks are longer than any debounce, a lost one and a wait taken together."""
        condition = await self.desk.store.read(lambda r: r.condition(key))
        line = await self.desk.store.read(lambda r: r.membership(key))
        assert condition is not None
        was_resolved = self.history[-1][0] == "deed"
        if word == "down" and not was_resolved:
            assert condition.phase is Phase.FIRING, f"3: {key} is {condition.phase}"
            has_reason = key in open_keys or line is not None or condition.gate is not None
            assert has_reason, f"3: {key} is down without ticket, membership or gate"
        known = self.desk.watch(key)
        if known.is_doubted:
            return  # the next look sets it right
        assert known.condition == condition, "memory is not what is stored"
        assert (known.standing is None) is (line is None), "memory is not what is stored"

    def teardown(self) -> None:
        """The twin that never crashed has the same tickets, and the store is sound."""
        try:
            if hasattr(self, "desk"):
                self.run(self.compare())
        finally:
            if hasattr(self, "desk"):
                self.desk.observer.stop()
            self.run(self.stack.aclose())
            self.loop.close()
        if hasattr(self, "url"):
            assert check_store(self.url) == [], "9"

    async def compare(self) -> None:
        """Live it again without crashes."""
        twin = Desk(Switch(LedgerStore()), FakeClock())  # type: ignore[arg-type]  # fits the port
        await twin.adopt(house())
        for what, one, other in self.history:
            if what == "deed":
                await self.act(twin, one, other)
                continue
            await twin.round(one, other)
        mine, its = await told(self.desk), await told(twin)
        assert mine == its, "10: other tickets than without crashes"


def every_ticket(reader: Reader) -> list[Ticket]:
    """All of them, oldest first."""
    found: list[Ticket] = []
    before = None
    while page := reader.tickets(TicketFilter(), before=before, limit=500):
        found += page
        before = page[-1].number
    return sorted(found, key=lambda ticket: ticket.number)


async def told(desk: Desk) -> dict[str, list[str]]:
    """What the timelines tell, by key, without the instants."""
    tickets = await desk.store.read(every_ticket)
    found: dict[str, list[str]] = {}
    for each in sorted(tickets, key=lambda ticket: ticket.number):
        events = await desk.events(each.number)
        kept = [event for event in events if event.partition(":")[0] in TOLD]
        found.setdefault(str(each.check), []).extend(kept)
    return found
