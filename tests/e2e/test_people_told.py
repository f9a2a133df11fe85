"""Persons told by the real daemon: a chain of two steps, over a schedule, through one receiver."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

from listening import listening
from live import FAST, Daemon, daemon, wait_for

HOUSE = """
access:
  teams: [{{name: network, notify: room}}]
  users:
    - {{name: ann, roles: operator, contacts: {{sms: "+47 555 01 001"}}}}
    - {{name: kim, roles: manager, contacts: {{sms: "{kim}"}}}}
  schedules:
    - name: oncall
      rotation: {{every: 7d, start: 2026-01-05T08:00, members: ann}}
receivers:
  - {{name: sms, type: webhook, url: "{url}/sms", allow_private: true, audience: person}}
  - {{name: room, type: webhook, url: "{url}/room", allow_private: true, audience: team,
     remind: 10s}}
escalation: [{{after: 0s, to: oncall}}, {{after: 8s, to: manager}}]
"""
ANN, KIM, KIMS_NEW = "+47 555 01 001", "+47 555 01 002", "+47 555 01 003"


def outcomes(fettled: Daemon, number: int) -> list[tuple[str, str, str]]:
    """What was done for a ticket: type, target, outcome."""
    items = fettled.get(f"/api/v1/tickets/{number}/actions")["items"]
    return [(each["type"], each["target"], each["outcome"]) for each in items]


def test_a_chain_tells_whoever_is_on_call_and_then_the_manager(tmp_path: Path) -> None:
    """
    Each at their own address, once; killed between the steps, and told under the same id.

    A contact that a reload changes is where the next one goes; a room is told again of what
    nobody starts.
    """
    with listening() as inbox, daemon(tmp_path / "home") as fettled:

        def heard(path: str) -> list[tuple[Any, ...]]:
            return [
                (
                    each.headers.get("X-Fettled-Contact"),
                    json.loads(each.body)["type"],
                    json.loads(each.body)["data"]["ticket"]["number"],
                )
                for each in inbox.taken
                if each.path == path
            ]

        fettled.write(" []", FAST + HOUSE.format(url=inbox.url, kim=KIM))
        fettled.start()
        number = fettled.post("/api/v1/tickets", {"title": "No light"})["number"]
        wait_for(lambda: heard("/sms"), "ann to be told")
        fettled.kill()
        fettled.start()
        wait_for(lambda: len({who for who, *_ in heard("/sms")}) > 1, "kim to be told")
        assert list(dict.fromkeys(heard("/sms"))) == [
            (ANN, "ticket.escalated", number),
            (KIM, "ticket.escalated", number),
        ]
        assert len({(each.headers["webhook-id"]) for each in inbox.taken}) == 2
        done = [
            ("escalation", "oncall", "done"),
            ("delivery", "sms/ann", "done"),
            ("escalation", "manager", "done"),
            ("delivery", "sms/kim", "done"),
        ]
        wait_for(lambda: outcomes(fettled, number) == done, "both steps to be done")

        fettled.write(" []", FAST + HOUSE.format(url=inbox.url, kim=KIMS_NEW))
        fettled.send(signal.SIGHUP)
        wait_for(lambda: KIMS_NEW in json.dumps(fettled.get("/api/v1/users")), "the reload")
        asked = {"action": "assign", "assignee": "kim", "team": "network"}
        fettled.post(f"/api/v1/tickets/{number}/actions", asked)
        wait_for(lambda: (KIMS_NEW, "ticket.assigned", number) in heard("/sms"), "kim again")
        wait_for(lambda: (None, "ticket.assigned", number) in heard("/room"), "the team")
        wait_for(lambda: (None, "reminder", number) in heard("/room"), "a reminder")
        told = 'fettled_deliveries_total{outcome="done",reason="delivered",receiver="sms"}'
        assert told in fettled.metrics()
