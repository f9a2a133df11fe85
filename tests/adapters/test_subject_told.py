"""An event that is no ticket's, on each road: sensible words or silence, and never a failure."""

from __future__ import annotations

import json
from email.headerregistry import Address
from pathlib import Path

import pytest

import probing
from fettled.core.deliveries import Delivery
from fettled.core.notice import Notice
from fettled.core.subject_events import PHASE_CHANGED
from fettled.notify import TYPES
from fettled.notify.body import MOST_BYTES, digest_of, json_body
from fettled.notify.letter import write
from fettled.notify.ready import READY
from fettled.ports.notify import Telling
from roads import ROADS, opened
from shaping import AT, VALUES, ready, webhook

WORDS = Notice("[down] Front door", "door-1/ping was up: no answer")
#: What makes a standing alarm of each ticket, and has none to make one of.
SILENT = {"pagerduty", "alertmanager"}


def changed(notice: Notice | None = WORDS, message: str = "no answer", labels: int = 1) -> Telling:
    """Tell that a check has entered another phase, as the outbox keeps it."""
    subject = {
        "key": "door-1",
        "name": "Front door",
        "type": "device",
        "labels": {f"site-{number}": "oslo" for number in range(labels)},
    }
    data = {
        "subject": subject,
        "check": "door-1/ping",
        "from": "up",
        "to": "down",
        "verdict": "down",
        "reason": "timeout",
        "message": message,
    }
    payload = {"ticket": None, "actor": {"type": "health_monitor"}, "data": data}
    one = Delivery(1, "hook", 0, PHASE_CHANGED, "e-1", 0, AT, 1, payload)
    return Telling((one,), notice=notice)


@pytest.mark.parametrize("name", READY)
@pytest.mark.parametrize("notice", [WORDS, None], ids=["worded", "not worded"])
def test_each_ready_template_says_it_or_is_silent(name: str, notice: Notice | None) -> None:
    """
    What people read names the subject; what makes alarms of tickets sends nothing.

    Seen to fail where Alertmanager was told of labels that are null, which it refuses each time.
    """
    made = ready(name)(changed(notice))
    if name in SILENT:
        assert not isinstance(made, bytes)
        assert made.is_delivered
        assert "nothing was sent" in made.detail
        return
    assert isinstance(made, bytes), made
    told = json.dumps(json.loads(made))
    assert f'"{WORDS.headline}"' in told
    assert "no answer" in told
    assert "#0" not in told
    assert "ticket" not in told.lower()
    assert "null" not in told.replace('"contentUrl": null', "")


def test_as_json_its_ticket_is_null_however_long_it_is() -> None:
    """
    As documented, in an event, in a digest, and where what is long was cut.

    Seen to fail where cutting made an object without fields of it.
    """
    for one in (changed(), changed(message="x" * 90_000), changed(labels=9000)):
        made = json_body(one)
        assert len(made) <= MOST_BYTES
        assert json.loads(made)["data"]["ticket"] is None
    assert [each["ticket"] for each in digest_of(changed())["data"]["events"]] == [None]


@pytest.mark.parametrize("notice", [WORDS, None], ids=["worded", "not worded"])
def test_a_mail_of_it_has_a_subject_and_is_in_no_ticket_thread(notice: Notice | None) -> None:
    """Nor has it a ticket's number to be sorted by; its words are the same, whoever worded it."""
    mail = write(
        changed(notice),
        sender=Address("f", "f", "ops.example"),
        to=[Address("a", "a", "ops.example")],
        now=AT,
    )
    assert mail["Subject"] == WORDS.headline
    assert mail["X-Fettled-Event"] == PHASE_CHANGED
    assert {"References", "In-Reply-To", "X-Fettled-Ticket"}.isdisjoint(mail)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("notice", [WORDS, None], ids=["worded", "not worded"])
async def test_every_road_takes_it(kind: str, notice: Notice | None, tmp_path: Path) -> None:
    """One message each, which says what happened and names no ticket number."""
    async with ROADS[kind].friendly(tmp_path) as (options, heard), opened(options) as (hook, _):
        tried = await hook.tell(changed(notice))
    assert tried.is_delivered, tried
    (message,) = heard.messages
    told = PHASE_CHANGED if kind == "webhook" else WORDS.headline
    assert told.encode() in message
    assert b"#0" not in message


@pytest.mark.parametrize("name", READY)
async def test_it_is_delivered_by_every_template(name: str) -> None:
    """At the first try: nothing of it is a failure that would be tried ten times."""
    values = {key: VALUES[key] for key in READY[name].needs}
    script = probing.says(probing.http(status="200 OK"))
    async with (
        probing.serve(script) as port,
        webhook(port, template=name, values=values) as hook,
    ):
        tried = await hook.tell(changed())
    assert tried.is_delivered
    assert (tried.status is None) == (name in SILENT)
