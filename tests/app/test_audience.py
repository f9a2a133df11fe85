"""Who is told: everybody, teams, and persons; of what they do themselves nobody is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fettled import calendar
from fettled.app.directory import Directory
from fettled.core.lifecycle import note
from fettled.core.oncall import Layer, Rota, Rotation
from fettled.core.permissions import Role
from fettled.core.routing import Audience, Filter, Receiver, lane_of
from fettled.core.tickets import SYSTEM, Actor, Snooze, Ticket
from fettled.core.words import Priority, Status
from fettled.ports import People, Schedule, Team, TicketAction, User
from fettled.store import open_store
from receiving import REFUSED, Post, open_post
from tickets_for import ANN, NOW, resolving

BOB, KIM = Actor("user", "bob"), Actor("token", "kim")
DAILY = Rotation(timedelta(days=1), datetime(2026, 11, 21), ("bob", "kim"))  # noqa: DTZ001 - local time
HOUSE = People(
    users=(
        User("ann", "Ann", frozenset({Role.OPERATOR}), frozenset({"network"})),
        User("bob", "Bob", frozenset({Role.REPORTER}), frozenset({"network"})),
        User("kim", "Kim", frozenset({Role.MANAGER})),
    ),
    teams=(Team("network", notify=("room", "board")), Team("empty"), Team("core")),
    schedules=(
        Schedule("oncall", "oncall", "operator", ("bob", "kim"), Rota("UTC", (Layer(DAILY),))),
    ),
    is_configured=True,
)
ALL = Receiver("all")
ROOM = Receiver("room", audience=Audience.TEAM)
SMS = Receiver("sms", audience=Audience.PERSON, for_people=True)
LANES = (ALL, ROOM, lane_of(SMS, "ann"), lane_of(SMS, "bob"), lane_of(SMS, "kim"))


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    """A deliverer with one receiver of each sort, and three people."""
    async with (
        open_store(f"sqlite:///{tmp_path / 'fettled.db'}") as store,
        open_post(store) as made,
    ):
        made.deliverer.roster.people = Directory(calendar.shift, HOUSE)
        made.configure(*LANES)
        yield made


async def done(
    post: Post, ticket: Ticket, event: str, by: Actor = SYSTEM, /, *, now: Any = None, **data: Any
) -> Ticket:
    """Have something happen to a ticket, which is *now* so."""
    ticket = replace(ticket, **(now or {}))
    return (await post.apply(note(ticket, event, post.clock.wall(), by, data))).ticket


async def told(post: Post) -> dict[str, list[str]]:
    """What each was told since the last time; who was told nothing is left out."""
    await post.quiet()
    found = {name: [event for _, event, _ in each.events] for name, each in post.recorders.items()}
    for each in post.recorders.values():
        each.told.clear()
    return {name: events for name, events in found.items() if events}


async def escalations(post: Post, ticket: Ticket) -> list[TicketAction]:
    """The escalations among what was done for a ticket."""
    every = await post.store.read(lambda r: r.actions(ticket.number, after=0, limit=99))
    return [each for each in every if each.type == "escalation"]


async def test_a_ticket_of_nobody_is_told_to_those_who_are_told_everything(post: Post) -> None:
    """Neither to a team that does not have it, nor to any person."""
    ticket = await post.open()
    assert await told(post) == {"all": ["opened"]}
    await done(post, ticket, "comment_added", now={"team": "core"}, body="hm")
    assert await told(post) == {"all": ["comment_added"]}


async def test_a_team_is_told_of_its_tickets_by_the_receivers_that_it_names(post: Post) -> None:
    """Once the ticket goes to another team, it is that team's."""
    ticket = await done(post, await post.open(), "comment_added", now={"team": "network"})
    assert (await told(post))["room"] == ["comment_added"]
    await done(post, ticket, "assigned", now={"team": "core"})
    assert "room" not in await told(post)


async def test_a_person_is_told_of_what_others_do_with_their_ticket(post: Post) -> None:
    """
    Not of what they do themselves: they know.

    Seen to fail where the actor is not asked about.
    """
    mine = {"assignee": "ann", "status": Status.ASSIGNED}
    ticket = await done(post, await post.open(), "assigned", BOB, now=mine, assignee="ann")
    assert (await told(post))["sms/ann"] == ["assigned"]
    ticket = await done(post, ticket, "comment_added", ANN, body="on it")
    ticket = await done(post, ticket, "started", Actor("token", "ann"))
    assert await told(post) == {"all": ["comment_added", "started"]}
    ticket = await done(post, ticket, "comment_added", Actor("system", "ann"))
    assert (await told(post))["sms/ann"] == ["comment_added"]


async def test_who_has_a_ticket_taken_from_them_is_told_that(post: Post) -> None:
    """Else two people work on it, one of them in vain; afterwards they hear no more of it."""
    ticket = await done(post, await post.open(), "assigned", now={"assignee": "ann"})
    await told(post)
    before = {"assignee": "ann"}
    given = {"assignee": "kim", "from": before}
    ticket = await done(post, ticket, "assigned", BOB, now={"assignee": "kim"}, **given)
    heard = await told(post)
    assert (heard["sms/ann"], heard["sms/kim"]) == (["assigned"], ["assigned"])
    await done(post, ticket, "held")
    assert await told(post) == {"all": ["held"], "sms/kim": ["held"]}


async def test_whoever_is_on_call_is_told_of_the_tickets_of_their_shift(post: Post) -> None:
    """It is the ticket of whoever has it when something happens; the turn goes on at midnight."""
    ticket = await done(post, await post.open(), "assigned", now={"shift": "oncall"})
    heard = await told(post)
    assert heard == {"all": ["opened", "assigned"], "sms/bob": ["assigned"]}
    post.clock.advance(timedelta(days=1))
    await done(post, ticket, "held")
    assert await told(post) == {"all": ["held"], "sms/kim": ["held"]}


async def test_a_filter_holds_for_teams_and_persons_too(post: Post) -> None:
    """Its events as well as its tickets."""
    only = Filter(events=("ticket.started",), priorities=frozenset({Priority.CRITICAL}))
    post.configure(ALL, lane_of(replace(SMS, filter=only), "ann"))
    ticket = await done(post, await post.open(), "started", now={"assignee": "ann"})
    assert "sms/ann" not in await told(post)
    ticket = await done(post, ticket, "held", now={"priority": Priority.CRITICAL})
    assert "sms/ann" not in await told(post)
    await done(post, ticket, "started")
    assert (await told(post))["sms/ann"] == ["started"]


async def test_an_internal_comment_goes_to_nobody_who_may_not_read_it(post: Post) -> None:
    """
    A reporter's own ticket is no reason.

    Seen to fail where nobody asks who may read it.
    """
    ticket = await done(post, await post.open(), "assigned", now={"assignee": "bob"})
    await told(post)
    secret = {"body": "the password", "visibility": "internal"}
    ticket = await done(post, ticket, "comment_added", KIM, **secret)
    assert await told(post) == {"all": ["comment_added"]}
    await done(post, ticket, "comment_added", KIM, body="soon", visibility="public")
    assert (await told(post))["sms/bob"] == ["comment_added"]


async def test_who_is_in_a_team_twice_over_is_told_once(post: Post) -> None:
    """
    Ann has the ticket, and is reached through her team: one message in each lane.

    The team's receiver that is told everything is not told twice, either.
    """
    post.configure(*LANES, Receiver("board"))
    ticket = await done(post, await post.open(), "assigned", now={"assignee": "ann"})
    await told(post)
    data = {"mode": "chain", "step": 1, "to": "network", "people": ["ann", "bob", "ann"]}
    await done(post, ticket, "escalated", now={"team": "network"}, **data)
    once = ["escalated"]
    assert await told(post) == dict.fromkeys(("all", "room", "board", "sms/ann", "sms/bob"), once)
    (action,) = await escalations(post, ticket)
    assert action.data["receivers"] == ["room", "board", "sms/ann", "sms/bob"]


async def test_an_escalation_is_done_once_one_of_those_it_reached_was_told(post: Post) -> None:
    """
    Others who are told of it do not count: nobody has been reached by a chat room.

    Seen to fail where any delivery of the event ends it.
    """
    post["sms/kim"].always = REFUSED
    ticket = await post.open()
    data = {"mode": "chain", "step": 3, "to": "manager", "people": ["kim"]}
    await done(post, ticket, "escalated", **data)
    assert "escalated" in (await told(post))["all"]
    (action,) = await escalations(post, ticket)
    assert (action.outcome, action.target, action.done_at) == ("pending", "manager", None)
    post["sms/kim"].always = replace(REFUSED, reason="delivered")
    post.clock.advance(timedelta(seconds=5))
    await told(post)
    (action,) = await escalations(post, ticket)
    assert (action.outcome, action.done_at) == ("done", post.clock.wall())


async def test_an_escalation_has_failed_once_nobody_can_be_told_any_more(post: Post) -> None:
    """Not while one of two still may be; a dead letter that arrives in the end makes it done."""
    for name in ("sms/ann", "sms/bob"):
        post[name].always = replace(REFUSED, is_gone=True)
    post["sms/bob"].gate.clear()
    ticket = await post.open()
    data = {"mode": "chain", "step": 2, "to": "x", "people": ["ann", "bob"]}
    await done(post, ticket, "escalated", **data)
    await post.until(lambda: len(post["sms/ann"].told) == 1)
    await post.until(lambda: ("sms/ann", "refused", 1) in post.settled)
    (action,) = await escalations(post, ticket)
    assert action.outcome == "pending"
    post["sms/bob"].gate.set()
    await told(post)
    (action,) = await escalations(post, ticket)
    assert action.outcome == "failed"
    assert action.data["error"] == "none of those whom it is for could be told"
    (dead, _) = await post.store.read(lambda r: r.dead_letters(None, before=None, limit=9))
    post[dead.receiver].always = replace(REFUSED, reason="delivered")
    await post.store.write(lambda unit: unit.enable(dead.receiver))
    await post.deliverer.read_disabled()
    await post.store.write(lambda unit: unit.resend(dead.number, post.clock.wall()))
    await told(post)
    (action,) = await escalations(post, ticket)
    assert (action.outcome, action.data.get("error")) == ("done", None)


@pytest.mark.parametrize(
    ("data", "outcome", "error"),
    [
        (
            {"mode": "chain", "step": 1, "to": "empty", "people": []},
            "failed",
            "nobody could be told",
        ),
        (
            {"mode": "chain", "step": 1, "to": "lee", "people": ["lee"]},
            "not_configured",
            "no receiver tells any of those whom it is for",
        ),
        (
            {"mode": "functional", "team": "core", "reason": "theirs"},
            "not_configured",
            "no receiver tells any of those whom it is for",
        ),
    ],
)
async def test_an_escalation_that_reaches_nobody_says_so(
    post: Post, data: dict[str, Any], outcome: str, error: str
) -> None:
    """At once, in words; whoever is told everything is told of it all the same."""
    ticket = await post.open()
    await done(post, ticket, "escalated", **data)
    (action,) = await escalations(post, ticket)
    assert (action.outcome, action.data["error"]) == (outcome, error)
    assert action.done_at == post.clock.wall()
    assert await told(post) == {"all": ["opened", "escalated"]}


async def test_a_persons_escalation_tells_the_team_and_its_people(post: Post) -> None:
    """Whoever escalated it is in the team, and knows; who had it is told that it is gone."""
    ticket = await done(post, await post.open(), "assigned", now={"assignee": "kim"})
    await told(post)
    was = {"from": {"assignee": "kim"}}
    data = {"mode": "functional", "team": "network", "reason": "routing", **was}
    escalated = {"team": "network", "assignee": None}
    await done(post, ticket, "escalated", ANN, now=escalated, **data)
    once = ["escalated"]
    assert await told(post) == dict.fromkeys(("all", "room", "sms/bob", "sms/kim"), once)
    (action,) = await escalations(post, ticket)
    assert (action.target, action.outcome) == ("network", "done")
    assert action.data["receivers"] == ["room", "sms/bob"]


async def test_an_escalation_to_a_supplier_is_for_nobody_in_the_house(post: Post) -> None:
    """Nobody here is reached by it, and so it is no action that could be done or fail."""
    ticket = await done(post, await post.open(), "comment_added", now={"team": "network"})
    await done(post, ticket, "escalated", BOB, mode="functional", supplier="lines", reason="cut")
    assert await escalations(post, ticket) == []
    assert (await told(post))["room"] == ["comment_added", "escalated"]


async def test_an_escalation_tells_whatever_events_a_receiver_is_told_of(post: Post) -> None:
    """But of no ticket that its filter leaves out."""
    only = Filter(events=("ticket.resolved",), priorities=frozenset({Priority.CRITICAL}))
    post.configure(lane_of(replace(SMS, filter=only), "ann"))
    ticket = await post.open()
    data = {"mode": "chain", "step": 1, "to": "ann", "people": ["ann"]}
    ticket = await done(post, ticket, "escalated", **data)
    assert await told(post) == {}
    ticket = await done(post, ticket, "escalated", now={"priority": Priority.CRITICAL}, **data)
    assert await told(post) == {"sms/ann": ["escalated"]}
    assert [each.outcome for each in await escalations(post, ticket)] == ["not_configured", "done"]


async def test_a_snooze_keeps_people_quiet_and_nobody_else(post: Post) -> None:
    """
    Of its end they are told, of its being given to them, and of nothing else.

    Seen to fail where the snooze is not asked about.
    """
    ticket = await done(post, await post.open(), "assigned", now={"assignee": "ann"})
    await told(post)
    snoozed = {"snooze": Snooze(until=NOW + timedelta(hours=1))}
    ticket = await done(post, ticket, "comment_added", now=snoozed)
    ticket = await done(post, ticket, "sla_breached")
    assert await told(post) == {"all": ["comment_added", "sla_breached"]}
    given = {"assignee": "kim", "from": {"assignee": "ann"}}
    ticket = await done(post, ticket, "assigned", now={"assignee": "kim"}, **given)
    assert (await told(post))["sms/kim"] == ["assigned"]
    raised = {"from": "medium", "to": "critical"}
    ticket = await done(post, ticket, "priority_changed", **raised)
    assert ticket.snooze is None
    assert (await told(post))["sms/kim"] == ["priority_changed"]
    ticket = replace(ticket, **snoozed)
    await post.apply(resolving(ticket, post.clock.wall()))
    assert (await told(post))["sms/kim"] == ["resolved"]


async def test_a_snooze_that_is_over_keeps_nobody_quiet(post: Post) -> None:
    """Though nothing has ended it yet, as that is looked at every few seconds only."""
    over = {"snooze": Snooze(until=NOW - timedelta(seconds=1)), "assignee": "ann"}
    await done(post, await post.open(), "held", now=over)
    assert (await told(post))["sms/ann"] == ["held"]


async def test_who_leaves_is_told_nothing_more_though_something_waits(post: Post) -> None:
    """
    The lane is gone with the reload; what waits there is sent if they come back.

    A new contact gets what waited for the old one.
    """
    post["sms/ann"].always = REFUSED
    ticket = await done(post, await post.open(), "held", now={"assignee": "ann"})
    await told(post)
    post.configure(*(each for each in LANES if each.user != "ann"))
    post.clock.advance(timedelta(hours=1))
    await done(post, ticket, "resumed")
    assert await told(post) == {"all": ["resumed"]}
    del post.recorders["sms/ann"]
    post.configure(*LANES)
    assert await told(post) == {"sms/ann": ["held"]}


async def test_a_lane_that_fails_falls_back_to_the_same_persons_other_one(post: Post) -> None:
    """And to nobody, if that person has no other."""
    pager = replace(SMS, name="pager", fallback="sms")
    pagers = [lane_of(pager, name, "person") for name in ("ann", "lee")]
    post.configure(*pagers, lane_of(replace(SMS, filter=Filter(events=("none",))), "ann"))
    for name in ("ann", "lee"):
        post[f"pager/{name}"].always = replace(REFUSED, is_gone=True)
        await done(post, await post.open(f"{name}/main"), "held", now={"assignee": name})
    await post.quiet()
    assert [event for _, event, _ in post["sms/ann"].events] == ["held"]
    owed = await post.store.read(lambda r: r.backlogs())
    assert owed == []


async def test_a_receiver_that_is_switched_off_tells_none_of_its_people(post: Post) -> None:
    """By its own name; a person's lane that is gone switches off that one alone."""
    post["sms/ann"].always = replace(REFUSED, is_gone=True)
    ticket = await done(post, await post.open(), "held", now={"assignee": "ann"})
    await told(post)
    data = {"mode": "chain", "step": 1, "to": "network", "people": ["ann", "kim"]}
    ticket = await done(post, ticket, "escalated", **data)
    assert await told(post) == {
        "all": ["escalated"],
        "room": ["escalated"],
        "sms/kim": ["escalated"],
    }
    await post.store.write(lambda unit: unit.disable("sms", NOW, "by hand"))
    await post.deliverer.read_disabled()
    await done(post, ticket, "escalated", **data)
    assert await told(post) == {"all": ["escalated"], "room": ["escalated"]}


async def test_a_team_without_people_is_reached_by_its_receiver(post: Post) -> None:
    """Nobody is found, and somebody is told: that is no failure."""
    ticket = await post.open()
    data = {"mode": "chain", "step": 1, "to": "network", "people": []}
    post.configure(ALL, ROOM)
    await done(post, ticket, "escalated", **data)
    assert (await told(post))["room"] == ["escalated"]
    (action,) = await escalations(post, ticket)
    assert (action.outcome, action.data["receivers"]) == ("done", ["room"])
