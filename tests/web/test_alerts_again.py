"""What a source signed, sent once more: by its sender, or by somebody who recorded it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from alarm_house import send, tickets
from alarming import alert, over, webhook
from fettled.core.errors import StoreDownError
from web_house import WebHouse, open_house

SIGNING = "whsec_" + base64.b64encode(b"k" * 32).decode()
HMAC = "grafanas-shared-secret"
SOURCES = f"""
alerts:
  sources:
    - {{name: signed, format: alertmanager, secret: "{SIGNING}", max_alarms: 1}}
    - {{name: dated, format: grafana, secret: {HMAC}, timestamp_header: X-At}}
    - {{name: undated, format: grafana, secret: {HMAC}}}
"""
AGAIN = "this message was taken in before: nothing was done"


def body(*alerts: dict[str, Any]) -> bytes:
    """Write what a source sends."""
    return json.dumps(webhook(*alerts)).encode()


FIRING, OVER = body(alert()), body(over())


def standard(raw: bytes, ident: str, ago: int = 0) -> dict[str, str]:
    """Sign as the official package does, some seconds ago."""
    at = datetime.now(UTC) - timedelta(seconds=ago)  # noqa: TID251 - the sender has a clock of its own
    return {
        "webhook-id": ident,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SIGNING).sign(ident, at, raw.decode()),
    }


def grafanas(raw: bytes, ago: int = 0) -> dict[str, str]:
    """Sign as Grafana does where it tells the time."""
    at = str(int(datetime.now(UTC).timestamp()) - ago)  # noqa: TID251 - as above
    right = hmac.new(HMAC.encode(), f"{at}:".encode() + raw, hashlib.sha256).hexdigest()
    return {"X-Grafana-Alerting-Signature": right, "X-At": at}


async def ticket(house: WebHouse) -> tuple[str, int]:
    """The status of the only one, and how often it was reopened."""
    (only,) = await tickets(house)
    return only["status"], only["reopen_count"]


@pytest.mark.parametrize("name", ["signed", "dated"])
async def test_a_recorded_message_opens_and_resolves_nothing_again(
    tmp_path: Path, name: str
) -> None:
    """
    Whoever recorded it sends it within its five minutes, also with a signature more: nothing.

    Seen to fail where messages are not remembered, and where they are by their signatures.
    """
    is_standard = name == "signed"
    fires = standard(FIRING, "m1") if is_standard else grafanas(FIRING, ago=20)
    ends = standard(OVER, "m2") if is_standard else grafanas(OVER, ago=10)
    anew = standard(FIRING, "m3") if is_standard else grafanas(FIRING)
    padded = {**fires}
    if is_standard:
        padded["webhook-signature"] = f"v1,AAAA {fires['webhook-signature']}"
    async with open_house(tmp_path, SOURCES) as house:
        assert (await send(house, FIRING, fires, name))[0] == 200
        assert (await send(house, OVER, ends, name))[1]["taken"] == 1
        assert await ticket(house) == ("resolved", 0)

        for recorded in (fires, padded):
            status, told = await send(house, FIRING, recorded, name)
            assert (status, told["because"], told["taken"]) == (200, AGAIN, 0)
        assert await ticket(house) == ("resolved", 0)

        status, told = await send(house, FIRING, anew, name)
        assert (status, told["because"]) == (200, "")
        assert await ticket(house) == ("open", 1)
        assert (await send(house, OVER, ends, name))[1]["because"] == AGAIN
        assert await ticket(house) == ("open", 1)


async def test_a_senders_next_try_is_answered_as_taken(tmp_path: Path) -> None:
    """
    It lost our answer and signs anew, with the same id: 200 and no effect, so it stops.

    Seen to fail where only what is sent byte for byte is known again.
    """
    async with open_house(tmp_path, SOURCES) as house:
        assert (await send(house, FIRING, standard(FIRING, "m1", ago=30), "signed"))[0] == 200
        await send(house, OVER, standard(OVER, "m2"), "signed")

        status, told = await send(house, FIRING, standard(FIRING, "m1"), "signed")

        assert (status, told["because"], told["alarms"]) == (200, AGAIN, [])
        assert await ticket(house) == ("resolved", 0)


async def test_a_sender_that_gives_all_its_messages_one_id_is_heard(tmp_path: Path) -> None:
    """What says something else is another message: an outage is not hidden by a poor sender."""
    async with open_house(tmp_path, SOURCES) as house:
        await send(house, FIRING, standard(FIRING, "always"), "signed")
        await send(house, OVER, standard(OVER, "always"), "signed")
        assert await ticket(house) == ("resolved", 0)


async def test_what_was_not_kept_is_taken_at_the_next_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A message is known again only once it is on disk: until then the same one is welcome.

    Seen to fail where it is remembered as soon as its signature is found to be right.
    """
    signed = standard(FIRING, "m1")
    async with open_house(tmp_path, SOURCES) as house:
        store = house.assembly.alarms._store

        async def down(_unit: object) -> None:
            raise StoreDownError

        with monkeypatch.context() as broken:
            broken.setattr(store, "write", down)
            assert (await send(house, FIRING, signed, "signed"))[0] == 503
        status, told = await send(house, FIRING, signed, "signed")
        assert (status, told["because"]) == (200, "")
        assert await ticket(house) == ("open", 0)


async def test_what_was_refused_in_part_is_tried_anew_and_not_recorded(tmp_path: Path) -> None:
    """
    The same request again is 409; the sender's next try, of another second, is judged anew.

    Seen to fail where a message of which some was refused is forgotten.
    """
    both = body(alert(), alert(n="2"))
    async with open_house(tmp_path, SOURCES) as house:
        first = standard(both, "m1", ago=30)
        status, told = await send(house, both, first, "signed")
        assert (status, told["detail"][:31]) == (422, "1 of 2 alarms was not taken, th")
        await send(house, OVER, standard(OVER, "m2"), "signed")

        status, told = await send(house, both, first, "signed")
        assert status == 409
        assert told["detail"].endswith("to send them again, sign them anew")
        assert await ticket(house) == ("resolved", 0)
        assert (await send(house, both, standard(both, "m1"), "signed"))[0] == 422
        assert await ticket(house) == ("open", 1)


async def test_without_a_time_a_message_is_no_other_than_the_next(tmp_path: Path) -> None:
    """Grafana repeats itself word for word: what has no time is taken each time."""
    right = hmac.new(HMAC.encode(), FIRING, hashlib.sha256).hexdigest()
    async with open_house(tmp_path, SOURCES) as house:
        for _ in range(2):
            headers = {"X-Grafana-Alerting-Signature": right}
            assert (await send(house, FIRING, headers, "undated"))[1]["taken"] == 1
