"""What the engine's doings look like in the log."""

from __future__ import annotations

from dataclasses import replace

from structlog.testing import capture_logs

from fettled.core.condition import Condition
from fettled.core.observations import Reason
from fettled.core.words import Gate, Phase, Verdict
from fettled.telemetry.sink import LogSink
from telemetry.fleets import AT, make_change, make_observation, make_ticket


def test_levels_are_not_logged_and_edges_are():
    """A thousand healthy observations write nothing; one change of phase writes one line."""
    with capture_logs() as lines:
        sink = LogSink()
        for seq in range(1000):
            seen = make_observation("door-1/ping", Verdict.UP, Reason.OK, seq)
            sink.observed(seen, Phase.HEALTHY)
        before = Condition("door-1/ping", phase=Phase.HEALTHY)
        sink.phase_changed(before, replace(before, phase=Phase.PENDING_OPEN, message="no answer"))
    assert [line["event"] for line in lines] == ["check.phase_changed"]
    assert (lines[0]["before"], lines[0]["after"]) == ("healthy", "pending_open")


def test_a_gate_is_one_line_with_its_end():
    """Which check, which gate, until when; that only edges are told is the observer's."""
    held = Condition("door-1/ping", phase=Phase.FIRING, gate=Gate.VERIFY, gate_until=AT)
    with capture_logs() as lines:
        LogSink().gated(held)
    assert lines == [
        {
            "event": "check.gated",
            "log_level": "info",
            "check": "door-1/ping",
            "gate": "verify",
            "until": AT,
        }
    ]


def test_each_entry_of_a_timeline_is_a_line():
    """A ticket's event carries what finds it again, and not what people wrote."""
    with capture_logs() as lines:
        LogSink().changed(make_change(make_ticket(42), "opened"))
    assert lines == [
        {
            "event": "ticket.opened",
            "log_level": "info",
            "number": 42,
            "reference": "INC-20261121-000042",
            "title": "Device offline: door-1",
            "kind": "device_offline",
            "status": "open",
            "priority": "high",
            "check": "door-1/ping",
            "actor": "health_monitor",
        }
    ]


def test_a_fault_of_our_own_is_an_error():
    """What the daemon survived is told, with the error that it was."""
    fault = ValueError("no such thing")
    with capture_logs() as lines:
        LogSink().faulted("observe", fault)
    assert lines == [
        {"event": "daemon.faulted", "log_level": "error", "part": "observe", "exc_info": fault}
    ]
