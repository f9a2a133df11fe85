"""What the steps of workflows do, to what, and in whose name; the hostile first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from automating import ANN, GREET, OPENED, Works
from fakes import FakeClock
from fettled.app.callers import Caller
from fettled.core.actions import Assign, Comment, Escalate, Resolve, Start
from fettled.core.filing import NewTicket
from fettled.core.tickets import Actor, Change
from fettled.core.words import Priority, Source, Status
from fettled.core.workflows import Deliver, OpenTicket, ResolveTicket, Snooze, When, Workflow
from fettled.store import SqlStore
from stores import *  # noqa: F403 -- its __all__ names the fixtures


@pytest.fixture
async def works(store: SqlStore) -> Works:
    """Workflows with one that greets, on an empty store of each database."""
    made = Works(store, FakeClock())
    await made.workflows.configure([GREET])
    return made


async def test_what_a_ticket_says_is_never_read_as_a_field(works: Works) -> None:
    """A title of braces and format strings is put in as it stands, on one line where it must."""
    title = "{ticket.team} {0.__class__} {{x}} %s {event"
    step = OpenTicket(NewTicket("re: {ticket.title}", description="{ticket.title}\n{label.site}"))
    await works.workflows.configure([Workflow("echo", OPENED, (Comment("{ticket.title}"), step))])
    number = await works.file(title, labels={"site": "{event}\nx"})
    await works.workflows.turn()
    comment = (await works.timeline(number))[1]
    assert comment.data["body"] == title
    opened = await works.ticket((await works.actions(number))[1].data["ticket"])
    assert opened.title == f"re: {title}"
    assert opened.description == f"{title}\n{{event}}\nx"


async def test_conditions_are_judged_by_the_ticket_as_the_event_left_it(works: Works) -> None:
    """Whatever became of it since; what does not fit leaves no action."""
    high = When(
        {"ticket.priority": ("high", "critical"), "ticket.status": ("open",)}, {"site": "o*"}
    )
    await works.workflows.configure([replace(GREET, when=high)])
    yes = await works.file(priority=Priority.HIGH, labels={"site": "oslo"})
    no = await works.file(priority=Priority.LOW, labels={"site": "oslo"})
    none = await works.file(priority=Priority.HIGH)
    await works.tickets.act(str(yes), Resolve(), ANN)
    await works.workflows.turn()
    assert await works.outcomes(yes) == [
        ("greet", "comment", "done"),
        ("greet", "assign", "failed"),
    ]
    assert await works.actions(no) == await works.actions(none) == []


async def test_every_step_does_what_it_says(works: Works) -> None:
    """Comment, assign, escalate, snooze, open, resolve, and telling a receiver."""
    steps = (
        Comment("seen", "internal"),
        Assign(team="network"),
        Escalate("hierarchical", "{workflow}: up"),
        Snooze(on_change=True),
        OpenTicket(NewTicket("order a part", source=Source.WORKFLOW, deduplication_key="part")),
        OpenTicket(NewTicket("order a part", source=Source.WORKFLOW, deduplication_key="part")),
        Deliver("ops"),
        ResolveTicket(Resolve(summary="parts ordered"), key="part"),
        ResolveTicket(Resolve(summary="parts ordered"), key="part"),
        ResolveTicket(Resolve(summary="done with {ticket.number}")),
        ResolveTicket(Resolve()),
    )
    await works.workflows.configure([Workflow("all", OPENED, steps)])
    number = await works.file()
    await works.workflows.turn()
    found = await works.actions(number)
    assert {a.outcome for a in found} == {"done"}, [a.data.get("error") for a in found]
    assert [(found[n].data["ticket"], found[n].data.get("was")) for n in (4, 5)] == [
        (number + 1, None),
        (number + 1, "open"),
    ]
    assert [found[n].data.get("changed") for n in (7, 8, 9, 10)] == [None, False, None, False]
    ticket, part = await works.ticket(number), await works.ticket(number + 1)
    assert (ticket.team, ticket.escalation_level, ticket.status) == (
        "operations",
        1,
        Status.RESOLVED,
    )
    assert (part.status, part.source) == (Status.RESOLVED, Source.WORKFLOW)
    by = ticket.resolution and ticket.resolution.by
    assert (by, ticket.resolution and ticket.resolution.summary) == (
        Actor("workflow", "all"),
        f"done with {number}",
    )
    owed = await works.opened.read(lambda r: r.backlogs())
    assert [(each.receiver, each.pending) for each in owed] == [("ops", 1)]


async def test_a_receiver_that_there_is_not_fails_its_step(works: Works) -> None:
    """
    In a sentence with the cure; nothing is owed to nobody, and other workflows go on.

    Seen to fail where it is owed to the name: the step says done, and nobody is ever told.
    """
    tell = [Workflow(name, OPENED, (Deliver(name),)) for name in ("oops", "ops")]
    await works.workflows.configure(tell)
    number = await works.file()
    await works.workflows.turn()
    nobody, ops = await works.actions(number)
    assert (nobody.outcome, ops.outcome) == ("failed", "done")
    assert nobody.data["error"] == (
        "there is no receiver oops: name one that `fettled receivers` lists"
    )
    owed = await works.opened.read(lambda r: r.backlogs())
    assert [each.receiver for each in owed] == ["ops"]


async def test_a_workflows_touch_is_no_persons(works: Works) -> None:
    """What only a workflow commented on and assigned, the monitor may still take as its own."""
    change = (await works.ticket(await works.file())).number
    before = await works.ticket(change)
    untouched = replace(before, touched=False)

    def put(unit: Any) -> None:
        unit.apply(Change(untouched, ()))

    await works.opened.write(put)
    await works.workflows.turn()
    ticket = await works.ticket(change)
    assert (ticket.team, ticket.touched) == ("network", False)
    await works.tickets.act(str(change), Comment("mine"), ANN)
    assert (await works.ticket(change)).touched


async def test_memory_and_listeners_hear_of_it_after_the_commit(works: Works) -> None:
    """As of what people do."""
    await works.file()
    await works.workflows.turn()
    told = [change.entries[0].event for change in works.sink.changes]
    assert told == ["opened", "comment_added", "assigned"]


async def test_a_deleted_ticket_is_passed_over(works: Works) -> None:
    """With its events; those behind it are worked off."""
    gone, number = await works.file(), await works.file()
    await works.opened.write(lambda unit: unit.delete_ticket(gone))
    await works.workflows.turn()
    assert len(await works.actions(number)) == 2


async def test_what_a_workflow_reopens_is_a_relapse(works: Works) -> None:
    """And counts as one on the timeline."""
    key = NewTicket("part", deduplication_key="part")
    again = OpenTicket(key, reopen_within=timedelta(hours=1))
    await works.workflows.configure([Workflow("again", ("ticket.started",), (again,))])
    part = (await works.tickets.open(key, Caller(ANN))).ticket.number
    await works.tickets.act(str(part), Resolve(), ANN)
    number = await works.file()
    await works.tickets.act(str(number), Start(), ANN)
    await works.workflows.turn()
    last = (await works.timeline(part))[-1]
    assert (last.event, last.data["cause"], last.actor.type) == ("reopened", "relapse", "workflow")


async def test_a_step_that_is_refused_says_why_without_a_field_of_the_api(works: Works) -> None:
    """
    What the state forbids stands by itself; a value that is refused is named by its field.

    Seen to fail as "mode: #1 cannot be escalated further", which no step has.
    """
    up = Escalate("hierarchical", "too long")
    steps = [(up,), (Assign(team="network"), replace(up, mode="functional", to="network"))]
    flows = [Workflow(f"w{n}", OPENED, some) for n, some in enumerate(steps)]
    await works.workflows.configure(flows)
    number = await works.file()
    await works.workflows.turn()
    errors = [a.data["error"] for a in await works.actions(number) if a.outcome == "failed"]
    assert errors == [
        "#1 cannot be escalated further: no team holds it; name a team instead",
        "team: is network already",
    ]


async def test_a_key_whose_ticket_is_not_open_resolves_nothing_and_says_so(works: Works) -> None:
    """
    Done, for that is the state that was asked for; the action tells which of the two it was.

    Seen to fail where nothing told it from a ticket that was resolved.
    """
    how = Resolve(summary="done")
    new = NewTicket("Other", deduplication_key="k/1")
    steps = (
        ResolveTicket(how, "k/1"),
        OpenTicket(new),
        ResolveTicket(how, "k/1"),
        ResolveTicket(how, "k/1"),
    )
    await works.workflows.configure([Workflow("all", OPENED, steps)])
    number = await works.file()
    await works.workflows.turn()
    found = await works.actions(number)
    assert {each.outcome for each in found} == {"done"}
    assert [each.data.get("detail") for each in found] == [
        "no ticket has this deduplication key",
        None,
        None,
        "#2 is resolved already",
    ]
