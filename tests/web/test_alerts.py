"""Alarms over HTTP: who may send them, hostile bodies, and what becomes of good ones."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from alarm_house import get, send, tickets
from alarming import alert, over, webhook
from fettled.core.permissions import Role
from web_house import WebHouse, open_house

TOKEN = "a-token-of-its-own-1"
SIGNING = "whsec_" + base64.b64encode(b"k" * 32).decode()
HMAC = "grafanas-shared-secret"
SOURCES = f"""
alerts:
  sources:
    - name: prom
      format: alertmanager
      token: {TOKEN}
      rules:
        - if: [{{path: labels.severity, op: in, value: [critical, page]}}]
          subject: "{{labels.instance}}"
          kind: disk_full
          level: P1
          region: "{{labels.region}}"
          application: Shop
        - if: [{{path: labels.severity, value: warning}}]
    - {{name: signed, format: generic, secret: "{SIGNING}"}}
    - {{name: grafana, format: grafana, secret: {HMAC}}}
    - {{name: dated, format: grafana, secret: {HMAC}, timestamp_header: X-At}}
    - {{name: small, format: alertmanager, token: {TOKEN}, max_alarms: 3}}
"""
BEARER = {"Authorization": f"Bearer {TOKEN}"}


async def push(house: WebHouse, *alerts: dict[str, Any], name: str = "prom") -> tuple[int, Any]:
    """Send *alerts* with the source's own token."""
    return await send(house, json.dumps(webhook(*alerts)).encode(), BEARER, name)


BODY = json.dumps({"id": "a", "status": "firing", "summary": "x"}).encode()


def signed(body: bytes, secret: str = SIGNING, at: datetime | None = None) -> dict[str, str]:
    """Sign as the official package does."""
    at = at or datetime.now(UTC)  # noqa: TID251 - the sender has a clock of its own
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body.decode()),
    }


def dated(body: bytes, at: str) -> dict[str, str]:
    """Sign as Grafana does where it tells the time."""
    right = hmac.new(HMAC.encode(), f"{at}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Grafana-Alerting-Signature": right, "X-At": at}


async def test_nobody_else_may_send(tmp_path: Path) -> None:
    """
    No token, a wrong one, another source's way, a wrong or old or foreign signature: 401.

    Seen to fail where the age of a signature is not looked at, the official one's or Grafana's.
    """
    good = json.dumps(webhook(alert(severity="critical"))).encode()
    old = datetime(2026, 1, 1, tzinfo=UTC)
    other = "whsec_" + base64.b64encode(b"o" * 32).decode()
    now = int(datetime.now(UTC).timestamp())  # noqa: TID251 - as above
    stale = [str(now - 310), str(now + 310), str(int(old.timestamp())), "", "-1", f"{now}.0"]
    async with open_house(tmp_path, SOURCES) as house:
        for headers, name in [
            ({}, "prom"),
            ({"Authorization": "Bearer wrong"}, "prom"),
            ({"Authorization": f"Basic {TOKEN}"}, "prom"),
            ({"Authorization": "Bearer "}, "grafana"),
            (BEARER, "signed"),
            (BEARER, "nobody"),
            (signed(BODY, other), "signed"),
            (signed(BODY, at=old), "signed"),
            (signed(good), "prom"),
            ({**signed(BODY), "webhook-id": "msg_2"}, "signed"),
            ({**signed(BODY), "webhook-signature": "v1,\u00e9 v2,x"}, "signed"),
            ({"X-Grafana-Alerting-Signature": "0" * 64}, "grafana"),
            ({"X-Grafana-Alerting-Signature": ""}, "grafana"),
            *((dated(BODY, at), "dated") for at in stale),
        ]:
            status, told = await send(house, good if name == "prom" else BODY, headers, name)
            assert status in {401, 429}, (headers, name, told)
        assert await tickets(house) == []


async def test_a_token_of_ours_needs_the_permission(tmp_path: Path) -> None:
    """An administrator's works, and learns that a source is not there; a reporter's does not."""
    good = json.dumps(webhook(alert(severity="critical"))).encode()
    async with open_house(tmp_path, SOURCES) as house:
        admin, reporter = await house.headers(), await house.headers(Role.REPORTER)
        assert (await send(house, good, reporter))[0] == 403
        assert (await send(house, good, admin))[0] == 200
        assert (await send(house, good, admin, "nobody"))[0] == 404


async def test_a_signature_is_as_good_as_a_token(tmp_path: Path) -> None:
    """Standard Webhooks, by the official package; Grafana's, with and without its time."""
    grafanas = json.dumps(webhook(alert())).encode()
    plain = hmac.new(HMAC.encode(), grafanas, hashlib.sha256).hexdigest()
    at = str(int(datetime.now(UTC).timestamp()))  # noqa: TID251 - as above
    name = "X-Grafana-Alerting-Signature"
    async with open_house(tmp_path, SOURCES) as house:
        assert (await send(house, BODY, signed(BODY), "signed"))[0] == 200
        assert (await send(house, grafanas, {name: plain}, "grafana"))[0] == 200
        assert (await send(house, grafanas, dated(grafanas, at), "dated"))[0] == 200
        assert (await send(house, grafanas, {name: plain}, "dated"))[0] == 401


@pytest.mark.parametrize(
    ("raw", "status", "said"),
    [
        (b"", 400, "not JSON"),
        (b"{", 400, "not JSON"),
        (b'{"alerts": [], "alerts": []}', 400, "more than once"),
        (b"[" * 5000, 400, "nested deeper"),
        (b'{"a":' * 5000, 400, "nested deeper"),
        (b'"text"', 422, "must be a JSON object"),
        (b"[]", 422, "must be a JSON object"),
        (b'{"alerts": {"a": 1}}', 422, "must be a list"),
        (b'{"version": "5", "alerts": []}', 422, "must be 4"),
        (b'{"alerts": [{"status": "\\ud800"}]}', 400, "not JSON"),
        (b'{"alerts": [{"status": []}]}', 422, "must be firing or resolved"),
        (b'{"alerts": [{"status": "firing", "labels": {"a": null}}]}', 422, "must be a text"),
        (b'{"alerts": [' + b"1," * 2000 + b"1]}", 422, "has 2001 alarms"),
        (b" " * 1_100_000, 413, "larger than 1 MiB"),
        (b'{"alerts": [1e999]}', 400, "not JSON"),
    ],
)
async def test_a_hostile_body_is_refused_in_one_sentence(
    tmp_path: Path, raw: bytes, status: int, said: str
) -> None:
    """Nothing is taken from it, and nothing breaks."""
    async with open_house(tmp_path, SOURCES) as house:
        answered, told = await send(house, raw, BEARER)
        assert answered == status, told
        assert said in told["detail"]
        assert "\n" not in told["detail"]
        assert await tickets(house) == []


async def test_a_text_that_no_terminal_should_see_is_cleaned(tmp_path: Path) -> None:
    """NUL, escape sequences and line breaks end at the door; the ticket is filed all the same."""
    told = {**alert(severity="critical"), "annotations": {"summary": "a\x00b\x1b[31mc\nd\u2028e"}}
    async with open_house(tmp_path, SOURCES) as house:
        assert (await push(house, told))[0] == 200
        (ticket,) = await tickets(house)
        assert ticket["title"] == "a b [31mc d e"


async def test_ten_thousand_fingerprints_take_the_room_there_is(tmp_path: Path) -> None:
    """More is refused, and says so; the end of what is kept is heard in the same body."""
    async with open_house(tmp_path, SOURCES) as house:
        assert (await push(house, *(alert(n=str(n)) for n in range(3)), name="small"))[0] == 200
        for start in range(3, 10_000, 1999):
            many = [alert(n=str(n)) for n in range(start, start + 1999)]
            status, told = await push(house, *many, over(n="0"), name="small")
            assert status == 422
        assert "small has 3 alarms, which is all that are kept" in told["detail"]
        assert len(told["detail"]) < 300
        _, listed = await get(house, "/api/v1/alerts")
        small = next(each for each in listed["items"] if each["name"] == "small")
        assert small["firing"] + small["resolved"] == 3
        assert len(await tickets(house)) <= 5


async def test_one_bad_alarm_does_not_hide_an_outage(tmp_path: Path) -> None:
    """The others are taken; the answer says which was not, so that the sender's log does."""
    async with open_house(tmp_path, SOURCES) as house:
        bad = {**alert(severity="critical", n="1"), "labels": {"a": 1}}
        status, told = await push(house, bad, alert(severity="critical"))
        assert status == 422
        assert told["detail"] == (
            "1 of 2 alarms was not taken, the other was: alerts.0.labels.a: must be a text"
        )
        assert told["errors"] == [{"field": "alerts.0.labels.a", "detail": "must be a text"}]
        assert len(await tickets(house)) == 1


async def test_an_alarm_is_a_ticket_that_says_what_its_rule_says(tmp_path: Path) -> None:
    """Fields, subject, fault time; a repeat changes nothing, and its end resolves it."""
    async with open_house(tmp_path, SOURCES) as house:
        told = {"severity": "critical", "instance": "cron:9100", "region": "Oslo"}
        status, answer = await push(house, alert(**told), alert(severity="info"))
        assert status == 200
        assert (answer["taken"], answer["ignored"]) == (1, 1)
        first, second = answer["alarms"]
        assert (first["rule"], first["subject"], first["because"]) == ("rule-1", "cron", "")
        assert second["because"] == "no rule matches"

        await push(house, alert(**told))
        (ticket,) = await tickets(house)
        wanted = {
            "title": "DiskFull of cron:9100",
            "kind": "disk_full",
            "priority": "critical",
            "level": "P1",
            "region": "Oslo",
            "application": "Shop",
            "ownership": "alarm_detection",
            "source": "health_monitor",
            "check": first["check"],
            "occurred_at": "2026-11-21T08:30:00.123Z",
            "version": 1,
        }
        assert {name: ticket[name] for name in wanted} == wanted
        assert ticket["subject"]["key"] == "cron"

        await push(house, over(**told))
        (ticket,) = await tickets(house)
        assert ticket["resolution"]["code"] == "auto_recovered"


async def test_pages_about_subjects_and_metrics_know_alarms(tmp_path: Path) -> None:
    """A firing alarm stands on its subject's page and is explained; no series is named by it."""
    async with open_house(tmp_path, SOURCES) as house:
        _, answer = await push(house, alert(severity="warning"))
        check = answer["alarms"][0]["check"]
        _, subject = await get(house, "/api/v1/subjects/prom")
        assert (subject["phase"], subject["ticket"]) == ("firing", 1)
        assert [each["name"] for each in subject["checks"]] == [check]
        status, explained = await get(
            house, f"/api/v1/subjects/{check.replace('/', '%2F')}/explain"
        )
        assert status == 200
        assert explained["checks"][0]["check"] == check
        assert explained["checks"][0]["ticket"]["number"] == 1
        missing = await get(house, "/api/v1/subjects/alarm%2Fprom%2Fnobody/explain")
        assert missing[0] == 404
        _, account = await get(house, "/api/v1/account?since=1h")
        assert account["checks"] > 0

        await house.assembly._chores.hold_alarms()
        exposed = house.services.expose("")
        text = b"".join([chunk async for chunk in exposed.chunks]).decode()
        assert check not in text
        assert 'fettled_alarms{source="prom",state="firing"} 1.0' in text
        assert 'fettled_alarms_received_total{result="taken",source="prom"} 1.0' in text

        await push(house, over(severity="warning"))
        _, subject = await get(house, "/api/v1/subjects/prom")
        assert (subject["phase"], subject["ticket"], subject["checks"]) == ("healthy", None, [])


async def test_sources_are_listed_without_what_they_prove_themselves_by(tmp_path: Path) -> None:
    """By name, in pages."""
    async with open_house(tmp_path, SOURCES) as house:
        await push(house, alert(severity="warning"))
        _, page = await get(house, "/api/v1/alerts?limit=3")
        _, rest = await get(house, f"/api/v1/alerts?limit=3&cursor={page['next']}")
        names = [each["name"] for each in (*page["items"], *rest["items"])]
        assert names == ["dated", "grafana", "prom", "signed", "small"]
        prom = page["items"][2]
        assert (prom["firing"], prom["rules"]) == (1, ["rule-1", "rule-2"])
        assert prom["heard_at"] is not None
        shown = json.dumps([page, rest, (await get(house, "/api/v1/config"))[1]])
        assert TOKEN not in shown
        assert HMAC not in shown
        assert SIGNING not in shown


async def test_whoever_does_not_sign_is_told_which_header_is_missing(tmp_path: Path) -> None:
    """
    Of a source that signs: its own signature's, and not a token that it never had.

    Seen to fail where each is told of a token of ours.
    """
    good = signed(BODY)
    without_id = {k: v for k, v in good.items() if k != "webhook-id"}
    undated = {k: v for k, v in dated(BODY, "1").items() if k != "X-At"}
    ours = "or an API token with alert.push"
    async with open_house(tmp_path, SOURCES) as house:
        for name, headers, said in [
            ("signed", {}, f"signed signs what it sends: send webhook-signature, {ours}"),
            (
                "grafana",
                {},
                f"grafana signs what it sends: send X-Grafana-Alerting-Signature, {ours}",
            ),
            ("prom", {}, f"prom has a token: send it as Authorization: Bearer, {ours}"),
            ("signed", without_id, "the signature lacks its header webhook-id"),
            ("dated", undated, "the signature lacks its header X-At"),
            ("nobody", {}, "this needs a token: send Authorization: Bearer ftl_..."),
            ("signed", BEARER, "the token is unknown, wrong or expired"),
        ]:
            status, told = await send(house, BODY, headers, name)
            assert (status, told["detail"]) == (401, said)


async def test_of_one_alarm_that_was_not_taken_no_others_are_told(tmp_path: Path) -> None:
    """
    There were none; one is one; and what no rule matches was not taken either.

    Seen to fail where the others are told of wherever something was refused.
    """
    async with open_house(tmp_path, SOURCES) as house:
        bad = {**alert(), "labels": {"a": 1}}
        where = "alerts.0.labels.a: must be a text"
        assert (await push(house, bad))[1]["detail"] == f"the alarm was not taken: {where}"
        _, both = await push(house, bad, bad)
        assert both["detail"] == f"none of 2 alarms was taken: {where}"
        _, one = await push(house, bad, alert(severity="critical"))
        assert one["detail"] == f"1 of 2 alarms was not taken, the other was: {where}"
        _, one = await push(house, bad, bad, alert(severity="critical"))
        assert one["detail"] == f"2 of 3 alarms were not taken, the other was: {where}"
        good = [alert(severity="critical", n=n) for n in "12"]
        _, one = await push(house, bad, *good)
        assert one["detail"] == f"1 of 3 alarms was not taken, the others were: {where}"
        _, one = await push(house, bad, alert(severity="critical"), alert(severity="info"))
        assert one["detail"] == f"1 of 3 alarms was not taken: {where}"
