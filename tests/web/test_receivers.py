"""Receivers over HTTP: seen, tried, enabled; what never arrived is listed and sent again."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from fettled.core.permissions import Role
from fettled.core.tickets import Ticket
from hooks import CANARY, Hook, open_hook
from web_house import WebHouse, open_house

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HEADER = "header-c4nary"
MORE = """
receivers:
  - {{name: hook, type: webhook, url: '{url}', secret: '{secret}', allow_private: true,
     headers: {{Authorization: 'Bearer {header}'}}, events: ticket.opened, kinds: 'user_*',
     priorities: [high, critical], labels: {{site: 'os*'}}, timeout: 2s, fallback: deputy}}
  - {{name: deputy, type: webhook, url: '{url}/deputy', allow_private: true,
     events: ticket.merged}}
"""
LABELS = {"site": "oslo"}


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    """A receiver."""
    async with open_hook() as made:
        yield made


@pytest.fixture
async def house(tmp_path: Path, hook: Hook) -> AsyncIterator[WebHouse]:
    """A daemon's web, which tells the receiver."""
    more = MORE.format(url=hook.url, secret=SECRET, header=HEADER)
    async with open_house(tmp_path, more) as made:
        yield made


async def ask(
    house: WebHouse, method: str, path: str, role: Role = Role.MANAGER, **more: Any
) -> tuple[int, Any]:
    """Ask, and give status and JSON; no answer ever tells where a receiver is."""
    async with (
        house.client(role) as client,
        client.request(method, f"/api/v1{path}", **more) as response,
    ):
        text = await response.text()
    for secret in (CANARY, HEADER, SECRET, SECRET.removeprefix("whsec_")):
        assert secret not in text
    return response.status, json.loads(text) if text else None


def rows(home: Path) -> list[int]:
    """Count what there is of tickets, actions and events."""
    with closing(sqlite3.connect(home / "fettled.db")) as store:
        tables = ("tickets", "timeline", "actions", "outbox")
        return [store.execute(f"SELECT count(*) FROM {each}").fetchone()[0] for each in tables]


async def audited(house: WebHouse, kind: str) -> list[dict[str, Any]]:
    """What the audit log has of a kind of deed."""
    _, found = await ask(house, "GET", f"/audit?kind={kind}")
    return [{"by": row["actor"]["name"], "object": row["object"], **row["data"]}
            for row in found["items"]]  # fmt: skip


async def gave_up(house: WebHouse, hook: Hook, count: int = 1) -> list[Ticket]:
    """Have a receiver that is gone miss the opening of so many tickets."""
    hook.status = 410
    tickets = [await house.ticket(f"Broken {n}", labels=LABELS) for n in range(count)]
    house.assembly._outlets.deliverer.wake()
    async with asyncio.timeout(10):
        while (await ask(house, "GET", "/receivers/hook"))[1]["dead_letters"] < count:
            await asyncio.sleep(0.01)
        # What was on its way beside the first refusal is given up with the rest, and still comes.
        while any(lane.trying for lane in house.assembly._outlets.deliverer._lanes.values()):
            await asyncio.sleep(0.01)
    return tickets


async def test_a_sample_says_what_came_back_and_touches_nothing(
    house: WebHouse, hook: Hook, tmp_path: Path
) -> None:
    """It is signed, marked, of a type that no ticket has; no ticket and no queue knows of it."""
    before = rows(tmp_path)
    status, told = await ask(house, "POST", "/receivers/hook/test")
    assert status == 200
    assert told == told | {"receiver": "hook", "delivered": True, "reason": "delivered",
                            "detail": "", "status": 204}  # fmt: skip
    (head, body), (sent,) = hook.got[0], hook.told
    assert Webhook(SECRET).verify(body, {name.lower(): text for name, text in head.items()})
    assert head["webhook-id"] == told["id"] == sent["data"]["id"]
    assert told["id"].startswith("test_")
    assert (sent["type"], sent["data"]["test"]) == ("fettled.test", True)
    assert sent["data"]["ticket"]["number"] == 0
    assert sent["data"]["actor"] == {"type": "token", "name": "ann"}
    assert rows(tmp_path) == before
    assert (await ask(house, "GET", "/receivers/hook"))[1]["last"] is None
    assert await audited(house, "receiver.test") == [
        {"by": "ann", "object": "receiver:hook", "receiver": "hook"}
    ]


@pytest.mark.parametrize(("status", "reason"), [(500, "http_status"), (410, "gone"), (403, "auth")])
async def test_a_refused_sample_is_an_answer_and_disables_nobody(
    house: WebHouse, hook: Hook, status: int, reason: str
) -> None:
    """What came back is told, and what is due is told as before."""
    hook.status = status
    answered, told = await ask(house, "POST", "/receivers/hook/test")
    assert (answered, told["delivered"], told["reason"]) == (200, False, reason)
    assert (told["status"], str(status) in told["detail"]) == (status, True)
    assert (await ask(house, "GET", "/receivers/hook"))[1]["disabled_at"] is None


async def test_a_receiver_that_hangs_costs_its_timeout_and_is_tried_by_one_at_a_time(
    house: WebHouse, hook: Hook
) -> None:
    """
    The second is told to wait; afterwards it can be tried again.

    Seen to fail without the set of those that are being tried: both wait.
    """
    hook.gate.clear()
    first = asyncio.create_task(ask(house, "POST", "/receivers/hook/test"))
    await hook.until(1)
    status, refused = await ask(house, "POST", "/receivers/hook/test")
    assert (status, "wait" in refused["detail"]) == (409, True)
    _, told = await first
    assert (told["reason"], told["detail"]) == ("timeout", "no answer within 2 s")
    assert 2 <= told["seconds"] < 4
    hook.gate.set()
    assert (await ask(house, "POST", "/receivers/hook/test"))[1]["delivered"]


async def test_what_tries_a_receiver_twice_by_one_key_sends_one_sample(
    house: WebHouse, hook: Hook
) -> None:
    """A lost answer is asked for again by the same `Idempotency-Key`."""
    key = {"Idempotency-Key": "once"}
    first = await ask(house, "POST", "/receivers/hook/test", headers=key)
    assert await ask(house, "POST", "/receivers/hook/test", headers=key) == first
    assert len(hook.got) == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/receivers/hok", 404),
        ("POST", "/receivers/hok/test", 404),
        ("POST", "/receivers/hok/enable", 404),
        ("POST", "/receivers/hok/resend", 404),
        ("POST", "/dead-letters/1/resend", 404),
        ("POST", "/dead-letters/0/resend", 404),
        ("POST", "/dead-letters/x/resend", 404),
        ("POST", "/dead-letters/99999999999999999999/resend", 404),
        ("GET", "/dead-letters?receiver=hok", 422),
        ("GET", "/dead-letters?ticket=x", 422),
        ("GET", "/dead-letters?cursor=x", 422),
        ("GET", "/receivers?cursor=*", 422),
    ],
)
async def test_what_is_not_there_is_named(
    house: WebHouse, method: str, path: str, status: int
) -> None:
    """A slip of the name is answered with the name that is near."""
    answered, problem = await ask(house, method, path)
    assert answered == status
    if "hok" in path:
        assert "did you mean hook?" in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/receivers"),
        ("GET", "/receivers/hook"),
        ("POST", "/receivers/hook/test"),
        ("POST", "/receivers/hook/enable"),
        ("POST", "/receivers/hook/resend"),
        ("GET", "/dead-letters"),
        ("POST", "/dead-letters/1/resend"),
    ],
)
async def test_who_may_not_manage_receivers_learns_and_does_nothing(
    house: WebHouse, hook: Hook, method: str, path: str
) -> None:
    """An operator works on tickets; receivers are the manager's."""
    assert (await ask(house, method, path, Role.OPERATOR))[0] == 403
    assert not hook.got


async def test_a_receiver_shows_what_it_listens_to_and_what_it_is_owed(
    house: WebHouse, hook: Hook
) -> None:
    """By name, in pages; never where it is, nor what proves us to it."""
    hook.gate.clear()
    ticket = await house.ticket(labels=LABELS)
    await house.ticket("Small", labels={})
    house.assembly._outlets.deliverer.wake()
    await hook.until(1)
    status, shown = await ask(house, "GET", "/receivers/hook")
    assert status == 200
    assert shown == shown | {
        "type": "webhook", "events": ["ticket.opened"], "kinds": ["user_*"],
        "priorities": ["critical", "high"], "labels": {"site": "os*"}, "fallback": "deputy",
        "disabled_at": None, "pending": 1, "late": False, "dead_letters": 0, "last": None,
    }  # fmt: skip
    hook.gate.set()
    async with asyncio.timeout(10):
        while not (await ask(house, "GET", "/receivers/hook"))[1]["last"]:
            await asyncio.sleep(0.01)
    _, first = await ask(house, "GET", "/receivers?limit=1")
    _, rest = await ask(house, "GET", f"/receivers?cursor={first['next']}")
    assert [each["name"] for each in first["items"] + rest["items"]] == ["deputy", "hook"]
    last = rest["items"][0]["last"]
    assert (last["event"], last["delivered"], last["status"]) == ("ticket.opened", True, 204)
    (action,) = (await ask(house, "GET", f"/tickets/{ticket.number}/actions"))[1]["items"]
    assert action == action | {
        "type": "delivery", "target": "hook", "event": "ticket.opened", "seq": 1,
        "outcome": "done", "tries": 1, "due_at": None,
    }  # fmt: skip
    assert action["done_at"] >= action["at"]


async def test_what_was_missed_is_listed_and_sent_again_once_it_is_enabled(
    house: WebHouse, hook: Hook
) -> None:
    """Nothing is sent to whoever wants nothing; each deed is in the audit log."""
    one, two = await gave_up(house, hook, 2)
    hook.status = 204
    _, shown = await ask(house, "GET", "/receivers/hook")
    assert shown["disabled_at"]
    assert "410" in shown["disabled_reason"]
    _, first = await ask(house, "GET", "/dead-letters?limit=1")
    _, rest = await ask(house, "GET", f"/dead-letters?cursor={first['next']}")
    letters = first["items"] + rest["items"]
    assert [each["ticket"] for each in letters] == [two.number, one.number]
    assert {each["receiver"] for each in letters} == {"hook"}
    _, about = await ask(house, "GET", f"/dead-letters?ticket={one.number}&receiver=hook")
    assert about["items"] == [letters[1]]
    assert (await ask(house, "GET", "/dead-letters?receiver=deputy"))[1]["items"] == []

    number = letters[0]["number"]
    status, refused = await ask(house, "POST", f"/dead-letters/{number}/resend")
    assert (status, "enable it first" in refused["detail"]) == (409, True)
    assert (await ask(house, "POST", "/receivers/hook/resend"))[0] == 409
    assert (await ask(house, "POST", "/receivers/hook/enable"))[1]["disabled_at"] is None
    assert (await ask(house, "POST", "/receivers/hook/enable"))[0] == 200
    assert len(await audited(house, "receiver.enable")) == 1

    count = len(hook.got)
    assert await ask(house, "POST", f"/dead-letters/{number}/resend") == (200, {"resent": 1})
    await hook.until(count + 1)
    assert hook.told[-1]["data"]["id"] == letters[0]["id"]
    assert (await ask(house, "POST", f"/dead-letters/{number}/resend"))[0] == 404
    assert await ask(house, "POST", "/receivers/hook/resend") == (200, {"resent": 1})
    await hook.until(count + 2)
    assert await ask(house, "POST", "/receivers/hook/resend") == (200, {"resent": 0})
    deeds = await audited(house, "delivery.resend")
    assert [(each["by"], each["object"]) for each in deeds] == [
        ("ann", "receiver:hook"),
        ("ann", f"ticket:{two.number}"),
    ]


async def test_what_is_held_says_until_when_and_why_wherever_it_is_shown(tmp_path: Path) -> None:
    """Of the receiver, of the ticket's actions, and of the ticket's export alike."""
    held = """
receivers:
  - {name: hook, type: webhook, url: 'http://127.0.0.1:1/x', allow_private: true,
     digest: {every: 24h}}
"""
    async with open_house(tmp_path, held) as house:
        ticket = await house.ticket()
        _, hook = await ask(house, "GET", "/receivers/hook")
        assert (hook["held_by"], hook["late"], hook["pending"]) == ("digest", False, 1)
        assert hook["next_at"].endswith("T00:00:00Z")
        _, listed = await ask(house, "GET", f"/tickets/{ticket.number}/actions")
        _, export = await ask(house, "GET", f"/tickets/{ticket.number}/export.json")
        for one in (listed["items"][0], export["actions"][0]):
            assert (one["due_at"], one["held_by"]) == (hook["next_at"], "digest")
