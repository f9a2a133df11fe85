"""
Adopt a fleet: at the start, and at every reload, as one transaction and one swap.

State is keyed by subject and check, so what did not change goes on as it was. What was
renamed is carried over (see `renames`); what is gone is retired, and its ticket with it
unless a person worked on it. Where too much is gone at once to be believed, a reload is
refused, and a start keeps all that the store has of the missing.

The unit changes nothing where it was committed already. So when the store went away
without saying whether it was, the unit is repeated until the store answers, and only then
memory is swapped: the two never part.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from fettled.app import brake
from fettled.app.memory import Memory
from fettled.app.renames import renamed_checks, renamed_subjects
from fettled.app.watch import Watch
from fettled.core import lifecycle
from fettled.core.condition import Condition, not_after
from fettled.core.errors import InventoryShrunkError, StoreDownError, StoreUnsureError
from fettled.core.inventory import Shrunk
from fettled.core.tickets import SYSTEM, Actor, Change, Membership, Resolution, Ticket
from fettled.core.words import Code, Source
from fettled.ports import (
    CheckSpec,
    Clock,
    EventSink,
    Fleet,
    Heartbeat,
    KnownCheck,
    Reader,
    Store,
    UnitOfWork,
)

#: How long to leave a store alone that went away while it was saving.
RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Stored:
    conditions: dict[str, Condition]
    tickets: dict[str, Ticket]
    beats: dict[str, Heartbeat]
    subject_ids: dict[str, int]
    memberships: dict[str, Membership]


@dataclass(slots=True)
class _Adoption:
    """
    One fleet on its way into the store, and what became of it there.

    Attributes:
        watched: the subjects in memory; None at the start.
        fingerprints: of the checks that leave, where they are known.
        by, files: who had it read, and the SHA-256 of what was read, for the log of inputs.
        doubt: judged once, so that a repetition counts no second answer.
        renamed: new keys by old ones; kept over repetitions, which find nothing to rename.
        changes: of tickets, by check; the same.
    """

    fleet: Fleet
    why: str
    watched: frozenset[str] | None
    fingerprints: dict[str, str]
    by: Actor = SYSTEM
    files: Mapping[str, str] = field(default_factory=dict)
    doubt: brake.Doubt | None = None
    renamed: dict[str, str] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)


async def adopt(
    fleet: Fleet,
    *,
    why: str,
    store: Store,
    clock: Clock,
    memory: Memory,
    sink: EventSink,
    force: bool = False,
    by: Actor = SYSTEM,
    files: Mapping[str, str] | None = None,
) -> Shrunk | None:
    """
    Let *memory* watch *fleet*, with the state that the store has of it.

    One at a time, and to its end: cancelled in the middle, memory would not learn what
    the store has. Whoever may be cancelled shields it.

    Args:
        fleet: what is to be watched from now on.
        why: `start` or `reload`, for the log of inputs.
        store: where renames and retirements are committed, before the swap.
        clock: tells when.
        memory: is changed only after the commit.
        sink: is told of tickets that changed.
        force: what is gone is gone, however much it is.
        by: who had the configuration read.
        files: the SHA-256 of each file of it.

    Returns:
        What is missing and not believed to be gone; None: nothing.

    Raises:
        InventoryShrunkError: too much would go at once; nothing was changed.
        StoreDownError: nothing was changed.
    """
    leaving = [watch for watch in memory if watch.spec.key not in fleet.checks]
    for watch in leaving:
        # Before the unit: what is decided for them from now on would come back to life.
        watch.is_retired = True
    adoption = _Adoption(
        fleet=fleet,
        why=why,
        watched=None if why == "start" else frozenset(memory.subjects()),
        fingerprints={each.spec.key: each.spec.fingerprint for each in leaving},
        by=by,
        files=files or {},
        doubt=brake.BELIEVED if force else None,
    )
    try:
        stored = await _written(adoption, store, clock)
    except Exception:  # whatever it was, nothing was adopted, and it goes to the caller
        _stay(leaving)
        raise
    doubt = adoption.doubt or brake.BELIEVED
    if doubt.is_refused:
        _stay(leaving)
        raise InventoryShrunkError(brake.refusal(doubt.shrunk))
    before = {new: memory.get(old) for old, new in adoption.renamed.items()}
    watches = [
        _watch(spec, fleet, stored, memory.get(spec.key), before.get(spec.key), clock)
        for spec in fleet.checks.values()
    ]
    memory.replace(watches, fleet, stored.subject_ids, stored.memberships)
    memory.missing = frozenset(doubt.missing)
    if why == "start":
        memory.began = clock.now()
    for change in adoption.changes.values():
        sink.changed(change)
    return doubt.shrunk


def _stay(leaving: Iterable[Watch]) -> None:
    """Let those go on that were to leave."""
    for watch in leaving:
        watch.is_retired = False


async def _written(adoption: _Adoption, store: Store, clock: Clock) -> _Stored:
    """Commit *adoption*; once it may have been kept, go on until it certainly is."""
    is_unsure = False
    while True:
        try:
            return await store.write(lambda uow: _commit(uow, adoption, clock))
        except StoreDownError as error:
            is_unsure |= isinstance(error, StoreUnsureError)
            if not is_unsure:
                raise
            await asyncio.sleep(RETRY_SECONDS)


async def recall(fleet: Fleet, *, store: Store, clock: Clock, memory: Memory) -> None:
    """Let *memory* show *fleet* with what the store has of it, changing nothing."""
    stored = await store.read(_read)
    watches = [_watch(spec, fleet, stored, None, None, clock) for spec in fleet.checks.values()]
    memory.replace(watches, fleet, stored.subject_ids, stored.memberships)


def _watch(  # noqa: PLR0917 - a watch is made of what both sides know of it
    spec: CheckSpec,
    fleet: Fleet,
    stored: _Stored,
    known: Watch | None,
    before: Watch | None,
    clock: Clock,
) -> Watch:
    """Make the watch of *spec*, or go on with *known*; *before* went by another key."""
    subject = fleet.subjects[spec.subject]
    if known is not None:
        known.spec, known.subject = spec, subject
        return known
    return Watch(
        spec=spec,
        subject=subject,
        condition=stored.conditions.get(spec.key) or Condition(spec.key),
        ticket=stored.tickets.get(spec.key),
        beat=_beat(spec.key, stored, before, clock),
    )


def _beat(check: str, stored: _Stored, before: Watch | None, clock: Clock) -> Heartbeat | None:
    if before is not None and before.beat is not None:
        return replace(before.beat, check=check)
    beat = stored.beats.get(check)
    if beat is not None and beat.last_seen is not None:
        # A stored time in the future (the clock was wrong, then or now) is no evidence.
        beat = replace(beat, last_seen=min(beat.last_seen, clock.now()))
    return beat


def _commit(uow: UnitOfWork, adoption: _Adoption, clock: Clock) -> _Stored:
    """Bring the store to what the fleet is; run again, this changes nothing more."""
    fleet, at, known = adoption.fleet, clock.wall(), uow.checks()
    subjects = uow.subjects()
    went = renamed_subjects(fleet, subjects)
    if adoption.doubt is None:
        adoption.doubt = brake.judge(
            uow,
            subjects,
            configured=fleet.subjects.keys(),
            renamed=went.keys(),
            watched=adoption.watched,
        )
    doubt = adoption.doubt
    brake.remember(uow, doubt)
    if doubt.is_refused:
        return _read(uow)
    for old, new in went.items():
        uow.rename_subject(old, new)
    renamed = renamed_checks(fleet, known, adoption.fingerprints)
    for old, new in renamed.items():
        uow.rename_check(old, new)
    adoption.renamed.update(renamed)
    uow.sync_subjects([*fleet.subjects.values(), *doubt.missing.values()], at)
    uow.put_checks([now for now in _known(fleet) if known.get(now.key) != now])
    gone = sorted(
        key
        for key in known.keys() - fleet.checks.keys() - renamed.keys()
        if key.partition("/")[0] not in doubt.missing
    )
    tickets = uow.last_tickets()
    for check in gone:
        change = retired(tickets.get(check), at, is_kept=known[check].keep_on_removal)
        if change is not None:
            adoption.changes[check] = uow.apply(change)
        uow.delete_check(check, at)
    # At the very first start everything is new, which goes without saying.
    added = sorted(fleet.checks.keys() - known.keys() - set(renamed.values())) if known else []
    data: dict[str, Any] = {
        "checks": len(fleet.checks),
        "removed": gone,
        "renamed": renamed,
        "added": added,
    }
    said = {"missing": sorted(doubt.missing), "files": dict(adoption.files)}
    data |= {name: value for name, value in said.items() if value}
    uow.log_input(adoption.why, at, adoption.by, data)
    for condition in uow.conditions() if adoption.why == "start" else ():
        clamped = not_after(condition, clock.now())
        if clamped != condition:
            uow.put_condition(clamped)
    return _read(uow)


def _known(fleet: Fleet) -> Iterable[KnownCheck]:
    for spec in fleet.checks.values():
        yield KnownCheck(spec.key, spec.type, spec.keep_on_removal)


def _read(reader: Reader) -> _Stored:
    return _Stored(
        conditions={condition.check: condition for condition in reader.conditions()},
        tickets=reader.last_tickets(),
        beats=reader.heartbeats(),
        subject_ids={subject.key: subject.id for subject in reader.subjects()},
        memberships=reader.memberships(),
    )


def retired(ticket: Ticket | None, at: datetime, *, is_kept: bool) -> Change | None:
    """Resolve the *ticket* of a check that was removed, unless somebody is to do that."""
    if ticket is None or not ticket.is_open:
        return None
    if ticket.touched or is_kept or ticket.source is not Source.HEALTH_MONITOR:
        data = {"note": "its target was removed: only a person can resolve this ticket now"}
        return lifecycle.note(ticket, "target_removed", at, SYSTEM, data)
    return lifecycle.resolved(ticket, Resolution(Code.TARGET_REMOVED, at, SYSTEM))
