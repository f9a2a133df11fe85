"""A wall clock that jumps is no news about any target."""

from pathlib import Path

import pytest

import needs
from live import Daemon, daemon, devices, logged, wait_for

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
