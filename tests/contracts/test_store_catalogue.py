"""Links, maintenances, changes and narrow history in the store, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fettled.core.changes import Around, ChangeMarker
from fettled.core.links import LinkType, TicketLink
from fettled.core.maintenances import Maintenance, MaintenanceStatus, MaintenanceType
from fettled.core.tickets import Change, Ticket
from fettled.core.words import Priority, Source, SubjectType
from fettled.ports import ChangeFilter, MaintenanceFilter, SubjectSpec, Viewer
from fettled.store import SqlStore
from tickets_for import NOW

HOUR = timedelta(hours=1)
ODD = ["nul\x00", "\ud800", "'; DROP TABLE links; --", "<script>alert(1)</script>", "\u202e"]


async def ticket(store: SqlStore, **fields: object) -> Ticket:
    """Open a person's ticket."""
    new = Ticket("Noise", "user_report", Source.API, Priority.LOW, NOW, NOW)
    change = Change(replace(new, **fields), ())
    return (await store.write(lambda unit: unit.apply(change))).ticket


def link(number: int, name: str = "Till", kind: LinkType = LinkType.ASSET) -> TicketLink:
    """Make a link."""
    return TicketLink(number, kind, name, NOW, "ann")


def work(subject: str = "door-1", **fields: object) -> Maintenance:
    """Make a record of work."""
    made = Maintenance(subject, MaintenanceType.CORRECTIVE, "ann", NOW, NOW)
    return replace(made, **fields)


def marker(title: str, at: datetime = NOW, **fields: object) -> ChangeMarker:
    """Make a marker of a change."""
    return replace(ChangeMarker(title, at, "ann", NOW), **fields)


async def test_links_of_a_page_come_back_in_the_order_they_were_made(store: SqlStore) -> None:
    """One call for many tickets; those without links are not in the answer."""
    numbers = [(await ticket(store)).number for _ in range(3)]
    for name in ("Till", "Shop"):
        await store.write(lambda unit, name=name: unit.put_link(link(numbers[0], name)))
    await store.write(lambda unit: unit.put_link(link(numbers[2], kind=LinkType.CLIENT)))
    found = await store.read(lambda reader: reader.links_of([*numbers, *range(900, 1100)]))
    assert {number: [each.name for each in some] for number, some in found.items()} == {
        numbers[0]: ["Till", "Shop"],
        numbers[2]: ["Till"],
    }
    alone = await store.read(lambda reader: reader.links_of([numbers[0]]))
    assert alone == {numbers[0]: found[numbers[0]]}
    assert await store.read(lambda reader: reader.links_of([])) == {}


@pytest.mark.parametrize("name", ODD)
async def test_any_name_of_people_can_be_stored(store: SqlStore, name: str) -> None:
    """What no database takes is replaced; the rest comes back as it was, markup included."""
    one = await ticket(store)
    await store.write(lambda unit: unit.put_link(link(one.number, name)))
    (found,) = (await store.read(lambda reader: reader.links_of([one.number])))[one.number]
    assert found.name == name.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")


async def test_the_same_link_twice_is_refused_by_the_database(store: SqlStore) -> None:
    """Whatever the use case forgot: type and name are unique on a ticket."""
    one = await ticket(store)
    await store.write(lambda unit: unit.put_link(link(one.number)))
    with pytest.raises(Exception, match=r"(?i)unique"):
        await store.write(lambda unit: unit.put_link(link(one.number)))


async def test_a_deleted_ticket_takes_its_links_and_leaves_the_work_record(
    store: SqlStore,
) -> None:
    """What was done stays known, for no ticket any more."""
    one = await ticket(store)
    await store.write(lambda unit: unit.put_link(link(one.number)))
    made = await store.write(lambda unit: unit.put_maintenance(work(ticket=one.number)))
    assert made.ticket == one.number
    await store.write(lambda unit: unit.delete_ticket(one.number))
    assert await store.read(lambda reader: reader.links_of([one.number])) == {}
    kept = await store.read(lambda reader: reader.maintenance(made.id, None))
    assert kept == replace(made, ticket=None)


async def test_a_link_changes_its_rank_and_goes(store: SqlStore) -> None:
    """Putting one that has an id overwrites whether it is primary, and no more."""
    one = await ticket(store)
    made = await store.write(
        lambda unit: unit.put_link(link(one.number, "Example AS", LinkType.CLIENT))
    )
    await store.write(lambda unit: unit.put_link(replace(made, is_primary=True, name="x")))
    found = await store.read(lambda reader: reader.links_of([one.number]))
    assert found == {one.number: [replace(made, is_primary=True)]}
    await store.write(lambda unit: unit.delete_link(made.id))
    assert await store.read(lambda reader: reader.links_of([one.number])) == {}


async def test_a_work_record_is_read_with_its_subject_and_follows_a_rename(
    store: SqlStore,
) -> None:
    """By number and name; both are unknown of a subject that was never configured."""
    spec = SubjectSpec("door-1", "Door 1", SubjectType.DEVICE)
    await store.write(lambda unit: unit.sync_subjects([spec], NOW))
    given = work(scheduled_at=NOW + HOUR, description="<b>oil</b>")
    made = await store.write(lambda unit: unit.put_maintenance(given))
    assert made.uuid
    assert made.id == 1
    assert (made.subject_name, made.description) == ("Door 1", "<b>oil</b>")
    assert await store.read(lambda r: r.subject_of_id(made.subject_id or 0)) == "door-1"
    await store.write(lambda unit: unit.rename_subject("door-1", "gate-1"))
    renamed = await store.read(lambda reader: reader.maintenance(made.id, None))
    assert renamed is not None
    assert (renamed.subject, renamed.subject_id) == ("gate-1", made.subject_id)
    stray = await store.write(lambda unit: unit.put_maintenance(work("nothing")))
    assert (stray.subject_id, stray.subject_name) == (None, None)
    assert await store.read(lambda reader: reader.subject_of_id(999)) is None


async def test_work_records_are_filtered_and_paged_the_newest_first(store: SqlStore) -> None:
    """Every field that is set must match; ids below the cursor."""
    one = await ticket(store)
    for given in (work(), work("hub", ticket=one.number), work("hub")):
        await store.write(lambda unit, given=given: unit.put_maintenance(given))
    last = await store.read(lambda reader: reader.maintenance(3, None))
    assert last is not None
    over = replace(last, status=MaintenanceStatus.DONE, ended_at=NOW, version=2)
    assert await store.write(lambda unit: unit.put_maintenance(over)) == over

    async def ids(before: int | None = None, **fields: object) -> list[int]:
        which = MaintenanceFilter(**fields)
        found = await store.read(lambda r: r.maintenances(which, before=before, limit=2))
        return [each.id for each in found]

    assert await ids() == [3, 2]
    assert await ids(before=2) == [1]
    assert await ids(subject=frozenset({"hub"}), status=frozenset({"planned"})) == [2]
    assert await ids(ticket=one.number) == [2]
    assert await ids(type=frozenset({"inspection"})) == []


async def test_a_work_record_of_somebody_elses_ticket_is_not_there(store: SqlStore) -> None:
    """Neither alone nor in the list; those without a ticket and one's own are."""
    mine = await ticket(store, team="network")
    other = await ticket(store, team="lifts")
    for number in (mine.number, other.number, None):
        await store.write(lambda unit, n=number: unit.put_maintenance(work(ticket=n)))
    viewer = Viewer("bob", frozenset({"network"}))
    which = MaintenanceFilter(viewer=viewer)
    found = await store.read(lambda r: r.maintenances(which, before=None, limit=9))
    assert [each.ticket for each in found] == [None, mine.number]
    assert await store.read(lambda reader: reader.maintenance(2, viewer)) is None
    assert await store.read(lambda reader: reader.maintenance(1, viewer)) is not None


async def test_changes_are_listed_by_their_time_and_paged(store: SqlStore) -> None:
    """The newest first; two of one instant are told apart by their id."""
    for title, at, app in (("a", NOW, "Till"), ("b", NOW + HOUR, None), ("c", NOW, None)):
        given = marker(title, at, application=app, subject=None if app else "hub")
        await store.write(lambda unit, given=given: unit.add_change(given))

    async def titles(before: tuple[datetime, int] | None = None, **fields: object) -> str:
        which = ChangeFilter(**fields)
        found = await store.read(lambda r: r.change_markers(which, before=before, limit=9))
        return "".join(each.title for each in found)

    assert await titles() == "bca"
    assert await titles(before=(NOW, 3)) == "a"
    assert await titles(subject=frozenset({"hub"}), until=NOW) == "c"
    assert await titles(since=NOW + HOUR) == "b"
    assert await titles(application=frozenset({"Till"})) == "a"
    await store.write(lambda unit: unit.rename_subject("hub", "core"))
    assert await titles(subject=frozenset({"core"})) == "bc"
    assert await store.write(lambda unit: unit.forget_changes(NOW + HOUR, limit=1)) == 1
    assert await store.write(lambda unit: unit.forget_changes(NOW + HOUR, limit=9)) == 1
    assert await titles() == "b"


async def test_changes_around_a_ticket_are_found_by_key_and_label_only(store: SqlStore) -> None:
    """Those of its subjects, its applications and its labels, within its time."""
    some = [
        marker("early", NOW - HOUR * 25, subject="door-1"),
        marker("edge", NOW - HOUR * 24, subject="door-1"),
        marker("parent", NOW - HOUR, subject="hub"),
        marker("app", NOW - HOUR * 2, application="Till"),
        marker("site", NOW - HOUR * 3, selector={"site": "oslo"}),
        marker("both", NOW - HOUR * 4, selector={"site": "oslo", "floor": "4"}),
        marker("door-1 replaced", NOW - HOUR, subject="door-2"),
        marker("late", NOW + HOUR, subject="door-1"),
    ]
    for given in some:
        await store.write(lambda unit, given=given: unit.add_change(given))
    labels = {"site": "oslo", "floor": "3"}
    wanted = Around(NOW - HOUR * 24, NOW, ("door-1", "hub"), ("Till",), labels)

    async def titles(limit: int, around: Around = wanted) -> list[str]:
        found = await store.read(lambda reader: reader.changes_around(around, limit=limit))
        return [each.title for each in found]

    assert await titles(20) == ["parent", "app", "site", "edge"]
    assert await titles(2) == ["parent", "app"]
    assert await titles(20, replace(wanted, subjects=(), applications=(), labels={})) == []
