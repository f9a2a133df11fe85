"""`fettled tickets adopt`: the standing backlog as one list ticket."""

from dataclasses import replace

import pytest

from desk import POLICY, Desk, check, fleet
from fettled.core.actions import Resolve
from fettled.core.errors import NotFoundError
from fettled.core.keys import ADOPTED, rollup_of, stands_for_many
from fettled.core.policy import Policy
from fettled.core.tickets import Actor
from fettled.core.words import Code, Kind, MemberState, Phase, Priority
from fettled.ports import Fleet
from still_open import open_tickets
from tickets_for import resolving

ANN = Actor("user", "ann")
OUTAGE = ("up", "down", "down", "down")
QUIET = replace(POLICY, publish=False)


def published(*subjects: str, policy: Policy = POLICY) -> Fleet:
    """A fleet of these subjects under *policy*."""
    return fleet(*(check(subject, policy=policy) for subject in subjects))


async def observed(desk: Desk, *subjects: str, extra: tuple[str, ...] = ()) -> None:
    """Let *subjects* be down under observe_only, and switch publishing on."""
    await desk.adopt(published(*subjects, *extra, policy=QUIET))
    for subject in subjects:
        await desk.see(f"{subject}/main", *OUTAGE)
    await desk.adopt(published(*subjects, *extra), "reload")


async def members(desk: Desk, number: int) -> list[tuple[str, MemberState]]:
    """The checklist."""
    found = await desk.store.read(lambda r: r.members(number))
    return sorted((member.check, member.state) for member in found)


async def test_what_is_held_becomes_one_list_ticket(desk: Desk) -> None:
    """
    Of those that are down; not of what is well, nor of what has a ticket of its own.

    Seen to fail with candidates that are not asked for their gate.
    """
    await observed(desk, "a", "b", "c", extra=("well", "later"))
    await desk.see("later/main", *OUTAGE)
    await desk.see("c/main", "up")
    adopted = await desk.tickets.adopt([], ANN)

    ticket = adopted.ticket
    assert (ticket.number, ticket.check, ticket.open_key) == (2, ADOPTED, ADOPTED)
    assert stands_for_many(ticket.open_key)
    assert (ticket.kind, ticket.priority) == (Kind.MULTIPLE_DEVICES_OFFLINE, Priority.MEDIUM)
    assert ticket.title == "Multiple devices offline: 2 checks, adopted"
    assert (ticket.member_count, ticket.done_count, ticket.touched) == (2, 0, False)
    assert ticket.occurred_at == desk.watch("a/main").condition.first
    assert await members(desk, 2) == [("a/main", MemberState.DOWN), ("b/main", MemberState.DOWN)]
    assert await desk.events(2) == ["opened"]
    assert desk.sink.changes[-1].ticket.number == 2


async def test_one_alone_keeps_its_own_kind(desk: Desk) -> None:
    """A list of one says what is the matter, and turns into many when others join."""
    await observed(desk, "a", "b")
    first = (await desk.tickets.adopt(["a"], ANN)).ticket
    assert (first.kind, first.title) == (Kind.DEVICE_OFFLINE, "Device offline: a")
    assert first.subject == "a"
    after = (await desk.tickets.adopt([], ANN)).ticket

    assert after.number == first.number
    assert after.title == "Multiple devices offline: 2 checks, adopted"
    assert (after.member_count, after.subject) == (2, None)
    assert await desk.events(1) == ["opened", "member_joined", "kind_changed"]
    assert [check for check, _ in await members(desk, 1)] == ["a/main", "b/main"]


async def test_asked_again_with_nothing_new_it_changes_nothing(desk: Desk) -> None:
    """
    The open one is answered, at the same version.

    Seen to fail with conditions that keep their gate where membership is not asked for.
    """
    await observed(desk, "a", "b")
    once = await desk.tickets.adopt([], ANN)
    again = await desk.tickets.adopt([], ANN)

    assert again.ticket == once.ticket
    assert (again.change, again.conditions) == (None, {})
    inputs = await desk.store.read(lambda r: r.inputs(after=0, limit=100))
    assert [each.data for each in inputs if each.kind == "tickets.adopt"] == [
        {"ticket": 1, "checks": ["a/main", "b/main"]}
    ]


async def test_nothing_is_adopted_where_nothing_is_held(desk: Desk) -> None:
    """Still observed only, or well: no ticket; a subject that is not there is named."""
    await desk.adopt(published("a", policy=QUIET))
    await desk.see("a/main", *OUTAGE)
    adopted = await desk.tickets.adopt([], ANN)
    assert (adopted.ticket, adopted.change) == (None, None)
    with pytest.raises(NotFoundError, match="nobody"):
        await desk.tickets.adopt(["nobody"], ANN)

    assert await desk.store.read(open_tickets) == []


async def test_the_gate_has_ended_since_the_ticket_stands_for_it(desk: Desk) -> None:
    """
    The condition is held by nothing any more, in store and memory.

    Seen to fail without the condition written, and with a memory that is not told.
    """
    await observed(desk, "a", "b")
    await desk.tickets.adopt(["a"], ANN)

    stored = await desk.store.read(lambda r: r.condition("a/main"))
    assert (stored.phase, stored.gate) == (Phase.FIRING, None)
    assert desk.watch("a/main").condition.gate is None
    assert desk.memory.membership(desk.watch("a/main")).ticket.number == 1
    assert desk.watch("b/main").condition.gate == "observe_only"
    assert (await desk.store.read(lambda r: r.membership("a/main"))).ticket.number == 1


async def test_a_later_backlog_gets_another_ticket_linked_to_the_first(desk: Desk) -> None:
    """Resolved is resolved: the next one is new."""
    await observed(desk, "a", "b")
    await desk.tickets.adopt(["a"], ANN)
    ticket = await desk.store.read(lambda r: r.ticket(1))
    await desk.store.write(lambda uow: uow.apply(resolving(ticket, desk.clock.wall())))
    adopted = await desk.tickets.adopt(["b"], ANN)

    assert (adopted.ticket.number, adopted.ticket.previous) == (2, 1)


async def test_the_highest_priority_of_the_members_counts(desk: Desk) -> None:
    """It is raised when a worse one joins."""
    urgent = replace(POLICY, priority={Kind.DEVICE_OFFLINE: Priority.HIGH, "*": Priority.LOW})
    await desk.adopt(published("a", "b", policy=QUIET))
    for key in ("a/main", "b/main"):
        await desk.see(key, *OUTAGE)
    await desk.adopt(fleet(check("a"), check("b", policy=urgent)), "reload")
    assert (await desk.tickets.adopt(["a"], ANN)).ticket.priority is Priority.MEDIUM
    after = (await desk.tickets.adopt([], ANN)).ticket

    assert after.priority is Priority.HIGH
    assert (await desk.events(1))[1:] == ["member_joined", "kind_changed", "priority_changed"]


def test_no_group_can_have_its_key() -> None:
    """A parent that is called `adopted`, or a label of that name, is another group."""
    assert ADOPTED not in {rollup_of("adopted"), rollup_of("adopted=adopted")}


async def test_the_list_stands_for_its_members_and_counts_them_down(desk: Desk) -> None:
    """No member gets a ticket of its own; the list resolves when they are well."""
    await observed(desk, "a", "b")
    await desk.tickets.adopt([], ANN)
    await desk.see("a/main", "down", "down", "up", "up", "up")
    ticket = await desk.store.read(lambda r: r.ticket(1))
    assert (ticket.done_count, ticket.is_open) == (1, True)
    await desk.see("b/main", "down", "up", "up", "up")

    assert await desk.events(1) == [
        "opened",
        "member_recovered",
        "member_recovered",
        "resolved:auto_recovered",
    ]
    assert await desk.store.read(lambda r: r.ticket(2)) is None


CODES = {
    Code.WONT_FIX: ("accepted", ["opened", "resolved:wont_fix"]),
    Code.FIXED: ("verify", ["opened", "resolved:fixed", "reopened:still_unhealthy"]),
}


@pytest.mark.parametrize(("code", "gate", "events"), [(c, *v) for c, v in CODES.items()])
async def test_a_person_who_resolves_the_list_gets_no_flood(
    desk: Desk, code: Code, gate: str, events: list[str]
) -> None:
    """
    The rules that hold for any ticket hold for it: accepted is quiet, else it comes back whole.

    Seen to fail with members that are judged by themselves: each opened a ticket at once.
    """
    await observed(desk, "a", "b", "c")
    await desk.tickets.adopt([], ANN)
    await desk.tickets.act("1", Resolve(code), ANN)
    await desk.see("a/main", "down")
    assert desk.watch("a/main").condition.gate == gate
    for _ in range(22):
        await desk.see("a/main", "down")
    await desk.see("b/main", "down", "down")

    assert await desk.events(1) == events
    assert await desk.store.read(lambda r: r.ticket(2)) is None


async def test_a_member_that_was_well_since_is_judged_by_itself(desk: Desk) -> None:
    """The list is over for it: its next outage gets its own ticket."""
    await observed(desk, "a", "b")
    await desk.tickets.adopt([], ANN)
    await desk.tickets.act("1", Resolve(Code.WONT_FIX), ANN)
    await desk.see("a/main", "up", "up", "up", "down", "down", "down")

    assert (await desk.store.read(lambda r: r.ticket(2))).check == "a/main"


async def test_the_list_survives_a_restart(desk: Desk) -> None:
    """Memberships are read at the start; asked again, nothing is new."""
    await observed(desk, "a", "b")
    await desk.tickets.adopt([], ANN)
    later = desk.restarted()
    await later.adopt(published("a", "b"))
    await later.see("a/main", "down", "down")
    again = await later.tickets.adopt([], ANN)

    assert (again.change, again.ticket.number) == (None, 1)
    assert await later.store.read(lambda r: r.ticket(2)) is None
