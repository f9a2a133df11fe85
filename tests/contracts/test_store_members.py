"""Checklists, gatings and counted openings, on every database."""

from dataclasses import replace
from datetime import timedelta

from fettled.core.keys import BLIND, rollup_of
from fettled.core.tickets import Change, Member
from fettled.core.words import Gate, MemberState
from fettled.ports import Gating, KnownCheck, Reader, Store, UnitOfWork
from fettled.store import SqlStore, check
from stores import rows
from tickets_for import ANN, NOW, entry, new_ticket, opening, reopening, resolving

MINUTE = timedelta(minutes=1)


def line(key: str, **fields: object) -> Member:
    """Make a line of a checklist."""
    return replace(Member(key, key.partition("/")[0], NOW), **fields)  # type: ignore[arg-type]  # as given


def rolled_up(*keys: str, key: str = rollup_of("hub"), **fields: object) -> Change:
    """Make the change that opens a ticket for many."""
    ticket = new_ticket(key, subject="hub", member_count=len(keys), **fields)
    return Change(ticket, (entry(),), tuple(map(line, keys)))


async def members(store: Store, number: int) -> list[Member]:
    """Read a checklist."""
    return await store.read(lambda reader: reader.members(number))


async def test_a_checklist_comes_back_as_it_was_stored(store: SqlStore, url: str) -> None:
    """In the order in which they joined; every field survives, and a later line replaces one."""
    late = line("a/late", joined_at=NOW + MINUTE)
    first = Change(rolled_up("b/x", "c/x").ticket, (entry(),), (late, line("c/x"), line("b/x")))
    first = replace(first, ticket=replace(first.ticket, member_count=3))
    kept = await store.write(lambda unit: unit.apply(first))
    assert await members(store, kept.ticket.number) == [line("b/x"), line("c/x"), late]

    up = line("b/x", state=MemberState.RECOVERED, recovered_at=NOW + MINUTE, ticket=7)
    out = line("c/x", state=MemberState.EXCUSED)
    after = replace(kept.ticket, done_count=2)
    change = Change(after, (entry("member_recovered", triggers=False),), (up, out))
    told = await store.write(lambda unit: unit.apply(change))
    assert told.members == (up, out)
    assert await members(store, kept.ticket.number) == [up, out, late]
    assert check(url) == []


async def test_the_checklists_of_a_page_come_at_once(store: SqlStore) -> None:
    """Each in its own order and cut by itself; tickets without one are not among them."""
    one = await store.write(lambda unit: unit.apply(rolled_up("a/x", "b/x", "c/x")))
    other = await store.write(lambda unit: unit.apply(rolled_up("a/x", key=rollup_of("site=o"))))
    numbers = [other.ticket.number, 99, one.ticket.number]
    found = await store.read(lambda reader: reader.checklists(numbers, most=2))
    assert found == {
        one.ticket.number: [line("a/x"), line("b/x")],
        other.ticket.number: [line("a/x")],
    }


async def test_a_membership_is_of_the_newest_open_ticket_that_stands_for_it(
    either: Store,
) -> None:
    """Not of one that is over, and not of the list of blind checks: blindness is no outage."""
    over = await either.write(lambda unit: unit.apply(rolled_up("a/x", key=rollup_of("old"))))
    await either.write(lambda unit: unit.apply(resolving(over.ticket)))
    await either.write(lambda unit: unit.apply(rolled_up("a/x", "b/x")))
    newest = await either.write(lambda unit: unit.apply(rolled_up("a/x", key=rollup_of("site=o"))))
    await either.write(lambda unit: unit.apply(rolled_up("a/x", "c/x", key=BLIND)))

    def ask(reader: Reader) -> dict[str, int | None]:
        found = {key: reader.membership(key) for key in ("a/x", "b/x", "c/x", "d/x")}
        return {key: each and each.ticket.number for key, each in found.items()}

    expected = {"a/x": newest.ticket.number, "b/x": 2, "c/x": None, "d/x": None}
    assert await either.read(ask) == expected
    assert await either.write(ask) == expected  # as a unit reads, which locks
    every = await either.read(lambda reader: reader.memberships())
    assert {key: each.ticket.number for key, each in every.items()} == {
        key: number for key, number in expected.items() if number is not None
    }
    assert every["b/x"].member == line("b/x")
    assert every["b/x"] == await either.read(lambda reader: reader.membership("b/x"))


async def test_where_a_check_was_a_member_is_told_from_a_time_on(either: Store) -> None:
    """A ticket that was over before is left out; one that ended at that very time is not."""
    for n in range(3):
        opened = rolled_up("a/x", key=rollup_of(str(n)))
        kept = await either.write(lambda unit, opened=opened: unit.apply(opened))
        if n < 2:
            done = resolving(kept.ticket, NOW + n * MINUTE)
            await either.write(lambda unit, done=done: unit.apply(done))
    since = NOW + MINUTE
    found = await either.read(lambda reader: reader.memberships_of("a/x", since=since))
    assert [each.ticket.number for each in found] == [2, 3]
    assert {each.member.check for each in found} == {"a/x"}


async def test_a_gating_ends_where_the_next_begins(store: SqlStore, url: str) -> None:
    """At most one is open; those that ended before are left out."""

    def hold(unit: UnitOfWork) -> None:
        unit.put_gating("a/x", Gate.PARENT, NOW)
        unit.put_gating("a/x", Gate.SILENCE, NOW + MINUTE)
        unit.put_gating("b/x", Gate.PRIMARY, NOW)
        unit.put_gating("a/x", None, NOW + 3 * MINUTE)
        unit.put_gating("a/x", None, NOW + 4 * MINUTE)  # what has ended does not end again
        unit.put_gating("a/x", Gate.VERIFY, NOW + 5 * MINUTE)

    await store.write(hold)
    every = [
        Gating("a/x", Gate.PARENT, NOW, NOW + MINUTE),
        Gating("a/x", Gate.SILENCE, NOW + MINUTE, NOW + 3 * MINUTE),
        Gating("a/x", Gate.VERIFY, NOW + 5 * MINUTE),
    ]
    assert await store.read(lambda reader: reader.gatings("a/x", since=NOW)) == every
    later = NOW + MINUTE + timedelta(microseconds=1)
    assert await store.read(lambda reader: reader.gatings("a/x", since=later)) == every[1:]
    assert check(url) == []


async def test_openings_are_the_monitors_and_counted_up_to_the_limit(either: Store) -> None:
    """
    What people open and reopen is no storm.

    Seen to fail with every actor's counted.
    """
    for n in range(4):
        await either.write(lambda unit, n=n: unit.apply(opening(f"s{n}/x")))
    by_ann = Change(new_ticket(None), (entry(actor=ANN),))
    await either.write(lambda unit: unit.apply(by_ann))
    for number, actor in ((1, None), (2, ANN)):
        ticket = await either.read(lambda reader, number=number: reader.ticket(number))
        assert ticket is not None
        done = await either.write(lambda unit, ticket=ticket: unit.apply(resolving(ticket)))
        again = reopening(done.ticket)
        if actor is not None:
            again = Change(again.ticket, (entry("reopened", actor=actor),))
        await either.write(lambda unit, again=again: unit.apply(again))

    async def count(limit: int, since: timedelta = timedelta()) -> int:
        return await either.read(lambda reader: reader.openings(since=NOW + since, limit=limit))

    assert await count(99) == 5
    assert await count(5) == 5
    assert await count(3) == 3
    assert await count(99, timedelta(microseconds=1)) == 0


async def test_a_renamed_check_takes_its_memberships_and_gatings_along(
    store: SqlStore, url: str
) -> None:
    """Under its new subject; what a removed check left there gives way, and counts are right."""

    def begin(unit: UnitOfWork) -> None:
        unit.put_checks([KnownCheck("a/x", "tcp")])
        unit.apply(rolled_up("a/x", "b/y", "c/x"))
        recovered = line("b/y", state=MemberState.RECOVERED)
        other = rolled_up("b/y", "c/x", key=rollup_of("other"), done_count=1)
        unit.apply(replace(other, members=(recovered, line("c/x"))))
        unit.put_gating("a/x", Gate.PARENT, NOW)
        unit.put_gating("b/y", Gate.SILENCE, NOW)

    await store.write(begin)
    await store.write(lambda unit: unit.rename_check("a/x", "b/y"))
    assert await members(store, 1) == [line("b/y"), line("c/x")]
    assert await members(store, 2) == [line("c/x")]
    query = "SELECT number, member_count, done_count FROM tickets ORDER BY number"
    assert rows(url, query) == [(1, 2, 0), (2, 1, 0)]
    held = await store.read(lambda reader: reader.gatings("b/y", since=NOW))
    assert held == [Gating("b/y", Gate.PARENT, NOW)]
    assert await store.read(lambda reader: reader.gatings("a/x", since=NOW)) == []
    assert check(url) == []


async def test_a_renamed_subject_takes_the_roll_up_of_what_hangs_below_it_along(
    store: SqlStore, url: str
) -> None:
    """An open one, and the one that was resolved; what was left under its new key is people's."""
    first = await store.write(lambda unit: unit.apply(rolled_up("a/x")))
    await store.write(lambda unit: unit.apply(resolving(first.ticket)))
    await store.write(lambda unit: unit.apply(rolled_up("a/x")))
    await store.write(lambda unit: unit.apply(rolled_up("b/x", key=rollup_of("core"))))
    await store.write(lambda unit: unit.rename_subject("hub", "core"))
    assert rows(url, "SELECT check_key, open_key FROM tickets ORDER BY number") == [
        ("rollup:core", None),
        ("rollup:core", "rollup:core"),
        (None, None),
    ]
    assert check(url) == []


async def test_a_deleted_check_is_held_by_nothing_any_more(either: Store) -> None:
    """Its gatings and memberships stay as history, the open one ended."""

    def begin(unit: UnitOfWork) -> None:
        unit.apply(rolled_up("a/x"))
        unit.put_gating("a/x", Gate.PARENT, NOW)

    await either.write(begin)
    await either.write(lambda unit: unit.delete_check("a/x", NOW + MINUTE))
    held = await either.read(lambda reader: reader.gatings("a/x", since=NOW))
    assert held == [Gating("a/x", Gate.PARENT, NOW, NOW + MINUTE)]
    assert await members(either, 1) == [line("a/x")]


async def test_retention_forgets_gatings_as_it_does_spans(store: SqlStore) -> None:
    """In pieces; what holds now is never too old."""

    def begin(unit: UnitOfWork) -> None:
        unit.put_gating("now/x", Gate.PARENT, NOW - timedelta(days=400))
        for n in range(4):
            unit.put_gating(f"a/{n}", Gate.PARENT, NOW)
            unit.put_gating(f"a/{n}", None, NOW + n * MINUTE)

    await store.write(begin)
    before = NOW + 3 * MINUTE

    async def forget(limit: int) -> int:
        return await store.write(
            lambda unit: unit.forget(spans_before=before, outbox_before=NOW, limit=limit)
        )

    assert [await forget(2), await forget(2)] == [2, 1]
    long_ago = NOW - timedelta(days=999)

    def left(reader: Reader) -> list[str]:
        keys = ("now/x", *(f"a/{n}" for n in range(4)))
        return [each.check for key in keys for each in reader.gatings(key, since=long_ago)]

    assert await store.read(left) == ["now/x", "a/3"]


async def test_when_a_line_joined_first_is_kept(either: Store) -> None:
    """Its ticket may be opened again with the same lines: that it was on it before is history."""
    kept = await either.write(lambda unit: unit.apply(rolled_up("a/x", "b/x")))
    again = Change(kept.ticket, (entry("reopened"),), (line("a/x", joined_at=NOW + MINUTE),))
    await either.write(lambda unit: unit.apply(again))
    assert [each.joined_at for each in await members(either, kept.ticket.number)] == [NOW, NOW]


async def test_tickets_of_a_subject_are_told_from_a_time_on(either: Store) -> None:
    """Those that were not over before, whatever check they are about; the oldest first."""
    over = await either.write(lambda unit: unit.apply(opening("door-1/ping")))
    await either.write(lambda unit: unit.apply(resolving(over.ticket, NOW + MINUTE)))
    await either.write(lambda unit: unit.apply(opening("door-1/web")))
    await either.write(lambda unit: unit.apply(opening("door-2/ping")))

    async def numbers(since: timedelta) -> list[int]:
        found = await either.read(
            lambda reader: reader.tickets_of_subject("door-1", since=NOW + since)
        )
        return [ticket.number for ticket in found]

    assert await numbers(MINUTE) == [1, 2]
    assert await numbers(2 * MINUTE) == [2]


async def test_inputs_of_some_kinds_are_told_from_a_time_on(either: Store) -> None:
    """In the order in which they came."""

    def log(unit: UnitOfWork) -> None:
        unit.log_input("start", NOW, "system", {"removed": ["a/x"]})
        unit.log_input("ticket.resolve", NOW, "ann", {})
        unit.log_input("reload", NOW + MINUTE, "system", {})

    await either.write(log)

    async def kinds(since: timedelta) -> list[str]:
        found = await either.read(
            lambda reader: reader.inputs_of({"start", "reload"}, since=NOW + since)
        )
        return [each.kind for each in found]

    assert await kinds(timedelta()) == ["start", "reload"]
    assert await kinds(MINUTE) == ["reload"]


async def test_what_stands_for_a_subject_is_what_a_membership_can_be_of(either: Store) -> None:
    """
    Not what people filed, nor what an unwatched check left, nor what is over.

    A line there would be on no ticket that stands, and so be joined again and again.

    Seen to fail with every open ticket about the subject given.
    """

    def begin(unit: UnitOfWork) -> None:
        unit.put_checks([KnownCheck("door-1/ping", "icmp"), KnownCheck("door-1/web", "http")])
        over = unit.apply(opening("door-1/ping"))
        unit.apply(resolving(over.ticket))
        for key in ("door-1/ping", "door-1/web", "door-1/gone", "door-2/ping"):
            unit.apply(opening(key))
        unit.apply(Change(new_ticket(None, subject="door-1"), (entry(actor=ANN),)))
        theirs = new_ticket(None, subject="door-1", deduplication_key="mine", open_key="key:mine")
        unit.apply(Change(theirs, (entry(actor=ANN),)))
        for number in range(1, 8):
            ticket = unit.ticket(number)
            assert ticket is not None
            more = replace(ticket, member_count=1)
            unit.apply(Change(more, (entry("member_joined"),), (line(f"alarm/x/{number}"),)))

    await either.write(begin)

    def ask(reader: Reader) -> tuple[list[int], list[int]]:
        standing = [each.number for each in reader.standing_for("door-1")]
        asked = [reader.membership(f"alarm/x/{number}") for number in range(7, 0, -1)]
        joined = [each.ticket for each in asked if each is not None]
        return standing, [each.number for each in joined if each.subject == "door-1"]

    assert await either.read(ask) == ([3, 2], [3, 2])
    assert await either.write(ask) == ([3, 2], [3, 2])
