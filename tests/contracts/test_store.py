"""What the port `Store` promises of single calls: each database, and the store in memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from fettled.core.condition import Flip
from fettled.core.errors import ConflictError, FettledError, StaleError, StoreError
from fettled.core.observations import Reason
from fettled.core.tickets import Change, Member, Resolution
from fettled.core.words import Code, Gate, Phase, Priority, Source, Status, Verdict
from fettled.ports import Heartbeat, Store, TicketFilter, Token, UnitOfWork
from fettled.store import SqlStore
from still_open import open_tickets
from tickets_for import (
    ANN,
    NOW,
    condition,
    entry,
    new_ticket,
    opening,
    reopening,
    resolving,
    span,
)

FULL_TICKET = new_ticket(
    uuid="0c5ad1b7-2f0b-4f52-9c4b-6a6a1f1f7f6e",
    status=Status.CLOSED,
    description="line\nline",
    open_key=None,
    priority=Priority.CRITICAL,
    source=Source.PORTAL,
    priority_by_person=True,
    assignee="ann",
    team="network",
    reporter="bob",
    occurred_at=NOW - timedelta(minutes=1),
    recovered_at=NOW + timedelta(minutes=1),
    status_before=Status.PENDING,
    resolution=Resolution(Code.WONT_FIX, NOW, ANN, "as it is", None, NOW + timedelta(days=9)),
    resolved_at=NOW,
    closed_at=NOW + timedelta(days=1),
    touched=True,
    kept_open=True,
    unstable_since=NOW,
    relapses=(NOW, NOW + timedelta(microseconds=1)),
    reopen_count=2,
    flap_count=3,
    escalation_level=1,
    generation=4,
    labels={"site": "oslo", "æ": "ø"},
)


async def test_a_ticket_comes_back_as_it_was_stored(either: Store) -> None:
    """Every field of a ticket survives, to the microsecond."""
    kept = await either.write(lambda unit: unit.apply(Change(FULL_TICKET, (entry(),))))
    assert kept.ticket == replace(FULL_TICKET, number=kept.ticket.number, last_seq=1)
    assert await either.read(lambda reader: reader.ticket(kept.ticket.number)) == kept.ticket


async def test_a_condition_comes_back_as_it_was_stored(either: Store) -> None:
    """Every field of a condition survives, and a second one replaces the first."""
    full = condition(
        phase=Phase.FLAPPING,
        verdict=Verdict.DEGRADED,
        reason=Reason.LATENCY,
        kind="service_degraded",
        priority=Priority.HIGH,
        message="slow",
        changed=NOW,
        run_from=NOW,
        run_last=NOW + timedelta(seconds=1),
        run_count=2,
        first=NOW,
        healthy_until=NOW - timedelta(days=1),
        flips=(Flip(NOW, False, timedelta(microseconds=7)), Flip(NOW, True, timedelta(days=2))),  # noqa: FBT003 -- up or not
        gate=Gate.VERIFY,
        gate_until=NOW,
        order=(2**40, 2**41),
    )
    await either.write(lambda unit: unit.put_condition(condition()))
    await either.write(lambda unit: unit.put_condition(full))
    assert await either.read(lambda reader: reader.condition(full.check)) == full
    assert await either.read(lambda reader: reader.conditions()) == [full]
    await either.write(lambda unit: unit.delete_check(full.check, NOW))
    assert await either.read(lambda reader: reader.condition(full.check)) is None


async def test_times_of_any_zone_come_back_in_utc(store: SqlStore) -> None:
    """A time keeps its instant, whatever zone it was given in; before 1970 too."""
    oslo = timezone(timedelta(hours=1))
    old = datetime(1923, 4, 5, 6, 7, 8, 9, tzinfo=oslo)
    await store.write(lambda unit: unit.put_condition(condition(since=old)))
    kept = await store.read(lambda reader: reader.condition("door-1/ping"))
    assert kept is not None
    assert kept.since == old
    assert kept.since is not None
    assert kept.since.tzinfo is UTC


async def test_a_time_without_a_zone_is_refused(store: SqlStore) -> None:
    """A naive time is a bug and must not become some instant or other."""
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(ValueError, match="has no zone"):
        await store.write(lambda unit: unit.put_condition(condition(since=naive)))


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "\x00", "\udfff\x00\ud800"])
async def test_text_that_no_database_takes_is_cleaned(store: SqlStore, text: str) -> None:
    """NUL and lone surrogates become U+FFFD at the store's border, wherever they are."""
    clean = "".join("\ufffd" if char in "\x00\ud800\udfff" else char for char in text)
    change = Change(
        new_ticket(text, title=text, labels={text: text}),
        (entry(data={text: [text, {"deep": text}]}),),
    )

    def write(unit: UnitOfWork) -> None:
        unit.apply(change)
        unit.put_condition(condition(text, message=text))
        unit.log_input(text, NOW, text, {text: text})

    await store.write(write)
    ticket = await store.read(lambda reader: reader.last_ticket(text))
    assert ticket is not None
    assert (ticket.title, ticket.labels) == (clean, {clean: clean})
    told = await store.read(lambda reader: reader.timeline(ticket.number, after=0, limit=9))
    assert told[0].data == {clean: [clean, {"deep": clean}]}
    (event,) = await store.read(lambda reader: reader.outbox(after=0, limit=9))
    assert event.data == told[0].data
    found = await store.read(lambda reader: reader.condition(text))
    assert found is not None
    assert found.message == clean


async def test_a_second_open_ticket_of_a_condition_is_refused_and_the_unit_goes_on(
    either: Store,
) -> None:
    """
    One open ticket per condition; the unit that lost reads again and attaches.

    Seen to fail without the unique open_key, and, on PostgreSQL, with a plain INSERT whose
    violation ends the whole transaction.
    """
    first = await either.write(lambda unit: unit.apply(opening()))

    def second(unit: UnitOfWork) -> Change:
        with pytest.raises(ConflictError, match=f"#{first.ticket.number} is open"):
            unit.apply(opening())
        last = unit.last_ticket("door-1/ping")
        assert last is not None
        return unit.apply(Change(last, (entry("attached"),)))

    attached = await either.write(second)
    assert attached.ticket.number == first.ticket.number
    assert [each.seq for each in attached.entries] == [2]


async def test_reopening_beside_a_newer_open_ticket_is_refused_and_the_unit_goes_on(
    either: Store,
) -> None:
    """The rule holds for the ticket that comes back, not only for the one that is new."""
    first = await either.write(lambda unit: unit.apply(opening()))
    old = await either.write(lambda unit: unit.apply(resolving(first.ticket)))
    newer = await either.write(lambda unit: unit.apply(opening()))

    def reopen(unit: UnitOfWork) -> int:
        with pytest.raises(ConflictError, match=f"#{newer.ticket.number} is open"):
            unit.apply(reopening(old.ticket))
        return len(open_tickets(unit))

    assert await either.write(reopen) == 1


async def test_a_change_of_a_stale_version_is_refused(either: Store) -> None:
    """Whoever decided on an older state must read again; versions count changes."""
    first = await either.write(lambda unit: unit.apply(opening()))
    changed = await either.write(lambda unit: unit.apply(Change(first.ticket, (entry("seen"),))))
    assert changed.ticket.version == first.ticket.version + 1
    with pytest.raises(StaleError, match="changed meanwhile"):
        await either.write(lambda unit: unit.apply(Change(first.ticket, (entry("late"),))))
    told = await either.read(lambda reader: reader.timeline(first.ticket.number, after=0, limit=9))
    assert [each.event for each in told] == ["opened", "seen"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": Status.RESOLVED},
        {"open_key": None},
        {"status": Status.RESOLVED, "open_key": None},
        {"status": Status.CLOSED, "open_key": None, "resolved_at": NOW},
        {"closed_at": NOW},
        {"resolved_at": NOW},
        {"status": "gone"},
        {"previous": 999},
    ],
)
async def test_a_ticket_that_contradicts_itself_is_refused(
    store: SqlStore, wrong: dict[str, object]
) -> None:
    """Status, open key and times must fit one another; the database says so, not a caller."""
    with pytest.raises(StoreError, match="refused this change"):
        await store.write(lambda unit: unit.apply(opening(**wrong)))
    assert await store.read(open_tickets) == []


async def test_entries_that_trigger_are_in_the_outbox_and_the_others_are_not(
    store: SqlStore,
) -> None:
    """The outbox says what the ticket was after the change, who did it, and why."""
    quiet = entry("noted", triggers=False)
    loud = entry("comment_added", actor=ANN, data={"body": "hello"})
    kept = await store.write(lambda unit: unit.apply(Change(new_ticket(), (entry(), quiet, loud))))
    events = await store.read(lambda reader: reader.outbox(after=0, limit=9))
    assert [(each.event, each.seq) for each in events] == [
        ("ticket.opened", 1),
        ("ticket.comment_added", 3),
    ]
    assert len({each.id for each in events}) == 2
    last = events[1]
    assert last.ticket["reference"] == kept.ticket.reference
    assert last.ticket["created_at"] == "2026-11-21T08:30:00.123456Z"
    assert (last.actor, last.data) == ({"type": "user", "name": "ann"}, {"body": "hello"})
    assert await store.read(lambda reader: reader.outbox(after=last.position, limit=9)) == []
    number = kept.ticket.number
    timeline = await store.read(lambda reader: reader.timeline(number, after=1, limit=1))
    assert timeline == [replace(quiet, seq=2)]


async def test_lists_are_newest_first_filtered_and_paged_by_number(either: Store) -> None:
    """Every filter that is set must match, and any of its words will do."""
    for n in range(6):
        priority = Priority.LOW if n % 2 else Priority.HIGH
        change = opening(f"s{n}/c", priority=priority, kind="x" if n < 3 else "y")
        await either.write(lambda unit, change=change: unit.apply(change))

    async def numbers(before: int | None = None, limit: int = 9, **filters: set[str]) -> list[int]:
        which = TicketFilter(**{name: frozenset(words) for name, words in filters.items()})
        found = await either.read(lambda reader: reader.tickets(which, before=before, limit=limit))
        return [ticket.number for ticket in found]

    assert await numbers() == [6, 5, 4, 3, 2, 1]
    assert await numbers(limit=2) == [6, 5]
    assert await numbers(before=5, limit=2) == [4, 3]
    assert await numbers(priority={"low"}) == [6, 4, 2]
    assert await numbers(priority={"low", "high"}, kind={"y"}) == [6, 5, 4]
    assert await numbers(subject={"s0", "s5", "s9"}, source={"health_monitor"}) == [6, 1]
    line = Member("lamp/main", "lamp", opening("x/c").ticket.created_at)
    first = await either.read(lambda reader: reader.ticket(1))
    assert first is not None
    await either.write(lambda unit: unit.apply(Change(first, (), members=(line,))))
    assert await numbers(member={"lamp", "other"}) == [1]
    assert await numbers(member={"other"}) == []
    assert await numbers(status={"resolved"}) == []
    assert await numbers(kind={"'; DROP TABLE tickets; --"}) == []


async def test_counts_the_newest_and_the_open_are_told_by_condition(either: Store) -> None:
    """What the engine asks at its start: the last ticket of each condition, open or not."""
    first = await either.write(lambda unit: unit.apply(opening()))
    await either.write(lambda unit: unit.apply(resolving(first.ticket)))
    second = await either.write(lambda unit: unit.apply(opening()))
    third = await either.write(lambda unit: unit.apply(opening("door-2/ping")))
    await either.write(lambda unit: unit.apply(opening(None)))
    last = await either.read(lambda reader: reader.last_tickets())
    assert last == {"door-1/ping": second.ticket, "door-2/ping": third.ticket}
    assert await either.read(lambda reader: reader.last_ticket("door-1/ping")) == second.ticket
    assert [t.number for t in await either.read(open_tickets)] == [
        4,
        3,
        2,
    ]
    assert await either.read(lambda reader: reader.ticket_counts()) == {
        ("open", "medium", "device_offline", "health_monitor"): 3,
        ("resolved", "medium", "device_offline", "health_monitor"): 1,
    }


async def test_a_span_stored_twice_is_one_span(either: Store) -> None:
    """A span is the one that begins with that observation; storing it again lengthens it."""
    await either.write(lambda unit: unit.put_spans([span()]))
    longer = replace(span(), last=NOW + timedelta(hours=1), count=361)
    later = span(order=(1, 400), first=NOW, last=NOW)
    await either.write(lambda unit: unit.put_spans([longer, later, span("other/c")]))
    since = NOW + timedelta(minutes=1)
    assert await either.read(lambda reader: reader.spans("door-1/ping", since=since)) == [longer]
    kept = await either.read(lambda reader: reader.spans("door-1/ping", since=NOW))
    assert kept == [longer, later]


async def test_the_log_of_inputs_is_read_in_its_order(either: Store) -> None:
    """What was not an observation is remembered too, piece by piece."""
    for kind in ("start", "reload", "action"):
        await either.write(lambda unit, kind=kind: unit.log_input(kind, NOW, "ann", {"n": 1}))
    first, *_ = await either.read(lambda reader: reader.inputs(after=0, limit=1))
    assert (first.kind, first.at, first.actor, first.data) == ("start", NOW, "ann", {"n": 1})
    rest = await either.read(lambda reader: reader.inputs(after=first.position, limit=9))
    assert [each.kind for each in rest] == ["reload", "action"]


async def test_heartbeats_tokens_and_starts_are_kept(either: Store) -> None:
    """The small tables: each value comes back, each start is counted once."""
    beats = [Heartbeat("a/hb", NOW, timedelta(seconds=1.5)), Heartbeat("b/hb", None)]
    await either.write(lambda unit: unit.put_heartbeats(beats))
    await either.write(lambda unit: unit.put_heartbeats([replace(beats[1], last_seen=NOW)]))
    await either.write(lambda unit: unit.put_heartbeats([]))
    assert await either.read(lambda reader: reader.heartbeats()) == {
        "a/hb": beats[0],
        "b/hb": replace(beats[1], last_seen=NOW),
    }
    token = Token("t1", "ab" * 32, "ann", None, NOW, NOW + timedelta(days=90))
    await either.write(lambda unit: unit.add_token(token))
    assert await either.read(lambda reader: reader.token("t1")) == token
    assert await either.read(lambda reader: reader.token("t2")) is None
    assert await either.read(lambda reader: reader.token_count()) == 1
    with pytest.raises(FettledError, match="refused this change"):
        await either.write(lambda unit: unit.add_token(token))
    assert [await either.write(lambda unit: unit.next_incarnation()) for _ in range(3)] == [
        1,
        2,
        3,
    ]
