"""
Workflows at work: each step that an event sets off takes effect once, whatever happens.

The outbox is read by position. A unit does the steps of some events, keeps each as an action
of the ticket, and moves the position on, all in one transaction: killed at any instant, a
step was done and is known to be, or neither. What a workflow does sets off none.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from fettled.app.acting import Acted
from fettled.app.callers import Caller
from fettled.app.committing import write_or_doubt
from fettled.app.desk import Desk
from fettled.app.tickets import Tickets
from fettled.app.workflow_steps import Came, House, do
from fettled.core.errors import StoreDownError
from fettled.core.fields import facts_of
from fettled.core.tickets import WORKFLOW, Actor
from fettled.core.workflows import (
    WORDS,
    Deliver,
    Workflow,
    filled,
    is_caused_by_workflow,
    told,
)
from fettled.ports import Clock, DeskReader, DeskStore, DeskUnit, OutboxEvent, TicketAction
from fettled.ports.workflows import KnownWorkflow, Listed

#: The name of the figure that keeps how far the outbox was read; `_OFF`: there is none.
_CURSOR = "workflows_read"
_OFF = -1
#: What one unit reads and does at most, so that others get their turn.
_READ, _MOST = 100, 40
#: What is kept of a text at most.
_SHOWN = 200
_BROKEN = "it failed inside; see the log"

#: A step of a workflow for an event: position, name, number of the step.
_StepKey = tuple[int, str, int]


@dataclass(slots=True)
class _Spot:
    """Where a unit is, so that whoever catches what it raised knows."""

    at: _StepKey | None = None


@dataclass(frozen=True, slots=True)
class _Done:
    acted: list[Acted] = field(default_factory=list)
    has_more: bool = False
    tells: bool = False


class Workflows:
    """
    Does what workflows say.

    Args:
        on_fault: hears of what went wrong in our own code and was survived.
    """

    def __init__(
        self,
        store: DeskStore,
        clock: Clock,
        tickets: Tickets,
        desk: Callable[[], Desk],
        on_fault: Callable[[str, BaseException], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._tickets = tickets
        self._desk = desk
        self._on_fault = on_fault
        self._workflows: tuple[Workflow, ...] = ()
        self._is_set = False
        #: Has what is owed to receivers looked at soon; the composition root ties it.
        self.wake: Callable[[], object] = bool
        #: Names who can be told; the composition root ties it.
        self.receivers: Callable[[], Container[str]] = frozenset

    async def configure(self, workflows: Sequence[Workflow]) -> None:
        """
        Go by *workflows* from now on.

        One that was not there before is for events from now on; one that was goes on as it
        is now.
        """
        self._workflows, self._is_set = tuple(workflows), False
        # While the store is down nothing happens there: the next turn makes up for it.
        with suppress(StoreDownError):
            await self._set()

    async def turn(self) -> None:
        """
        Do everything that is due.

        Raises:
            StoreDownError: what is due stays due.
        """
        if not self._is_set:
            await self._set()
        broken: dict[_StepKey, str] = {}
        while self._workflows:
            has_work = await self._store.read(_has_work)
            if not has_work:
                return
            done = await self._run(broken)
            if done is None:
                continue
            for acted in done.acted:
                self._tickets.learn(acted)
            if done.tells:
                self.wake()
            if not done.has_more:
                return

    async def listed(self) -> Listed:
        """List the workflows in force, each with how it ran last."""
        known = {each.name: each for each in await self._store.read(lambda r: r.workflows())}
        return [(workflow, known.get(workflow.name)) for workflow in self._workflows]

    async def _set(self) -> None:
        names = [workflow.name for workflow in self._workflows]
        await self._store.write(partial(_switch, names))
        self._is_set = True

    async def _run(self, broken: dict[_StepKey, str]) -> _Done | None:
        """Run a unit; None where a step broke, which is in *broken* then."""
        spot = _Spot()
        receivers = self.receivers()
        house = House(self._desk(), self._tickets.team_for, self._clock.wall, receivers)
        unit = partial(_work, self._workflows, house, broken, spot)
        try:
            return await write_or_doubt(self._store, unit, self._tickets.doubt)
        except StoreDownError:
            raise
        except Exception as error:  # one step that is broken must not stop the others
            if spot.at is None or spot.at in broken:
                raise
            self._on_fault("workflow", error)
            broken[spot.at] = _BROKEN
            return None


def _switch(names: Sequence[str], unit: DeskUnit) -> None:
    """Know of the workflows that there are; those that are new are for what comes."""
    cursor = unit.figure(_CURSOR)
    was_on = cursor is not None and cursor != _OFF
    if names and not was_on:
        unit.put_figure(_CURSOR, unit.last_position())
    elif was_on and not names:
        unit.put_figure(_CURSOR, _OFF)
    known = {each.name for each in unit.workflows()}
    for name in names:
        if name not in known:
            unit.put_workflow(KnownWorkflow(name, since=unit.last_position()))
    for name in known.difference(names):
        unit.drop_workflow(name)


def _has_work(reader: DeskReader) -> bool:
    cursor = reader.figure(_CURSOR)
    return cursor not in {None, _OFF} and bool(reader.told(after=cursor or 0, limit=1))


def _work(
    workflows: tuple[Workflow, ...],
    house: House,
    broken: Mapping[_StepKey, str],
    spot: _Spot,
    unit: DeskUnit,
) -> _Done:
    spot.at = None
    cursor = unit.figure(_CURSOR)
    if cursor is None or cursor == _OFF:
        return _Done()
    working = _Working(unit, house, broken, spot)
    events = unit.outbox(after=cursor, limit=_READ)
    for event in events:
        if not is_caused_by_workflow(event.actor):
            working.meet(event, workflows)
        cursor = event.position
        if working.steps >= _MOST:
            break
    spot.at = None
    has_more = len(events) == _READ or (bool(events) and cursor != events[-1].position)
    # What this unit does sets off nothing: where all is read, it need not be looked at.
    unit.put_figure(_CURSOR, cursor if has_more else unit.last_position())
    return _Done(working.acted, has_more, working.tells)


class _Working:
    """A unit's work, event by event."""

    def __init__(
        self, unit: DeskUnit, house: House, broken: Mapping[_StepKey, str], spot: _Spot
    ) -> None:
        self._unit, self._house, self._broken, self._spot = unit, house, broken, spot
        self._known = {each.name: each for each in unit.workflows()}
        self.acted: list[Acted] = []
        self.steps = 0
        self.tells = False

    def meet(self, event: OutboxEvent, workflows: Sequence[Workflow]) -> None:
        """Do what *event* sets off; whatever one workflow does, the others were asked before."""
        facts = facts_of(event.ticket, event.event)
        due = [
            workflow
            for workflow in workflows
            if workflow.wants(event.event)
            and event.position > self._known[workflow.name].since
            and not workflow.when.misses(facts)
        ]
        for workflow in due:
            self._do(event, workflow)

    def _do(self, event: OutboxEvent, workflow: Workflow) -> None:
        error: str | None = None
        for number, _ in enumerate(workflow.steps, start=1):
            if error is not None:
                came = Came("cancelled", {"error": "a step before it failed"})
            else:
                came = self._step(event, workflow, number)
            if came.outcome == "failed":
                error = f"step {number}: {came.data['error']}"
            self._keep(event, workflow, number, came)
        known, now = self._known[workflow.name], self._house.wall()
        known = replace(
            known,
            runs=known.runs + 1,
            failures=known.failures + (error is not None),
            ran_at=now,
            ticket=event.number,
            event=event.event,
            outcome="done" if error is None else "failed",
            error=error,
        )
        self._known[workflow.name] = known
        self._unit.put_workflow(known)

    def _step(self, event: OutboxEvent, workflow: Workflow, number: int) -> Came:
        place = (event.position, workflow.name, number)
        self.steps += 1
        if place in self._broken:
            return Came("failed", {"error": self._broken[place]})
        self._spot.at = place
        step = filled(workflow.steps[number - 1], event.ticket, event.event, workflow.name)
        caller = Caller(Actor(WORKFLOW, workflow.name))
        came = do(self._unit, step, event, caller, self._house)
        self._spot.at = None
        if came.acted is not None:
            self.acted.append(came.acted)
        self.tells = self.tells or isinstance(step, Deliver)
        return replace(came, data={**_shortened(told(step)), **came.data})

    def _keep(self, event: OutboxEvent, workflow: Workflow, number: int, came: Came) -> None:
        now = self._house.wall()
        data: dict[str, Any] = {
            "step": number,
            "do": WORDS[type(workflow.steps[number - 1])],
            "event": event.event,
            "seq": event.seq,
            **came.data,
        }
        self._unit.put_action(
            TicketAction(
                ticket=event.number,
                type=WORKFLOW,
                target=workflow.name,
                at=now,
                outcome=came.outcome,
                tries=0 if came.outcome == "cancelled" else 1,
                done_at=now,
                data=data,
            )
        )


def _shortened(given: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of long texts their beginning: whole they are where they were put."""
    return {
        name: value if not isinstance(value, str) or len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
        for name, value in given.items()
    }
