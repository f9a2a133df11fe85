"""Subjects, renames and retention, on every database."""

from datetime import timedelta

from fettled.core.tickets import Change
from fettled.core.words import SubjectType
from fettled.ports import Heartbeat, KnownCheck, Store, Subject, SubjectSpec, UnitOfWork
from fettled.store import SqlStore, check
from still_open import open_tickets
from stores import rows
from tickets_for import NOW, condition, entry, opening, resolving, span

DOOR = SubjectSpec("door-1", "Door 1", SubjectType.DEVICE, labels={"site": "oslo"})
HUB = SubjectSpec("hub", "Hub", SubjectType.INTEGRATION, team="network")


async def sync(store: Store, *specs: SubjectSpec) -> dict[str, Subject]:
    """Sync the subjects, and read them back by key."""
    await store.write(lambda unit: unit.sync_subjects(specs, NOW))
    return {subject.key: subject for subject in await store.read(lambda r: r.subjects())}


async def test_a_subject_keeps_its_number_for_ever(either: Store) -> None:
    """Removed, come back, or changed: the number is the key's."""
    first = await sync(either, DOOR, HUB)
    removed = await sync(either, HUB)
    assert removed["door-1"].removed_at == NOW
    assert removed["hub"] == first["hub"]
    back = await sync(either, SubjectSpec("door-1", "Front", SubjectType.SPACE, parent="hub"), HUB)
    assert back["door-1"].id == first["door-1"].id
    assert (back["door-1"].name, back["door-1"].removed_at) == ("Front", None)
    assert await sync(either, SubjectSpec("new", "New", SubjectType.OTHER)) != back


async def test_a_renamed_subject_keeps_its_number_and_its_tickets(either: Store) -> None:
    """Also onto the key of one that was removed."""
    gate = SubjectSpec("gate-1", "Gate 1", SubjectType.DEVICE)
    first = await sync(either, DOOR, gate)
    await sync(either, DOOR)
    await either.write(lambda unit: unit.apply(opening()))
    await either.write(lambda unit: unit.rename_subject("door-1", "gate-1"))
    after = await sync(either, gate)
    assert {key: subject.id for key, subject in after.items()} == {"gate-1": first["door-1"].id}
    ticket = await either.read(lambda reader: reader.ticket(1))
    assert ticket is not None
    assert ticket.subject == "gate-1"
    again = await sync(either, gate, DOOR)  # the old name is free for another
    assert again["door-1"].id != again["gate-1"].id


async def test_an_event_names_its_subject_as_it_was(store: SqlStore) -> None:
    """The outbox must not depend on what the configuration becomes later."""
    subjects = await sync(store, DOOR)
    await store.write(lambda unit: unit.apply(opening()))
    await store.write(lambda unit: unit.apply(opening("nobody/x")))
    known, unknown = await store.read(lambda reader: reader.outbox(after=0, limit=9))
    assert known.ticket["subject"] == {
        "id": subjects["door-1"].id,
        "key": "door-1",
        "name": "Door 1",
        "type": "device",
    }
    assert unknown.ticket["subject"]["key"] == "nobody"


async def test_a_renamed_check_carries_everything_over(either: Store) -> None:
    """Condition, open ticket, spans and heartbeat follow; the new name holds the open key."""

    def begin(unit: UnitOfWork) -> None:
        unit.put_condition(condition("a/old"))
        unit.apply(opening("a/old"))
        unit.put_spans([span("a/old")])
        unit.put_heartbeats([Heartbeat("a/old", NOW)])
        unit.put_checks([KnownCheck("a/old", "heartbeat", keep_on_removal=True)])

    await either.write(begin)
    await either.write(lambda unit: unit.rename_check("a/old", "b/new"))
    ticket = await either.read(lambda reader: reader.last_ticket("b/new"))
    assert ticket is not None
    assert (ticket.check, ticket.open_key, ticket.subject) == ("b/new", "b/new", "b")
    assert await either.read(lambda reader: reader.last_ticket("a/old")) is None
    assert await either.read(lambda r: [c.check for c in r.conditions()]) == ["b/new"]
    assert await either.read(lambda r: list(r.heartbeats())) == ["b/new"]
    known = await either.read(lambda reader: reader.checks())
    assert known == {"b/new": KnownCheck("b/new", "heartbeat", keep_on_removal=True)}
    assert len(await either.read(lambda reader: reader.spans("b/new", since=NOW))) == 1


async def test_what_was_left_at_the_new_key_gives_way(store: SqlStore, url: str) -> None:
    """
    Rows of every kind at both keys, and an open ticket at each: one is then the people's own.

    Seen to fail without the clearing: UNIQUE, and the daemon would not start any more.
    """

    def begin(unit: UnitOfWork) -> None:
        for n, key in enumerate(("a/old", "a/new")):
            unit.put_condition(condition(key, message=key))
            unit.apply(opening(key))
            unit.put_spans([span(key, message=key), span(key, order=(7, n), message=key)])
            unit.put_heartbeats([Heartbeat(key, NOW + n * timedelta(days=1))])
            unit.put_checks([KnownCheck(key, key)])

    await store.write(begin)
    await store.write(lambda unit: unit.rename_check("a/old", "a/new"))
    assert await store.read(lambda r: {c.check: c.message for c in r.conditions()}) == {
        "a/new": "a/old"
    }
    assert await store.read(lambda r: r.checks()) == {"a/new": KnownCheck("a/new", "a/old")}
    assert await store.read(lambda r: r.heartbeats()) == {"a/new": Heartbeat("a/new", NOW)}
    spans = await store.read(lambda reader: reader.spans("a/new", since=NOW))
    assert {each.message for each in spans} == {"a/old"}
    tickets = await store.read(open_tickets)
    assert {each.number: each.check for each in tickets} == {1: "a/new", 2: None}
    assert check(url) == []


async def test_a_deleted_check_leaves_its_tickets_and_history_alone(either: Store) -> None:
    """Condition, heartbeat and what was known of it are gone."""

    def begin(unit: UnitOfWork) -> None:
        unit.put_condition(condition("a/b"))
        unit.apply(opening("a/b"))
        unit.put_spans([span("a/b")])
        unit.put_heartbeats([Heartbeat("a/b", NOW)])
        unit.put_checks([KnownCheck("a/b", "tcp")])

    await either.write(begin)
    await either.write(lambda unit: unit.delete_check("a/b", NOW))
    assert await either.read(lambda r: [r.conditions(), r.heartbeats()]) == [[], {}]
    assert await either.read(lambda reader: reader.checks()) == {}
    assert await either.read(lambda reader: reader.last_ticket("a/b")) is not None
    assert len(await either.read(lambda reader: reader.spans("a/b", since=NOW))) == 1


async def test_retention_forgets_only_what_ended_before_and_in_pieces(
    store: SqlStore, url: str
) -> None:
    """The writer is held up by at most *limit* rows; numbers are not given again."""
    for n in range(5):
        at = NOW + timedelta(days=n)
        change = Change(opening(f"a/{n}").ticket, (entry(at=at),))
        await store.write(lambda unit, change=change: unit.apply(change))
        old = span(order=(1, n), first=at, last=at)
        await store.write(lambda unit, old=old: unit.put_spans([old]))
    before = NOW + timedelta(days=3)

    async def forget(limit: int) -> int:
        return await store.write(
            lambda unit: unit.forget(spans_before=before, outbox_before=before, limit=limit)
        )

    assert [await forget(2), await forget(2), await forget(2)] == [4, 2, 0]
    kept = await store.read(lambda reader: reader.outbox(after=0, limit=9))
    assert [each.number for each in kept] == [4, 5]
    assert len(await store.read(lambda reader: reader.spans("door-1/ping", since=NOW))) == 2
    assert check(url) == []


async def test_a_number_is_never_given_twice(store: SqlStore, url: str) -> None:
    """
    Not after the newest ticket was deleted, nor after a unit that took one failed.

    Seen to fail on SQLite without AUTOINCREMENT.
    """
    first = await store.write(lambda unit: unit.apply(opening()))
    await store.write(lambda unit: unit.apply(resolving(first.ticket)))
    rows(url, f"DELETE FROM tickets WHERE number = {first.ticket.number}")
    second = await store.write(lambda unit: unit.apply(opening()))
    assert second.ticket.number > first.ticket.number


async def test_a_figure_is_kept_by_its_name(either: Store) -> None:
    """As large as a signed 64-bit integer; put again it is the newer one."""
    assert await either.read(lambda r: r.figure("answers")) is None
    for value in (0, 2**63 - 1, 7):
        await either.write(lambda unit, value=value: unit.put_figure("answers", value))
        assert await either.read(lambda r: r.figure("answers")) == value
    assert await either.read(lambda r: r.figure("others")) is None
