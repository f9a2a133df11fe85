"""The real daemon behind a cut cable: no target's ticket, one about the monitor."""

import re
from pathlib import Path

import pytest

from live import FAST, Daemon, daemon, logged, wait_for
from mute import Host, fall_silent, hosts, speak

CANARIES = ("127.0.77.1", "127.0.77.2")
DOORS = ("127.0.77.11", "127.0.77.12", "127.0.77.13", "127.0.77.14")


def _write(fettled: Daemon, made: list[Host], *, more: str = "") -> None:
    """Watch the doors as if they were behind a cable, with these canaries."""
    near = ", ".join(f'"{host.address}:{host.port}"' for host in made[: len(CANARIES)])
    targets = "".join(
        f"""
  - subject: door-{n}
    type: device
    requires: lan
    check: {{type: tcp, host: {host.address}, port: {host.port}, timeout: 300ms}}
"""
        for n, host in enumerate(made[len(CANARIES) :])
    )
    section = f"isolation: {{gateway: false, canaries: [{near}], timeout: 500ms{more}}}\n"
    fettled.write(targets, more=FAST + section)


def _await_healthy(fettled: Daemon) -> None:
    for n in range(len(DOORS)):
        fettled.await_phase(f"door-{n}", "healthy")
    asked = 'fettled_isolated{network="lan"} 0.0'
    wait_for(lambda: asked in fettled.metrics(), "the metric")


def test_when_all_canaries_and_targets_fall_silent_no_target_gets_a_ticket(
    tmp_path: Path,
) -> None:
    """
    One ticket, about the monitor, which goes when the cable is back; then outages count again.

    Seen to fail with a look that does not ask: four tickets of doors.
    """
    with hosts(*CANARIES, *DOORS) as made, daemon(tmp_path / "home") as fettled:
        _write(fettled, made)
        fettled.start()
        _await_healthy(fettled)
        fall_silent(*made)
        ticket = fettled.await_status(1, "open")
        assert (ticket["kind"], ticket["subject"], ticket["check"]) == (
            "monitor_impaired",
            None,
            "monitor:isolation",
        )
        assert ticket["priority"] == "high"
        wait_for(lambda: 'fettled_isolated{network="lan"} 1.0' in fettled.metrics(), "the metric")
        unknown = re.compile(r'fettled_probes_total\{reason="isolated",.*\} ([0-9]{2,})')
        wait_for(lambda: unknown.search(fettled.metrics()), "looks that are not believed")
        assert len(fettled.tickets()) == 1

        # All at once: a door that is silent a moment longer than others is a door that is down.
        speak(*reversed(made))
        fettled.await_status(1, "resolved")
        _await_healthy(fettled)
        fall_silent(made[-1])
        ticket = fettled.await_status(2, "open")
        assert ticket["check"] == "door-3/main"
        speak(made[-1])
        fettled.await_status(2, "resolved")

        assert fettled.events(1) == ["opened", "impaired", "resolved:auto_recovered"]
        assert [line["standing"] for line in logged(fettled.out, "isolation.began")] == ["proven"]
        assert logged(fettled.out, "isolation.ended")
        assert fettled.stop() == 0
        assert fettled.err == ""
        assert fettled.run("db", "check").returncode == 0


@pytest.mark.parametrize("kill", [False, True])
def test_a_daemon_that_is_restarted_behind_the_cut_cable_keeps_its_ticket(
    tmp_path: Path, kill: bool
) -> None:
    """It neither resolves it for want of news nor opens another."""
    with hosts(*CANARIES, *DOORS) as made, daemon(tmp_path / "home") as fettled:
        _write(fettled, made)
        fettled.start()
        _await_healthy(fettled)
        fall_silent(*made)
        fettled.await_status(1, "open")
        if kill:
            fettled.kill()
        else:
            assert fettled.stop() == 0
        fettled.start()
        # All at once: a door that is silent a moment longer than others is a door that is down.
        speak(*reversed(made))
        fettled.await_status(1, "resolved")
        _await_healthy(fettled)

        assert fettled.events(1) == ["opened", "impaired", "resolved:auto_recovered"]
        assert [ticket["kind"] for ticket in fettled.tickets()] == ["monitor_impaired"]
