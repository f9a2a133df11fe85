"""Parents and roll-ups on the real daemon: whoever is reached through another is asked after it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fettled.demo.devices import Device
from live import Daemon, Devices, daemon, devices, wait_for

DOORS = [f"door-{n}" for n in range(1, 7)]
POLICIES = """
defaults: {interval: 200ms, timeout: 1s, retry_interval: 50ms, policy: fast}
policies:
  fast:
    open_after: 400ms
    resolve_after: 300ms
    reopen_window: 60s
    settle_after: 1s
    cascade: {hold: 2s}
    flap: {transitions: 50}
"""


def house(fettled: Daemon, made: Devices, hub_interval: str) -> tuple[Device, list[Device]]:
    """A hub that is looked at every *hub_interval*, and six doors behind it."""
    hub = made.make("hub")
    doors = [made.make(door) for door in DOORS]
    check = f'{{type: tcp, host: 127.0.0.1, port: {hub.port}, interval: "{hub_interval}"}}'
    targets = f"  - subject: hub\n    type: integration\n    check: {check}\n"
    for door in doors:
        target = f"{{type: tcp, host: 127.0.0.1, port: {door.port}}}"
        targets += f"  - {{subject: {door.name}, type: device, parent: hub, check: {target}}}\n"
    fettled.write(targets, POLICIES)
    fettled.start()
    for key in ("hub", *DOORS):
        fettled.await_phase(key, "healthy")
    return hub, doors


def break_all(made: Devices, some: Sequence[Device]) -> None:
    """Let them all refuse."""
    for device in some:
        made.do(device.down())


def mend_all(made: Devices, some: Sequence[Device]) -> None:
    """Let them all answer."""
    for device in some:
        made.do(device.up())


def opened(fettled: Daemon) -> dict[str, int]:
    """The open tickets: check -> how many on the checklist."""
    return {t["check"]: t["member_count"] for t in fettled.tickets() if t["status"] == "open"}


def test_a_parent_that_is_seldom_looked_at_is_asked_at_once(tmp_path: Path) -> None:
    """
    Its interval is an hour; the doors' failure has it looked at, and it gets the one ticket.

    Seen to fail with an observer whose `wake` asks nobody: six doors, a roll-up of their own.
    """
    with devices() as made, daemon(tmp_path / "home") as fettled:
        hub, doors = house(fettled, made, "1h")
        break_all(made, [hub, *doors])
        wait_for(lambda: opened(fettled) == {"hub/main": 6}, "the hub's ticket with six lines")
        assert len(fettled.tickets()) == 1

        mend_all(made, [hub, *doors])
        fettled.await_status(1, "resolved")
        shown = fettled.get("/api/v1/tickets/1")
        assert {line["state"] for line in shown["members"]} <= {"down", "recovered"}
        assert len(fettled.tickets()) == 1
        assert fettled.stop() == 0
        assert fettled.err == ""


def test_doors_behind_a_hub_that_answers_are_one_ticket_with_a_checklist(tmp_path: Path) -> None:
    """Opened once for all, told of on the command line, resolved when they are back."""
    with devices() as made, daemon(tmp_path / "home") as fettled:
        _, doors = house(fettled, made, "200ms")
        break_all(made, doors)
        wait_for(lambda: opened(fettled) == {"rollup:hub": 6}, "the roll-up")
        told = fettled.run("tickets", "show", "1").stdout
        assert "checklist: 0 of 6 recovered" in told
        assert "[ ] door-3/main" in told
        found = fettled.get("/api/v1/tickets?member=door-3")["items"]
        assert [ticket["number"] for ticket in found] == [1]
        assert fettled.get("/api/v1/subjects/door-3")["ticket"] == 1

        mend_all(made, doors)
        fettled.await_status(1, "resolved")
        assert [ticket["number"] for ticket in fettled.tickets()] == [1]
        assert fettled.stop() == 0
        assert fettled.err == ""


def test_a_kill_in_the_middle_of_a_roll_up_changes_nothing(tmp_path: Path) -> None:
    """After kill -9 and a start the same ticket stands for the same doors, and resolves."""
    with devices() as made, daemon(tmp_path / "home") as fettled:
        _, doors = house(fettled, made, "200ms")
        break_all(made, doors)
        wait_for(lambda: opened(fettled) == {"rollup:hub": 6}, "the roll-up")
        fettled.kill()
        fettled.start()
        mend_all(made, doors)
        fettled.await_status(1, "resolved")
        assert [ticket["number"] for ticket in fettled.tickets()] == [1]
        assert fettled.stop() == 0
