"""Requests with an `Idempotency-Key`, and kill -9 at any instant."""

from __future__ import annotations

import http.client
import json
import random
import threading
from datetime import timedelta
from pathlib import Path

import live
from fettled.clock import SystemClock
from live import Daemon

TARGETS = """
  - subject: cron
    type: service
    checks: {main: {type: heartbeat, period: 1h}}
"""
ROUNDS = 4
END = (SystemClock().wall() + timedelta(days=1)).isoformat()


def post(daemon: Daemon, token: str, key: str) -> int | None:
    """Ask for a silence with *key*; the status, None without an answer."""
    (*_, started) = live.logged(daemon.out, "daemon.listening")
    connection = http.client.HTTPConnection(started["address"].removeprefix("http://"), timeout=20)
    body = {"subject": "cron", "ends_at": END, "reason": key}
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": key,
    }
    try:
        connection.request("POST", "/api/v1/maintenance-windows", json.dumps(body), headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def test_what_was_sent_again_after_a_kill_took_effect_once(tmp_path: Path):
    """
    Every request is sent until it is answered, across kills; each made one window.

    Seen to fail with the key recorded with the answer, after the unit's own transaction.
    """
    chance = random.Random(7)
    with live.daemon(tmp_path / "home") as daemon:
        daemon.write(TARGETS)
        daemon.start()
        token = (daemon.home / "admin.token").read_text().strip()
        waiting = [f"request-{n}" for n in range(60)]
        answered: dict[str, int] = {}
        for _ in range(ROUNDS):
            batch = [key for key in waiting if key not in answered]
            killer = threading.Timer(chance.uniform(0.01, 0.15), daemon.kill)
            killer.start()
            for key in batch:
                status = post(daemon, token, key)
                if status is None:
                    break
                answered[key] = status
            killer.join()
            daemon.start()
        for key in waiting:
            if key not in answered:
                answered[key] = post(daemon, token, key) or 0
        assert set(answered.values()) <= {201, 409}
        made = daemon.get("/api/v1/maintenance-windows?limit=200")["items"]
        assert sorted(each["reason"] for each in made) == sorted(waiting)
