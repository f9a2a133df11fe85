"""Few file descriptors and many slow probes: the daemon stays reachable and says why."""

import resource
from pathlib import Path

from live import FAST, daemon, devices, logged, wait_for


def test_a_daemon_with_128_descriptors_answers_all_the_same(tmp_path: Path) -> None:
    """Fewer probes at a time, told at the start; no failure of a target is made of it."""
    with devices() as made, daemon(tmp_path / "home") as fettled:
        slow = made.make("slow")
        made.do(slow.hang())
        lines = "\n".join(
            f"  - {{subject: s-{n}, type: service, check: {{type: tcp, host: 127.0.0.1, "
            f"port: {slow.port}, expect: never}}}}"
            for n in range(500)
        )
        fettled.write(lines + "\n", FAST.replace("timeout: 1s", "timeout: 3s"))
        fettled.limits = {resource.RLIMIT_NOFILE: (128, 128)}
        fettled.start()

        def is_busy() -> bool:
            text = fettled.metrics()
            line = next(s for s in text.splitlines() if s.startswith("fettled_in_flight_probes "))
            return float(line.split()[-1]) >= 30

        wait_for(is_busy, "probes in flight")
        assert fettled.get("/health-check")["status"] in {"pass", "warn"}
        assert any("descriptors" in line["note"] for line in logged(fettled.out, "config.noted"))
        wait_for(
            lambda: (
                'reason="timeout",type="tcp",verdict="down"' in fettled.metrics()
                or 'type="tcp",verdict="down",reason="timeout"' in fettled.metrics()
            ),
            "looks",
        )
        assert 'reason="resources"' not in fettled.metrics()
        assert fettled.stop() == 0
