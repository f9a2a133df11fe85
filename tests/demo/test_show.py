"""The demo put together: what it prints, what it leaves, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import io
import shlex
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TextIO

import pytest

from fettled.bootstrap.running import Addresses
from fettled.core.errors import FettledError
from fettled.core.tickets import MONITOR, Change, Entry, Ticket
from fettled.core.words import Kind, Priority, Source, Status
from fettled.demo import configuration, show, stage
from fettled.ports import EventSink

AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
Ready = Callable[[Addresses], None]


def _change(event: str, status: Status) -> Change:
    ticket = Ticket(
        title="Device offline: door-2",
        kind=Kind.DEVICE_OFFLINE,
        source=Source.HEALTH_MONITOR,
        priority=Priority.MEDIUM,
        created_at=AT,
        updated_at=AT,
        number=1,
        status=status,
        subject="door-2",
    )
    return Change(ticket, (Entry(event, AT, MONITOR),))


HISTORY = [
    _change("opened", Status.OPEN),
    _change("resolved", Status.RESOLVED),
    _change("reopened", Status.OPEN),
    _change("resolved", Status.RESOLVED),
]


class _Daemon:
    """Stands in for the daemon: it is ready, tells its history, and waits for SIGTERM."""

    def __init__(self, history: list[Change]) -> None:
        self.history = history
        self.config = Path()
        self.text = ""
        self.told = threading.Event()
        self.stopped = threading.Event()

    def run(self, config: Path, *, ready: Ready, sink: EventSink, hangup_stops: bool) -> int:
        assert hangup_stops, "a closed terminal would leave it running"
        self.config, self.text = config, config.read_text()
        print("log line of the daemon")  # noqa: T201 - as its log does
        ready(Addresses("http://127.0.0.1:1234", config.parent / "control"))
        for change in self.history:
            sink.changed(change)
        self.told.set()
        # In short waits: a signal that another thread received is handled between them.
        end = monotonic() + 60
        while not self.stopped.wait(0.05):
            assert monotonic() < end, "nobody told the daemon to stop"
        return 0


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Daemon]:
    """A stand-in in the place of the daemon, and a script that is over at once."""
    fake = _Daemon(HISTORY)

    async def at_once(_devices: object, tell: Callable[[str, str], None]) -> None:
        tell("door-2", "goes offline")
        assert await asyncio.to_thread(fake.told.wait, 60)

    monkeypatch.setattr(show, "run_daemon", fake.run)
    monkeypatch.setattr(stage, "play", at_once)
    before = signal.signal(signal.SIGTERM, lambda *_: fake.stopped.set())
    yield fake
    signal.signal(signal.SIGTERM, before)


def test_a_daemon_that_cannot_start_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Devices, thread and directory are gone, and the daemon's sentence goes on."""

    def fail(*_args: object, **_options: object) -> int:
        msg = "the port is taken"
        raise FettledError(msg)

    monkeypatch.setattr(show, "run_daemon", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    threads = threading.active_count()

    with pytest.raises(FettledError, match="the port is taken"):
        show.run()

    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == threads


def test_a_directory_that_cannot_be_kept_is_one_sentence(tmp_path: Path):
    """A file where the directory should be is named."""
    (tmp_path / "file").touch()

    with pytest.raises(FettledError, match="--keep"):
        show.run(keep=tmp_path / "file")


def test_a_round_prints_addresses_events_and_a_summary(
    daemon: _Daemon, capsys: pytest.CaptureFixture[str]
):
    """Where to look comes first, then a line per event, then one line of what happened."""
    assert show.run(once=True) == 0

    lines = capsys.readouterr().out.splitlines()
    assert "  health   http://127.0.0.1:1234/health-check" in lines
    assert "  metrics  http://127.0.0.1:1234/metrics" in lines
    (tickets,) = [line for line in lines if line.startswith("  tickets")]
    assert f"tickets list --config {shlex.quote(str(daemon.config))}" in tickets
    assert "#1 reopened  door-2        device_offline" in lines
    assert "-- door-2 goes offline" in lines
    assert lines[-1].startswith("demo: 1 opened, 1 reopened, 2 resolved in ")
    assert "log line of the daemon" not in lines


def test_the_directory_is_gone_unless_it_is_kept(daemon: _Daemon, tmp_path: Path):
    """A demo leaves nothing on the machine; `--keep` leaves configuration, store and log."""
    show.run(once=True)
    assert not daemon.config.parent.exists()

    daemon.stopped.clear()
    show.run(once=True, keep=tmp_path / "kept")
    assert daemon.config == tmp_path / "kept" / "fettled.yaml"
    assert (tmp_path / "kept" / "fettled.log").read_text() == "log line of the daemon\n"


def test_a_round_that_did_not_happen_as_told_is_1(daemon: _Daemon):
    """`--once` doubles as a smoke test: no reopening, no success."""
    daemon.history = HISTORY[:2]

    assert show.run(once=True) == 1


def test_the_table_is_drawn_on_a_terminal(daemon: _Daemon, capsys: pytest.CaptureFixture[str]):
    """The addresses stay above the table."""
    assert show.run(once=True, live=True) == 0

    out = capsys.readouterr().out
    assert out.index("health-check") < out.index("SUBJECT")
    assert "building-hub" in out


def test_a_reader_that_has_gone_ends_the_demo(daemon: _Daemon, monkeypatch: pytest.MonkeyPatch):
    """`fettled demo | head` stops the daemon in good order instead of raising into it."""

    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            if text.startswith("#"):
                raise BrokenPipeError
            return super().write(text)

    out: TextIO = Gone()
    monkeypatch.setattr("sys.stdout", out)

    show.run()

    assert daemon.stopped.is_set()


def test_every_subject_has_a_port_of_its_own(daemon: _Daemon):
    """The configuration names each device's port once."""
    show.run(once=True)

    for key, *_ in configuration.SUBJECTS:
        assert f"subject: {key}\n" in daemon.text


def test_a_taken_port_is_left_to_its_owner():
    """8080 if it is free, else any other."""
    with socket.socket() as owner:
        with contextlib.suppress(OSError):  # somebody else has it: as good
            owner.bind(("127.0.0.1", 8080))
            owner.listen()

        assert show._free_port() != 8080
