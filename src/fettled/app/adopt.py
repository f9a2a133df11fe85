"""
Adopt a fleet: at the start, and at every reload, as one transaction and one swap.

State is keyed by subject and check, so what did not change goes on as it was. What was
renamed is carried over (which that is, is decided here and nowhere else); what is gone
is retired, and its ticket with it unless a person worked on it.

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

from fettled.app.memory import Memory, Watch
from fettled.core import lifecycle
from fettled.core.condition import Condition, not_after
from fettled.core.errors import StoreDownError, StoreUnsureError
from fettled.core.tickets import SYSTEM, Change, Membership, Resolution, Ticket
from fettled.core.words import Code
from fettled.ports import (
    CheckSpec,
    Clock,
    EventSink,
    Fleet,
    Heartbeat,
    KnownCheck,
    Reader,
    Store,
    Subject,
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


@dataclass(frozen=True, slots=True)
class _Adoption:
    """
    One fleet on its way into the store, and what became of it there.

    Attributes:
        fingerprints: of the checks that leave, where they are known.
        renamed: new keys by old ones; kept over repetitions, which find nothing to rename.
        changes: of tickets, by check; the same.
    """

    fleet: Fleet
    why: str
    fingerprints: dict[str, str]
    renamed: dict[str, str] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)


async def adopt(
    fleet: Fleet, *, why: str, store: Store, clock: Clock, memory: Memory, sink: EventSink
) -> None:
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

    Raises:
        StoreDownError: nothing was changed.
    """
    leaving = [watch for watch in memory if watch.spec.key not in fleet.checks]
    for watch in leaving:
        # Before the unit: what is decided for them from now on would come back to life.
        watch.is_retired = True
    adoption = _Adoption(fleet, why, {each.spec.key: each.spec.fingerprint for each in leaving})
    try:
        stored = await _written(adoption, store, clock)
    except Exception:
        for watch in leaving:
            watch.is_retired = False
        raise
    before = {new: memory.get(old) for old, new in adoption.renamed.items()}
    watches = [
        _watch(spec, fleet, stored, memory.get(spec.key), before.get(spec.key), clock)
        for spec in fleet.checks.values()
    ]
    memory.replace(watches, fleet, stored.subject_ids, stored.memberships)
    for change in adoption.changes.values():
        sink.changed(change)


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
    for old, new in renamed_subjects(fleet, uow.subjects()).items():
        uow.rename_subject(old, new)
    renamed = renamed_checks(fleet, known, adoption.fingerprints)
    for old, new in renamed.items():
        uow.rename_check(old, new)
    adoption.renamed.update(renamed)
    uow.sync_subjects(list(fleet.subjects.values()), at)
    uow.put_checks([now for now in _known(fleet) if known.get(now.key) != now])
    gone = sorted(known.keys() - fleet.checks.keys() - renamed.keys())
    tickets = uow.last_tickets()
    for check in gone:
        change = retired(tickets.get(check), at, is_kept=known[check].keep_on_removal)
        if change is not None:
            adoption.changes[check] = uow.apply(change)
        uow.delete_check(check, at)
    data: dict[str, Any] = {"checks": len(fleet.checks), "removed": gone, "renamed": renamed}
    uow.log_input(adoption.why, at, SYSTEM.type, data)
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


def renamed_subjects(fleet: Fleet, known: Iterable[Subject]) -> dict[str, str]:
    """
    Say which subjects of *known* go on under another key, by `formerly:`.

    One that was removed may come back so; and its new key may be that of one that was
    removed, but of none that is there.
    """
    removed = {subject.key: subject.removed_at is not None for subject in known}
    found: dict[str, str] = {}
    for spec in fleet.subjects.values():
        old = spec.formerly
        if old is None or old not in removed or old in fleet.subjects or old in found:
            continue
        if removed.get(spec.key, True):
            found[old] = spec.key
    return found


def renamed_checks(
    fleet: Fleet, known: Mapping[str, KnownCheck], fingerprints: Mapping[str, str]
) -> dict[str, str]:
    """
    Say which checks of *known* go on under another key.

    By `formerly:` of the check or its subject; and without a word where a subject had
    one check and has one check of the same type, which as far as *fingerprints* tell
    looks at the same thing, so that only its name can have changed.
    """
    found: dict[str, str] = {}
    gone = known.keys() - fleet.checks.keys()
    were = _sole_checks((_subject_of(key), key) for key in known)
    are = _sole_checks((spec.subject, key) for key, spec in fleet.checks.items())
    for spec in fleet.checks.values():
        if spec.key in known:
            continue
        old = spec.formerly
        if old is None or old not in gone or old in found:
            before = fleet.subjects[spec.subject].formerly or spec.subject
            old = were.get(before)
            if old not in gone or old in found or are.get(spec.subject) != spec.key:
                continue
            is_same = fingerprints.get(old, spec.fingerprint) == spec.fingerprint
            if known[old].type != spec.type or not is_same:
                continue
        found[old] = spec.key
    return found


def _subject_of(check: str) -> str:
    return check.partition("/")[0]


def _sole_checks(pairs: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    """Give the check of each subject that has one alone, by subject."""
    found: dict[str, str | None] = {}
    for subject, check in pairs:
        found[subject] = None if subject in found else check
    return found


def retired(ticket: Ticket | None, at: datetime, *, is_kept: bool) -> Change | None:
    """Resolve the *ticket* of a check that was removed, unless somebody is to do that."""
    if ticket is None or not ticket.is_open:
        return None
    if ticket.touched or is_kept:
        data = {"note": "its target was removed: only a person can resolve this ticket now"}
        return lifecycle.note(ticket, "target_removed", at, SYSTEM, data)
    return lifecycle.resolved(ticket, Resolution(Code.TARGET_REMOVED, at, SYSTEM))
