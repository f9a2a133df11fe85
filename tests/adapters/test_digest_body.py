"""What a webhook says of several tickets: an entry of each, and never too long."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from fettled.core.deliveries import Delivery
from fettled.notify.body import MOST_BYTES, json_body
from fettled.ports.notify import Telling

AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


def telling(ticket: int, *seqs: int, title: str = "Device offline") -> Telling:
    """Tell of some events of a ticket."""
    payload: dict[str, Any] = {
        "ticket": {"number": ticket, "title": title, "status": "open", "description": "x" * 9000},
        "data": {},
    }
    events = (
        Delivery(seq, "hook", ticket, "ticket.opened", f"id-{ticket}-{seq}", seq, AT, 1, payload)
        for seq in seqs
    )
    return Telling(tuple(events))


def said(of: Telling) -> dict[str, Any]:
    """Read the body as who gets it does."""
    body = json_body(of)
    assert len(body) <= MOST_BYTES
    read: dict[str, Any] = orjson.loads(body)
    return read


def test_every_event_has_an_entry_and_the_present_state_says_how_many_led_there() -> None:
    """The latter has one for each ticket."""
    every = said(replace(telling(7, 1, 2), earlier=1, also=(telling(8, 1),)))
    assert (every["type"], "more" in every["data"]) == ("digest", False)
    entries = [(e["ticket"]["number"], e["sequence"]) for e in every["data"]["events"]]
    assert entries == [(7, 1), (7, 2), (8, 1)]
    assert {each["earlier"] for each in every["data"]["events"]} == {0}
    state = said(replace(telling(7, 9), earlier=8, also=(telling(8, 1),)))
    assert [each["earlier"] for each in state["data"]["events"]] == [8, 0]
    assert state["data"]["id"] == replace(telling(7, 9), also=(telling(8, 1),)).id


def test_as_many_events_as_a_digest_of_every_event_has_always_fit() -> None:
    """However long their titles are; of more the last are left out, and counted."""
    long = "Ω" * 5000
    many = tuple(telling(n, 1, title=long) for n in range(1, 251))
    fits = replace(many[0], also=many[1:25])
    assert len(said(fits)["data"]["events"]) == 25
    more = replace(fits, also=many[1:])
    data = said(more)["data"]
    assert len(data["events"]) + data["more"] == 250


def test_one_ticket_by_itself_is_an_event_as_any_other() -> None:
    """A digest of one thing looks like it."""
    assert said(telling(7, 1))["type"] == "ticket.opened"
