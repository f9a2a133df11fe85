"""What the demo tells: lines where there is no terminal, a table where there is one."""

from __future__ import annotations

import io
import threading
from datetime import UTC, datetime

from rich.console import Console

from fettled.core.condition import Condition
from fettled.core.tickets import MONITOR, Change, Entry, Resolution, Ticket
from fettled.core.words import Code, Kind, Phase, Priority, Source, Status
from fettled.demo import view
from fettled.demo.board import Board
from fettled.ports import EventSink

AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


def _ticket(number: int = 3, status: Status = Status.OPEN) -> Ticket:
    resolved = status is Status.RESOLVED
    return Ticket(
        title="Device offline: door-2",
        kind=Kind.DEVICE_OFFLINE,
        source=Source.HEALTH_MONITOR,
        priority=Priority.MEDIUM,
        created_at=AT,
        updated_at=AT,
        number=number,
        status=status,
        subject="door-2",
        check="door-2/main",
        resolution=Resolution(Code.AUTO_RECOVERED, AT, MONITOR) if resolved else None,
    )


def _entry(event: str, **data: object) -> Entry:
    return Entry(event, AT, MONITOR, dict(data))


def test_the_board_is_an_event_sink():
    """The daemon is given the board as it is given any other sink."""
    sink: EventSink = Board({})

    sink.faulted("store", OSError("disk full"))


def test_each_event_is_one_line():
    """Number, event, subject, kind, and why where there is a why."""
    lines: list[str] = []
    board = Board({"door-2": None}, lines.append)

    board.changed(Change(_ticket(), (_entry("opened"),)))
    board.changed(Change(_ticket(status=Status.RESOLVED), (_entry("resolved"),)))
    board.changed(Change(_ticket(), (_entry("reopened", cause="relapse"),)))

    assert lines == [
        "#3 opened    door-2        device_offline",
        "#3 resolved  door-2        device_offline  (auto_recovered)",
        "#3 reopened  door-2        device_offline  (relapse)",
    ]
    assert board.counts == {"opened": 1, "resolved": 1, "reopened": 1}


def test_waiting_ends_when_the_last_ticket_is_resolved():
    """`--once` ends as soon as nothing is open, and not before."""
    board = Board({"door-2": None})
    board.changed(Change(_ticket(), (_entry("opened"),)))
    assert not board.wait_until_resolved(0.01)

    resolved = Change(_ticket(status=Status.RESOLVED), (_entry("resolved"),))
    threading.Thread(target=board.changed, args=(resolved,)).start()
    assert board.wait_until_resolved(5)


def test_the_table_shows_subject_phase_ticket_and_the_last_events():
    """A newcomer sees who hangs behind whom, what is believed and what was opened."""
    board = Board({"hub": None, "door-2": "hub"})
    board.phase_changed(
        Condition("door-2/main"), Condition("door-2/main", phase=Phase.PENDING_OPEN)
    )
    board.changed(Change(_ticket(), (_entry("opened"),)))
    for n in range(20):
        board.say(f"-- line {n}")

    out = io.StringIO()
    Console(file=out, width=100).print(view.draw(board))
    lines = out.getvalue().splitlines()

    assert lines[1].split() == ["hub", "unknown", "0", "s", "-"]
    assert lines[2].startswith("  door-2")
    assert lines[2].split()[1:] == ["pending_open", "0", "s", "#3", "open", "device_offline"]
    assert lines[-1].strip() == "-- line 19"
    assert len(lines) == 3 + 1 + 8


def test_the_live_table_ends_cleanly():
    """The last state stays to be read after the view is left."""
    out = io.StringIO()

    with view.live(Board({"hub": None}), out):
        pass

    assert "hub" in out.getvalue()
