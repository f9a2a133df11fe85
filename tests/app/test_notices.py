"""What a notification says, whole: written out as it is read at 3 a.m."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from desk import POLICY, check, fleet
from fettled.app.catalogue import make_catalogue
from fettled.app.changes import Changes, WantedChange
from fettled.app.committing import Committing
from fettled.app.notice_words import overdue
from fettled.core.actions import Comment, Resolve, Take
from fettled.core.lifecycle import note
from fettled.core.permissions import Principal
from fettled.core.policy import ReopenBudget
from fettled.core.sla_values import Clocks, Reading
from fettled.core.tickets import MONITOR, SYSTEM, Actor, Change, Entry, Ticket
from fettled.core.words import Code, Kind, Priority, Source, Status
from wording import CHAIN, Words, open_words

ANN = Actor("user", "ann")
UP, DOWN = ["up"] * 20, ["down"] * 20
TICKET = "Ticket: INC-20261121-000001"
#: The first failure, and half a minute before it the last good look.
AT = "Sat 21 Nov 01:10 CET"
RUNBOOK = "https://wiki.example/doors"


@pytest.fixture
async def words(tmp_path: Path) -> AsyncIterator[Words]:
    """A watched door with a runbook, as people in Oslo read of it."""
    patient = replace(POLICY, reopen_budget=ReopenBudget(count=99, window=timedelta(hours=6)))
    async with open_words(tmp_path) as made:
        watched = fleet(check("door-1", policy=patient), check("hub"))
        door = replace(watched.subjects["door-1"], runbook=RUNBOOK, team="network")
        subjects = {**watched.subjects, "door-1": door}
        await made.desk.adopt(replace(watched, subjects=subjects))
        yield made


async def put(words: Words, ticket: dict[str, Any], data: dict[str, Any], by: Actor) -> Ticket:
    """Open a ticket as it is given."""
    at = words.desk.clock.wall()
    whole = {
        "title": "Broken",
        "kind": "user_report",
        "source": Source.USER,
        "priority": Priority.MEDIUM,
        "created_at": at,
        "updated_at": at,
    }
    change = Change(Ticket(**(whole | ticket)), (Entry("opened", at, by, data),))
    return (await words.desk.store.write(lambda unit: unit.apply(change))).ticket


async def happen(words: Words, event: str, data: dict[str, Any]) -> None:
    """Have something happen to the first ticket."""
    at = words.desk.clock.wall()
    ticket = await words.desk.tickets.get("1")
    change = note(ticket, event, at, SYSTEM, data)
    await words.desk.store.write(lambda unit: unit.apply(change))


async def test_a_device_that_went_down(words: Words) -> None:
    """What, since when, why, last good; then what to do, who is on it, and what comes next."""
    await words.desk.see("door-1/main", *UP, *DOWN[:6])
    assert await words.text() == [
        "[DOWN] Device offline: door-1 (medium, #1)",
        f"since {AT} (for 2m30s); connection refused; last good {AT}",
        f"Runbook: {RUNBOOK}",
        "On it: team network, nobody of it yet",
        "Next: now tell nights (ann)",
        TICKET,
    ]


async def test_a_device_that_recovered(words: Words) -> None:
    """How long it lasted and how it ended; nobody is on it, and nothing comes next."""
    await words.desk.see("door-1/main", *UP, *DOWN, *UP)
    assert await words.text() == [
        "[RESOLVED] Device offline: door-1 (medium, #1)",
        "since Sat 21 Nov 01:10 CET (lasted 10m); recovered by itself",
        f"Runbook: {RUNBOOK}",
        TICKET,
    ]


async def test_a_device_that_is_down_for_the_fourth_time(words: Words) -> None:
    """The spell that began now, not the ticket's first; how often, and how it ended last time."""
    await words.desk.see("door-1/main", *UP, *(DOWN + UP) * 3, *DOWN[:6])
    lines, again = await words.text(), "Sat 21 Nov 02:10 CET"
    assert lines[:4] == [
        "[DOWN AGAIN] Device offline: door-1 (medium, #1)",
        f"since {again} (for 2m30s); connection refused; last good {again}",
        "Again: 4 times in 30 days",
        "Last time: #1, Sat 21 Nov 02:01 CET, recovered by itself",
    ]


async def test_how_people_ended_it_last_time(words: Words) -> None:
    """What they wrote, also on another ticket of the same check."""
    await words.desk.see("door-1/main", *UP, *DOWN)
    done = Resolve(Code.FIXED, "power supply changed")
    await words.desk.see("door-1/main", *UP[:1])
    await words.desk.tickets.act("1", done, ANN)
    await words.desk.see("door-1/main", *UP)
    words.desk.clock.advance(timedelta(days=2))
    await words.desk.see("door-1/main", *UP, *DOWN)
    newest = await words.newest()
    assert newest.headline == "[DOWN] Device offline: door-1 (medium, #2)"
    assert dict(newest.details)["Last time"].endswith("CET, fixed: power supply changed")


async def test_an_integration_with_what_hangs_on_it(words: Words) -> None:
    """Twelve of forty are down still."""
    at = words.desk.clock.wall()
    given = {
        "title": "Integration unreachable: hub",
        "kind": Kind.INTEGRATION_UNREACHABLE,
        "source": Source.HEALTH_MONITOR,
        "priority": Priority.HIGH,
        "subject": "hub",
        "check": "hub/main",
        "open_key": "hub/main",
        "occurred_at": at - timedelta(minutes=3),
        "member_count": 40,
        "done_count": 28,
    }
    await put(words, given, {"reason": "timeout", "message": "no answer within 10 s"}, MONITOR)
    assert (await words.text())[:2] == [
        "[DOWN] Integration unreachable: hub (high, #1)",
        "since Sat 21 Nov 00:57 CET (for 3m); no answer within 10 s; 12 of 40 affected",
    ]


async def test_a_persons_comment(words: Words) -> None:
    """What they said comes first; who is on it is said to themselves as `you`."""
    await words.desk.see("door-1/main", *UP, *DOWN)
    await words.desk.tickets.act("1", Take(), ANN)
    await words.desk.tickets.act("1", Comment("On my way,\nback at nine"), ANN)
    assert await words.text() == [
        "[comment] Device offline: door-1 (medium, #1)",
        f"ann: On my way, back at nine; since {AT} (for 9m30s); connection refused; last good {AT}",
        f"Runbook: {RUNBOOK}",
        "On it: Ann Example (ann), team network",
        TICKET,
    ]
    assert "On it: you, team network" in await words.text(person="ann")


async def test_an_internal_comment_is_for_those_who_may_read_it(words: Words) -> None:
    """
    A reporter who is told is not told what was said inside.

    Seen to fail with a `_words` that does not ask for the role.
    """
    await words.desk.see("door-1/main", *UP, *DOWN)
    await words.desk.tickets.act("1", Comment("the guard was asleep", "internal"), ANN)
    assert "asleep" in (await words.newest()).text
    assert "asleep" in (await words.newest(person="ann")).text
    for reader in ("ben", "stranger"):
        told = (await words.newest(person=reader)).text
        assert "asleep" not in told
        assert "an internal comment" in told


async def test_a_step_of_the_chain(words: Words) -> None:
    """Who was told now, and who will be next."""
    await words.escalations.configure(CHAIN)
    await words.desk.see("door-1/main", *UP, *DOWN[:6])
    await words.escalations.tell()
    lines = await words.text()
    assert lines[0] == "[ESCALATED] Device offline: door-1 (medium, #1)"
    assert lines[1].startswith("step 1 of the chain: nights (ann); since Sat 21 Nov 01:10 CET")
    assert "Next: Sat 21 Nov 01:23 CET tell network (ann, ben)" in lines


async def test_a_step_that_is_a_person_names_them_once(words: Words) -> None:
    """Not `ann (ann)`. Seen to fail where whom it reached was always in brackets."""
    await put(words, {"title": "Printer jams"}, {}, ANN)
    await happen(words, "escalated", {"mode": "chain", "step": 1, "to": "ann", "people": ["ann"]})
    assert (await words.text())[1].startswith("step 1 of the chain: ann; since ")


async def test_what_was_due_is_overdue_and_no_next_step(words: Words) -> None:
    """
    What comes next is ahead; the clock that runs still is named with it.

    Seen to fail where the line `Next` ended with `response was due`.
    """
    now = words.desk.clock.wall()
    late = Reading(due_at=now - timedelta(minutes=8))
    ahead = Reading(due_at=now + timedelta(hours=4))
    clocks = Clocks(1, response=late, resolution=ahead)
    await put(words, {"title": "Printer jams", "sla": clocks}, {}, ANN)
    told = dict((await words.newest()).details)
    assert told["Overdue"] == "response was due Sat 21 Nov 00:52 CET"
    assert told["Next"] == "now tell nights (ann); resolution is due Sat 21 Nov 05:00 CET"
    over = replace(await words.desk.tickets.get("1"), status=Status.RESOLVED)
    assert overdue(over, now, str) == "", "nobody is late with what is over"


async def test_a_clock_that_runs_out(words: Words) -> None:
    """Which one, and when: before anything else."""
    due_at = words.desk.clock.wall() + timedelta(minutes=12)
    clocks = Clocks(response=Reading(due_at=due_at))
    await put(words, {"title": "Printer jams", "sla": clocks}, {}, ANN)
    data = {"clock": "response", "due_at": due_at, "priority": "medium", "generation": 1}
    await happen(words, "sla_at_risk", data)
    assert (await words.text())[:2] == [
        "[TIME IS RUNNING OUT] Printer jams (medium, #1)",
        "response is due Sat 21 Nov 01:12 CET; since Sat 21 Nov 01:00 CET (for 0s)",
    ]
    words.desk.clock.advance(timedelta(minutes=13))
    await happen(words, "sla_breached", data)
    assert (await words.text())[:2] == [
        "[OVERDUE] Printer jams (medium, #1)",
        "response was due Sat 21 Nov 01:12 CET; since Sat 21 Nov 01:00 CET (for 13m)",
    ]
    assert "Overdue" not in dict((await words.newest()).details)


async def test_a_backlog_is_told_as_it_is_now(words: Words) -> None:
    """
    Seven events, told hours late and in one: the present state, and that it is late.

    Seen to fail with a `shown` that is always the payload's ticket.
    """
    await words.desk.see("door-1/main", *UP, *DOWN)
    for n in range(6):
        await words.desk.tickets.act("1", Comment(f"note {n}"), ANN)
    waiting = await words.deliveries()
    await words.desk.tickets.act("1", Resolve(Code.FIXED, "new cable"), ANN)
    words.desk.clock.advance(timedelta(hours=5))
    told = await words.of(waiting, is_late=True)
    assert told.text.splitlines() == [
        "[comment, now RESOLVED] Device offline: door-1 (medium, #1)",
        "ann: note 5; since Sat 21 Nov 01:10 CET (lasted 9m30s); fixed: new cable",
        "Told late: this happened Sat 21 Nov 01:20 CET; it is now Sat 21 Nov 06:20 CET",
        "Also: 6 earlier events of this ticket",
        f"Runbook: {RUNBOOK}",
        TICKET,
    ]


async def test_a_certificate_that_expires(words: Words) -> None:
    """It is not down, and nobody is to think so."""
    given = {
        "title": "Certificate expiring: shop",
        "kind": Kind.CERTIFICATE_EXPIRING,
        "source": Source.HEALTH_MONITOR,
        "subject": "shop",
        "check": "shop/tls",
        "open_key": "shop/tls",
        "occurred_at": words.desk.clock.wall(),
    }
    data = {"reason": "certificate_expiring", "message": "certificate expires on 2026-12-04"}
    await put(words, given, data, MONITOR)
    assert (await words.text())[:2] == [
        "[EXPIRING] Certificate expiring: shop (medium, #1)",
        "since Sat 21 Nov 01:00 CET (for 0s); certificate expires on 2026-12-04",
    ]


async def test_a_ticket_of_a_person_about_nothing_watched(words: Words) -> None:
    """Nobody knows whether it is down: it is new."""
    given = {"title": "Coffee is cold", "team": "network", "reporter": "ben"}
    await put(words, given, {"kind": "user_report"}, Actor("user", "ben"))
    assert await words.text() == [
        "[NEW] Coffee is cold (medium, #1)",
        "since Sat 21 Nov 01:00 CET (for 0s)",
        "Done by: ben",
        "On it: team network, nobody of it yet",
        "Next: now tell nights (ann)",
        TICKET,
    ]


async def test_what_was_changed_lately_is_named(words: Words) -> None:
    """Of the day before it went down, and of that subject."""
    desk = words.desk
    committing = Committing(desk.store, desk.memory, desk.sink)
    changes = Changes(committing, desk.clock, desk.memory, make_catalogue())
    who = Principal("ann", ANN, frozenset())
    for title, key in (("firmware 7.1", "door-1"), ("new hub", "hub")):
        await changes.add(WantedChange(title, subject=key), who)
    await desk.see("door-1/main", *UP, *DOWN)
    assert [said for name, said in (await words.newest()).details if name == "Changed"] == [
        "firmware 7.1, Sat 21 Nov 01:00 CET"
    ]


async def test_while_the_store_is_down_the_event_alone_is_told(words: Words) -> None:
    """
    Less, and at once: what the outbox kept, and what memory knows.

    Seen to fail with an `of` that lets StoreDownError out.
    """
    await words.desk.see("door-1/main", *UP, *DOWN[:6])
    waiting = await words.deliveries()
    words.desk.store.is_down = True
    told = await words.of(waiting, is_late=False)
    assert told.text.splitlines() == [
        "[DOWN] Device offline: door-1 (medium, #1)",
        "since Sat 21 Nov 01:10 CET (for 2m30s); connection refused",
        f"Runbook: {RUNBOOK}",
        "On it: team network, nobody of it yet",
        "Next: now tell nights (ann)",
        TICKET,
    ]


async def test_a_payload_of_another_version_is_worded_all_the_same(words: Words) -> None:
    """Whatever is missing or has another shape is left out."""
    await words.desk.see("door-1/main", *UP, *DOWN)
    first = (await words.deliveries())[0]
    words.desk.store.is_down = True
    for payload in (
        {},
        {"ticket": None, "actor": 3, "data": []},
        {"ticket": {"title": 7, "sla": [], "subject": "door-1", "occurred_at": "soon"}},
        {"ticket": {"resolution": {"code": "exploded"}, "labels": 3, "priority": "mega"}},
    ):
        told = await words.of((replace(first, payload=payload),), is_late=True)
        assert told.headline.endswith("(medium, #1)")


async def test_text_of_targets_and_people_stays_in_its_line(words: Words) -> None:
    """
    No second line, no escape sequence, no turned reading direction, nothing endless.

    Seen to fail with an `in_one_line` that only joins blanks.
    """
    evil = "a\r\nBcc: x\x1b[2J\u202egnp.exe\u200b" + "b" * 5000
    await put(words, {"title": evil, "description": evil}, {"reason": "x", "message": evil}, ANN)
    await words.desk.tickets.act("1", Comment(evil), Actor("user", evil[:90]))
    told = await words.newest(is_late=True)
    assert len(told.text.splitlines()) == 2 + len(told.details)
    assert all(len(line) < 400 for line in told.text.splitlines())
    assert not set(told.text) & set("\r\x1b\u202e\u200b")


async def test_programs_are_given_the_address_in_the_api(words: Words) -> None:
    """Beside the words, in which it is not; without an address of ours there is none."""
    await words.desk.see("door-1/main", *UP, *DOWN)
    told = await words.newest()
    assert told.url == "https://fettled.example/api/v1/tickets/1"
    assert told.url not in told.text
    words.url = ""
    assert not (await words.newest()).url


async def test_a_ticket_that_was_deleted_is_told_as_it_was(words: Words) -> None:
    """Its event may be on its way still."""
    await put(words, {"title": "Coffee is cold"}, {}, ANN)
    waiting = await words.deliveries()
    await words.desk.store.write(lambda unit: unit.delete_ticket(1))
    told = await words.of(waiting, is_late=True)
    assert told.headline == "[NEW] Coffee is cold (medium, #1)"
