"""What the engine's doings look like in the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from structlog.testing import capture_logs

from fettled.core.condition import Condition
from fettled.core.deliveries import Tried
from fettled.core.observations import Reason
from fettled.core.words import Gate, Phase, Verdict
from fettled.telemetry.sink import LogSink
from telemetry.fleets import AT, make_change, make_observation, make_ticket

SECOND = timedelta(seconds=1)


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


def test_a_receiver_that_is_dead_is_a_warning_and_its_return_a_line():
    """
    However many tries fail in between; another reason is told, and each receiver by itself.

    Seen to fail as every try was a warning: an outage of an hour was ten thousand.
    """
    refused, late = Tried("refused", "it refused the connection"), Tried("timeout", "no answer")
    with capture_logs() as lines:
        sink = LogSink()
        sink.told("other", Tried("delivered"), 1, AT)
        for n in range(1000):
            sink.told("hook", refused, 1, AT + n * SECOND)
        sink.told("hook", late, 2, AT + 1000 * SECOND)
        sink.told("other", late, 1, AT)
        for _ in range(2):
            sink.told("hook", Tried("delivered"), 40, AT + 2000 * SECOND)
        sink.told("hook", refused, 1, AT + 3000 * SECOND)
    shown = [line for line in lines if line["log_level"] != "debug"]
    assert [(line["event"], line["log_level"], line["receiver"]) for line in shown] == [
        ("delivery.failed", "warning", "hook"),
        ("delivery.failed", "info", "hook"),
        ("delivery.failed", "warning", "other"),
        ("delivery.recovered", "info", "hook"),
        ("delivery.failed", "warning", "hook"),
    ]
    first, changed, _, back, again = shown
    assert (first["reason"], first["detail"], first["tries"]) == ("refused", refused.detail, 1)
    assert (changed["reason"], changed["events"], changed["tries"]) == ("timeout", 2, 1001)
    assert (back["tries"], back["after_seconds"]) == (1001, 2000.0)
    assert again["tries"] == 1
    assert len(lines) - len(shown) == 999


def test_a_watchdogs_url_that_fails_is_logged_once_and_once_when_it_is_back() -> None:
    """
    Not every half minute for a night.

    Seen to fail as each call that failed was a warning, and nothing said that it was over.
    """
    refused = Tried("refused", "it refused the connection")
    with capture_logs() as lines:
        sink = LogSink()
        sink.pinged(Tried("delivered"), AT)
        for n in range(100):
            sink.pinged(refused, AT + n * SECOND)
        sink.pinged(Tried("delivered"), AT + 100 * SECOND)
        sink.pinged(Tried("delivered"), AT + 130 * SECOND)
    shown = [line for line in lines if line["log_level"] != "debug"]
    assert [(line["event"], line["log_level"], line["tries"]) for line in shown] == [
        ("watchdog.failed", "warning", 1),
        ("watchdog.recovered", "info", 100),
    ]
    assert (shown[0]["detail"], shown[1]["after_seconds"]) == (refused.detail, 100.0)
