"""
Broken variants of the engine, by name: what the machines and the auditor must notice.

Each is a small context manager that breaks one sentence of the rules and mends it afterwards.
A proof that does not complain under these proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fettled.app import adopt as adopting
from fettled.app import deciding, memory, observe, surroundings
from fettled.core import (
    cascade,
    checklist,
    engine,
    gates,
    lifecycle,
    phases,
    reopening,
    rollup,
    ticketing,
)
from fettled.core.condition import Condition
from fettled.core.reopening import ReopenIt, StayQuiet
from fettled.core.words import Cause, Gate, Phase, Source, Verdict

Mutant = Callable[[], AbstractContextManager[None]]
_EPOCH_ORDER = (0, 0)


@contextmanager
def put(where: Any, **names: Any) -> Iterator[None]:
    """Put other things in the place of *names* of *where*."""
    kept = {name: getattr(where, name) for name in names}
    for name, value in names.items():
        setattr(where, name, value)
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(where, name, value)


def reopen_window_closed_at_its_end() -> AbstractContextManager[None]:
    """Rule 5 with `<=` where the window is half-open; a millisecond stands for the instant."""

    def relapse(case: reopening.Case) -> reopening.Decision | None:
        resolved_at, window = case.ticket.resolved_at, case.policy.reopen_window
        if resolved_at is None or case.first - resolved_at > window:
            return None
        return ReopenIt(Cause.RELAPSE)

    rules = tuple(relapse if rule is reopening._relapse else rule for rule in reopening.RULES)
    return put(reopening, RULES=rules)


def reopen_window_ignored() -> AbstractContextManager[None]:
    """Every relapse opens a new ticket."""
    rules = tuple(rule for rule in reopening.RULES if rule is not reopening._relapse)
    return put(reopening, RULES=rules)


def verify_forgotten() -> AbstractContextManager[None]:
    """A person's word is not believed for a moment."""

    def still(case: reopening.Case) -> reopening.Decision | None:
        answer = reopening._still_unhealthy(case)
        return ReopenIt(Cause.STILL_UNHEALTHY) if isinstance(answer, StayQuiet) else answer

    rules = tuple(still if r is reopening._still_unhealthy else r for r in reopening.RULES)
    return put(reopening, RULES=rules)


def acceptance_forgotten() -> AbstractContextManager[None]:
    """`wont_fix` is a resolution as any other."""
    rules = tuple(rule for rule in reopening.RULES if rule is not reopening._accepted)
    return put(reopening, RULES=rules)


def closed_is_reopened() -> AbstractContextManager[None]:
    """A closed ticket within its window comes back."""
    rules = tuple(rule for rule in reopening.RULES if rule is not reopening._closed)
    return put(reopening, RULES=rules)


def unknown_counts_as_up() -> AbstractContextManager[None]:
    """What the monitor could not find out is taken for good news."""
    real = engine.step

    def step(condition: Condition, seen: Any, policy: Any, context: Any) -> Any:
        if seen.verdict is Verdict.UNKNOWN:
            seen = replace(seen, verdict=Verdict.UP)
        return real(condition, seen, policy, context)

    def is_quiet(condition: Condition, seen: Any, *more: Any) -> bool:
        return seen.verdict is not Verdict.UNKNOWN and _quiet(condition, seen, *more)

    _quiet = engine.is_quiet
    from proof import plant  # noqa: PLC0415 - it takes these names from the engine

    return _both(put(deciding, step=step), put(plant, is_quiet=is_quiet))


@contextmanager
def _both(*some: AbstractContextManager[None]) -> Iterator[None]:
    first, *others = some
    with first:
        if others:
            with _both(*others):
                yield
        else:
            yield


def gap_ignored() -> AbstractContextManager[None]:
    """A run goes on over time in which nobody looked."""
    return put(phases, max_gap=lambda *_: timedelta(days=999))


def debounce_by_count_alone() -> AbstractContextManager[None]:
    """The time is not waited for."""
    real = phases.debounce

    def debounce(*given: Any, **named: Any) -> tuple[timedelta, int]:
        return timedelta(), real(*given, **named)[1]

    return put(phases, debounce=debounce)


def gate_blocks_resolution() -> AbstractContextManager[None]:
    """A silenced subject keeps its ticket although it is well."""
    real = engine.ensure_resolved

    def ensure(before: Any, after: Any, seen: Any, policy: Any, context: Any) -> Any:
        if context.around.quiet(context.wall):
            return None
        return real(before, after, seen, policy, context)

    return put(engine, ensure_resolved=ensure)


def gates_forgotten() -> AbstractContextManager[None]:
    """Silences forbid nothing."""
    return put(gates, GATES=(gates._observe_only, gates._isolation))


def no_open_key() -> AbstractContextManager[None]:
    """Nothing in the store forbids a second open ticket, and nobody looks for the first."""
    real = lifecycle.opened

    def opened(**given: Any) -> Any:
        change = real(**given)
        return replace(change, ticket=replace(change.ticket, open_key=None))

    ensure = ticketing.ensure_ticket

    def ensure_ticket(before: Any, after: Any, seen: Any, policy: Any, context: Any) -> Any:
        ticket = context.ticket
        if ticket is not None and ticket.is_open and ticket.open_key is None:
            context = replace(context, ticket=None)
        return ensure(before, after, seen, policy, context)

    return _both(put(lifecycle, opened=opened), put(engine, ensure_ticket=ensure_ticket))


def touched_resolves_at_once() -> AbstractContextManager[None]:
    """What people work on is resolved under their hands."""
    real = engine.ensure_resolved

    def ensure(before: Any, after: Any, seen: Any, policy: Any, context: Any) -> Any:
        policy = replace(policy, touched_grace=timedelta())
        return real(before, after, seen, policy, context)

    return put(engine, ensure_resolved=ensure)


def stale_accepted() -> AbstractContextManager[None]:
    """What is older than what is known is taken for news."""
    real, quiet = engine.step, engine.is_quiet

    def step(condition: Condition, *more: Any) -> Any:
        return real(replace(condition, order=_EPOCH_ORDER), *more)

    def is_quiet(condition: Condition, *more: Any) -> bool:
        return quiet(replace(condition, order=_EPOCH_ORDER), *more)

    from proof import plant  # noqa: PLC0415 - as above

    return _both(put(deciding, step=step), put(plant, is_quiet=is_quiet))


def asked_once_only() -> AbstractContextManager[None]:
    """A ticket is asked for when the outage is confirmed, and at no other time."""
    real = engine.ensure_ticket

    def ensure(before: Any, after: Any, seen: Any, policy: Any, context: Any) -> Any:
        if before.phase is after.phase:
            return after, None
        return real(before, after, seen, policy, context)

    return put(engine, ensure_ticket=ensure)


def flapping_never_asks() -> AbstractContextManager[None]:
    """However long it flaps, it gets no ticket."""
    real = engine._asks_for_ticket

    def asks(condition: Condition, *more: Any) -> bool:
        return condition.phase is not Phase.FLAPPING and real(condition, *more)

    return put(engine, _asks_for_ticket=asks)


def membership_outlives_its_ticket() -> AbstractContextManager[None]:
    """Who was on a checklist is taken to be on it after the ticket is resolved."""
    from fettled.app.ledger import Ledger  # noqa: PLC0415 - one store of several
    from fettled.core.tickets import Membership  # noqa: PLC0415 - as above

    def membership(self: Any, check: str) -> Any:
        for number in reversed(self._lines_of.get(check, ())):
            return Membership(self._tickets[number], self._members[number][check])
        return None

    return put(Ledger, membership=membership)


def recoveries_not_told() -> AbstractContextManager[None]:
    """A checklist does not notice that its members are well."""
    return put(deciding, attend=lambda *_: None)


def vote_counts_the_gated() -> AbstractContextManager[None]:
    """Silenced siblings are rolled up with the others."""
    return put(surroundings.Surroundings, _is_free=lambda *_: True)


def settling_forgotten() -> AbstractContextManager[None]:
    """What is down right after its parent came back has tickets at once."""
    steps = tuple(step for step in cascade.STEPS if step is not cascade.settling)
    return put(cascade, STEPS=steps)


def settles_for_ever() -> AbstractContextManager[None]:
    """What its parent's return held once is never let go."""
    real = cascade.settling

    def held(due: Any) -> Any:
        was_held = due.condition.gate is Gate.SETTLING
        return StayQuiet(Gate.SETTLING) if was_held else real(due)

    steps = tuple(held if step is real else step for step in cascade.STEPS)
    return put(cascade, STEPS=steps)


def parent_forgotten() -> AbstractContextManager[None]:
    """Each child of a parent that is down opens its own."""
    steps = tuple(step for step in cascade.STEPS if step is not cascade._by_parent)
    return put(cascade, STEPS=steps)


def parent_holds_for_ever() -> AbstractContextManager[None]:
    """A gate that is named, and never ends."""
    real = cascade._by_parent

    def held(due: Any) -> Any:
        if due.around.ancestors() and real(due) is None:
            return StayQuiet(Gate.PARENT)
        return real(due)

    steps = tuple(held if step is cascade._by_parent else step for step in cascade.STEPS)
    return put(cascade, STEPS=steps)


def rollup_resolves_too_early() -> AbstractContextManager[None]:
    """One member that is well is enough."""
    return put(checklist, is_done=lambda ticket, _policy: ticket.done_count > 0)


def members_merged_although_touched() -> AbstractContextManager[None]:
    """Tickets that people work on are merged away."""
    real = rollup.merge

    def merge(own: Any, *more: Any) -> Any:
        change = real(replace(own, touched=False), *more)
        return replace(change, ticket=replace(change.ticket, touched=own.touched))

    return put(deciding, merge=merge)


def restart_forgets_the_run() -> AbstractContextManager[None]:
    """A pending run begins anew with every start."""
    real = adopting._read

    def read(reader: Any) -> Any:
        stored = real(reader)
        for condition in list(stored.conditions.values()):
            forgotten = replace(condition, phase=Phase.UNKNOWN, run_from=None, run_count=0)
            reader.put_condition(forgotten)
            stored.conditions[condition.check] = forgotten
        return stored

    return put(adopting, _read=read)


def persons_ticket_resolved() -> AbstractContextManager[None]:
    """The monitor resolves whatever is open."""
    real = engine.ensure_resolved

    def ensure(before: Any, after: Any, seen: Any, policy: Any, context: Any) -> Any:
        ticket = context.ticket
        if ticket is not None:
            context = replace(context, ticket=replace(ticket, source=Source.HEALTH_MONITOR))
        return real(before, after, seen, policy, context)

    return put(engine, ensure_resolved=ensure)


def kept_open_forgotten() -> AbstractContextManager[None]:
    """A person who reopens the ticket of a healthy subject is overruled."""
    real = engine.ensure_resolved

    def ensure(before: Any, after: Any, seen: Any, policy: Any, context: Any) -> Any:
        if context.ticket is not None:
            context = replace(context, ticket=replace(context.ticket, kept_open=False))
        return real(before, after, seen, policy, context)

    return put(engine, ensure_resolved=ensure)


def sleeps_too_well() -> AbstractContextManager[None]:
    """The path on which nothing changes takes a check that waits for a gate for settled."""
    from proof import drive, plant  # noqa: PLC0415 - they take the name from the engine

    real = engine.is_quiet

    def is_quiet(condition: Condition, seen: Any, *more: Any) -> bool:
        same = seen.verdict is condition.verdict and seen.reason is condition.reason
        return real(condition, seen, *more) or (same and condition.gate is not None)

    return _both(put(plant, is_quiet=is_quiet), put(drive, is_quiet=is_quiet))


def order_is_the_number_alone() -> AbstractContextManager[None]:
    """What a new process sees is older than what the one before it saw."""
    real, quiet = engine.step, engine.is_quiet

    def aged(condition: Condition, seen: Any) -> Condition:
        return replace(condition, order=(seen.order[0], condition.order[1]))

    def step(condition: Condition, seen: Any, *more: Any) -> Any:
        return real(aged(condition, seen), seen, *more)

    def is_quiet(condition: Condition, seen: Any, *more: Any) -> bool:
        return quiet(aged(condition, seen), seen, *more)

    return _both(put(deciding, step=step), put(observe, step=step, is_quiet=is_quiet))


def conditions_are_not_stored() -> AbstractContextManager[None]:
    """A ticket is committed, and not the belief that it came from."""

    def save(self: Any) -> None:
        self._uow.put_spans(self._task.spans)

    return put(deciding._Folding, save=save)


def store_down_forgets() -> AbstractContextManager[None]:
    """What was seen while the store was away is thrown away."""
    return put(memory.Watch, hold=lambda *_: None)


def memory_runs_ahead() -> AbstractContextManager[None]:
    """Memory is not told of what other units did to a ticket."""
    return put(memory.Memory, learn=lambda *_: [])
