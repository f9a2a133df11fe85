"""A daemon that does not run sees nothing: the time it was stopped confirms no failure."""

import signal
import time
from pathlib import Path

from live import FAST, daemon, devices, logged, wait_for

#: Three seconds of failure, seen; stopped for twice as long in the middle of them.
SLOW = FAST.replace("open_after: 300ms", "open_after: 3s")
STOPPED_SECONDS = 6.0


def test_a_debounce_is_not_met_by_the_time_the_daemon_was_stopped(tmp_path: Path) -> None:
    """SIGSTOP while pending: after SIGCONT the failure has to be seen for as long again."""
    with devices() as made, daemon(tmp_path / "home") as fettled:
        door = made.make("door")
        fettled.write(
            f"  - {{subject: a, type: device, check: {{type: tcp, host: 127.0.0.1, "
            f"port: {door.port}}}}}\n",
            SLOW,
        )
        fettled.start()
        fettled.await_phase("a", "healthy")
        made.do(door.down())
        fettled.await_phase("a", "pending_open")
        fettled.send(signal.SIGSTOP)
        stopped = time.monotonic()
        wait_for(lambda: time.monotonic() - stopped > STOPPED_SECONDS, "the pause to be over")
        fettled.send(signal.SIGCONT)
        resumed = time.monotonic()
        fettled.await_status(1, "open")
        assert time.monotonic() - resumed > 2.5
        assert fettled.events(1) == ["opened"]
        assert not logged(fettled.out, "daemon.faulted")
