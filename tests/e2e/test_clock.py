"""A wall clock that jumps is no news about any target."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import needs
from listening import listening
from live import FAST, Daemon, daemon, devices, logged, wait_for

TARGETS = """
  - subject: up
    type: device
    check: {{type: tcp, host: 127.0.0.1, port: {up}}}
  - subject: down
    type: device
    check: {{type: tcp, host: 127.0.0.1, port: {down}}}
"""


def _faked(fettled: Daemon, home: Path) -> Path:
    """Let the daemon's wall clock be what a file says, and nothing else of its time."""
    needs.program("faketime", "faketime")
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    offset = home / "offset"
    offset.write_text("+0")
    fettled.environment = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    return offset


@pytest.mark.parametrize("jump", ["+3600", "-3600", "+86400", "-1700000000"])
def test_the_wall_clock_jumps_while_it_runs(tmp_path: Path, jump: str) -> None:
    """An hour either way, a day, back to about 1970: no ticket, none resolved, and it goes on."""
    with devices() as made, daemon(tmp_path / "home") as fettled:
        up, down = made.make("up"), made.make("down")
        made.do(down.down())
        fettled.write(TARGETS.format(up=up.port, down=down.port))
        offset = _faked(fettled, fettled.home)
        fettled.start()
        fettled.await_status(1, "open")
        fettled.await_phase("up", "healthy")

        offset.write_text(jump)
        wait_for(lambda: logged(fettled.out, "clock.stepped"), "the step to be noticed")
        assert [t["status"] for t in fettled.tickets()] == ["open"]
        assert fettled.phase("up") == "healthy"

        made.do(down.up())
        resolved = fettled.await_status(1, "resolved")
        assert resolved["created_at"] <= resolved["resolved_at"]
        made.do(up.down())
        fettled.await_status(2, "open")
        # A day later its clocks have run out, which is told as it is.
        told = [event for event in fettled.events(1) if not event.startswith("sla_")]
        assert told == ["opened", "resolved:auto_recovered"]
        assert "Traceback" not in fettled.err
        assert fettled.stop() == 0


RECEIVERS = """
receivers:
  - {{name: dead, type: webhook, url: "{url}/dead", allow_private: true}}
  - {{name: good, type: webhook, url: "{url}/good", allow_private: true}}
"""


def test_a_day_ahead_and_back_takes_no_tries_from_a_receiver_that_is_down(tmp_path: Path) -> None:
    """
    What becomes due is tried once, and what was put off meanwhile waits for its own pause.

    Seen to fail where everything is due at each step: the fourth try, the minute it is set back.
    """
    with listening() as inbox, daemon(tmp_path / "home") as fettled:
        inbox.answers["/dead"] = 503
        fettled.write(" []", FAST + RECEIVERS.format(url=inbox.url))
        offset = _faked(fettled, fettled.home)
        fettled.start()
        number = fettled.post("/api/v1/tickets", {"title": "No light"})["number"]

        def owed() -> dict[str, Any]:
            items = fettled.get(f"/api/v1/tickets/{number}/actions")["items"]
            return next(each for each in items if each["target"] == "dead")

        def await_put_off(tries: int) -> dict[str, Any]:
            """Counted is not tried yet: wait for what came of it."""
            what = f"try {tries} to be over"
            return wait_for(lambda: (o := owed())["due_at"] and o["tries"] == tries and o, what)

        await_put_off(2)
        for n, jump in enumerate(("+86400", "+0"), 1):
            offset.write_text(jump)
            wait_for(lambda n=n: len(logged(fettled.out, "clock.stepped")) == n, "the step")
            await_put_off(3)
        # It was put off by half an hour, and a fifth of that perhaps, under the wrong clock.
        at = datetime.fromisoformat(fettled.post("/api/v1/tickets", {"title": "x"})["created_at"])
        latest = at + timedelta(minutes=36)
        wait_for(lambda: datetime.fromisoformat(owed()["due_at"]) <= latest, "the pause")
        await_put_off(3)

        def told() -> list[str]:
            good = [json.loads(each.body) for each in inbox.taken if each.path == "/good"]
            return [f"{each['type']} {each['data']['ticket']['number']}" for each in good]

        wait_for(lambda: "ticket.opened 2" in told(), "the other receiver")
        assert told()[0] == "ticket.opened 1"
        ids = [each.headers["webhook-id"] for each in inbox.taken if each.path == "/good"]
        assert len(ids) == len(set(ids))
        assert fettled.stop() == 0
        assert fettled.run("db", "check").returncode == 0
