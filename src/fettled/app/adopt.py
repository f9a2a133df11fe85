"""
Adopt a fleet: at the start, and at every reload, as one transaction and one swap.

State is keyed by subject and check, so what did not change goes on as it was. What was
renamed is carried over; what is gone is retired, and its ticket with it unless a person
worked on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fettled.app.memory import Memory, Watch
from fettled.core import lifecycle
from fettled.core.condition import Condition, not_after
from fettled.core.tickets import SYSTEM, Change, Resolution, Ticket
from fettled.core.words import Code
from fettled.ports import CheckSpec, Clock, EventSink, Fleet, Heartbeat, Reader, Store, UnitOfWork


@dataclass(frozen=True, slots=True)
class _Stored:
    conditions: dict[str, Condition]
    tickets: dict[str, Ticket]
    beats: dict[str, Heartbeat]
    subject_ids: dict[str, int]
    changes: list[Change]


async def adopt(
    fleet: Fleet, *, why: str, store: Store, clock: Clock, memory: Memory, sink: EventSink
) -> None:
    """
    Let *memory* watch *fleet*, with the state that the store has of it.

    Args:
        fleet: what is to be watched from now on.
        why: `start` or `reload`, for the log of inputs.
        store: where renames and retirements are committed, before the swap.
        clock: tells when.
        memory: is changed only after the commit.
        sink: is told of tickets that changed.

    Raises:
        StoreDownError: nothing was changed.
    """
    leaving = [watch for watch in memory if watch.spec.key not in fleet.checks]
    keep = {watch.spec.key: watch.spec.keep_on_removal for watch in leaving}
    for watch in leaving:
        # Before the unit: what is decided for them from now on would come back to life.
        watch.is_retired = True
    try:
        stored = await store.write(lambda uow: _commit(uow, fleet, keep, clock, why))
    except BaseException:
        for watch in leaving:
            watch.is_retired = False
        raise
    watches = [_watch(spec, fleet, stored, memory.get(spec.key), clock) for spec in _specs(fleet)]
    memory.replace(watches, stored.subject_ids)
    for change in stored.changes:
        sink.changed(change)


async def recall(fleet: Fleet, *, store: Store, clock: Clock, memory: Memory) -> None:
    """Let *memory* show *fleet* with what the store has of it, changing nothing."""

    def read(reader: Reader) -> _Stored:
        return _read(reader, [])

    stored = await store.read(read)
    watches = [_watch(spec, fleet, stored, None, clock) for spec in _specs(fleet)]
    memory.replace(watches, stored.subject_ids)


def _specs(fleet: Fleet) -> list[CheckSpec]:
    return list(fleet.checks.values())


def _watch(
    spec: CheckSpec, fleet: Fleet, stored: _Stored, known: Watch | None, clock: Clock
) -> Watch:
    subject = fleet.subjects[spec.subject]
    if known is not None:
        known.spec, known.subject = spec, subject
        return known
    beat = stored.beats.get(spec.key)
    if beat is not None and beat.last_seen is not None:
        # A stored time in the future (the clock was wrong, then or now) is no evidence.
        beat = replace(beat, last_seen=min(beat.last_seen, clock.now()))
    return Watch(
        spec=spec,
        subject=subject,
        condition=stored.conditions.get(spec.key) or Condition(spec.key),
        ticket=stored.tickets.get(spec.key),
        beat=beat,
    )


def _commit(
    uow: UnitOfWork, fleet: Fleet, keep: dict[str, bool], clock: Clock, why: str
) -> _Stored:
    at = clock.wall()
    conditions = {condition.check: condition for condition in uow.conditions()}
    renamed = renames(fleet, set(conditions))
    for old, new in renamed.items():
        uow.rename_check(old, new)
    uow.sync_subjects(list(fleet.subjects.values()), at)
    gone = sorted(set(conditions) - set(fleet.checks) - set(renamed))
    tickets = uow.last_tickets()
    changes = []
    for check in gone:
        change = _retire(tickets.get(check), at, is_kept=keep.get(check, False))
        if change is not None:
            changes.append(uow.apply(change))
        uow.delete_condition(check)
    data: dict[str, Any] = {"checks": len(fleet.checks), "removed": gone, "renamed": renamed}
    uow.log_input(why, at, SYSTEM.type, data)
    for condition in uow.conditions() if why == "start" else ():
        clamped = not_after(condition, clock.now())
        if clamped != condition:
            uow.put_condition(clamped)
    return _read(uow, changes)


def _read(reader: Reader, changes: list[Change]) -> _Stored:
    return _Stored(
        conditions={condition.check: condition for condition in reader.conditions()},
        tickets=reader.last_tickets(),
        beats=reader.heartbeats(),
        subject_ids={subject.key: subject.id for subject in reader.subjects()},
        changes=changes,
    )


def renames(fleet: Fleet, known: set[str]) -> dict[str, str]:
    """
    Say which checks of *known* go on under another key.

    By `formerly:` of the check or its subject; and without a word where a subject had
    one check and has one check, so that only its name can have changed.
    """
    found: dict[str, str] = {}
    gone = known - set(fleet.checks)
    for spec in fleet.checks.values():
        if spec.key in known:
            continue
        old = spec.formerly
        if old is None or old not in gone or old in found:
            before = fleet.subjects[spec.subject].formerly or spec.subject
            old = _sole(gone - set(found), before)
            if not (old and _is_sole(fleet, spec) and _is_sole_known(known, old)):
                continue
        found[old] = spec.key
    return found


def _sole(checks: set[str], subject: str) -> str:
    mine = [check for check in checks if check.partition("/")[0] == subject]
    return mine[0] if len(mine) == 1 else ""


def _is_sole(fleet: Fleet, spec: CheckSpec) -> bool:
    return not any(
        each.subject == spec.subject and each is not spec for each in fleet.checks.values()
    )


def _is_sole_known(known: set[str], check: str) -> bool:
    subject = check.partition("/")[0] + "/"
    return sum(each.startswith(subject) for each in known) == 1


def _retire(ticket: Ticket | None, at: datetime, *, is_kept: bool) -> Change | None:
    if ticket is None or not ticket.is_open:
        return None
    if ticket.touched or is_kept:
        data = {"note": "its target was removed: only a person can resolve this ticket now"}
        return lifecycle.note(ticket, "target_removed", at, SYSTEM, data)
    return lifecycle.resolved(ticket, Resolution(Code.TARGET_REMOVED, at, SYSTEM))
