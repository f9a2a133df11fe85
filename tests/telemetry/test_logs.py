"""What a log line looks like, where it goes, and what is kept out of it."""

from __future__ import annotations

import io
import json
import logging
from datetime import timedelta

import pytest
import structlog
from pydantic import SecretStr

from fettled.telemetry.logs import LIBRARY_SPOKE, Form, configure_logs
from telemetry.fleets import AT

CANARY = "canary5ecret0123456789abcdef"


class Streams:
    """Stand for stdout and stderr."""

    def __init__(self, *, terminal: bool = False) -> None:
        self.out = io.StringIO()
        self.err = io.StringIO()
        self.out.isatty = lambda: terminal

    def configure(self, form: Form = "json", level: str = "info"):
        configure_logs(lambda: AT, form=form, level=level, out=self.out, errors=self.err)
        return structlog.get_logger()

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.out.getvalue().splitlines()]


@pytest.fixture(autouse=True)
def unconfigured_afterwards():
    """Leave logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    "hostile",
    [
        "a\r\nticket.opened number=1",
        "\x1b[2J\x1b]0;owned\x07",
        "\x9b31mred",
        "two\u2028lines\u2029here",
        "\u202egnitset",
        "zero\u200bwidth\ufeff",
        "lone \ud800 surrogate",
        "nul\x00byte",
    ],
)
@pytest.mark.parametrize("form", ["json", "console"])
def test_a_value_cannot_leave_its_line(hostile: str, form: Form):
    """
    Nothing a target says begins a line, moves the cursor or turns the text.

    Seen to fail with `clean` left out of the processors.
    """
    streams = Streams()
    log = streams.configure(form)
    log.info("check.phase_changed", message=hostile, nested={hostile: [hostile]})
    text = streams.out.getvalue()
    assert text.endswith("\n")
    assert len(text.splitlines()) == 1
    assert text.rstrip("\n").isprintable()


@pytest.mark.parametrize("form", ["json", "console"])
def test_secrets_never_reach_a_line(form: Form):
    """
    Neither by their key, nor by their type, nor inside other text.

    Seen to fail with `redact` returning its text unchanged, and with `_SECRET_KEY`
    matching nothing.
    """
    streams = Streams()
    log = streams.configure(form)
    secret = SecretStr(CANARY)
    log.info(
        "http.request_refused",
        password=CANARY,
        headers={"Authorization": f"Bearer {CANARY}", "X-Api-Key": CANARY},
        anything=secret,
        several=[secret],
        url=f"https://user:{CANARY}@example.org/?token={CANARY}",
        message=f"sent Bearer {CANARY} with ftl_0123456789ab_{CANARY}",
    )
    try:
        raise ValueError(f"cannot reach https://u:{CANARY}@host/")  # noqa: TRY301, EM102, TRY003 - what a library would say
    except ValueError:
        log.exception("http.request_failed")
    text = streams.out.getvalue() + streams.err.getvalue()
    assert CANARY not in text
    assert "ftl_0123456789ab_[redacted]" in text


def test_an_error_is_one_line_on_stderr_without_a_traceback():
    """A failure is told in one line: what it was, and the innermost place."""
    streams = Streams()
    log = streams.configure("console")
    try:
        _ = {}["\x1b[31mmissing\nkey"]
    except KeyError:
        log.exception("http.request_failed", path="/x")
    assert streams.out.getvalue() == ""
    text = streams.err.getvalue()
    assert len(text.splitlines()) == 1
    assert "KeyError" in text
    assert "test_logs.py" in text
    assert "Traceback" not in text


def test_what_libraries_log_comes_the_same_way():
    """The standard library's loggers are bridged, with their tracebacks cut to a line."""
    streams = Streams()
    streams.configure()
    try:
        1 / 0  # noqa: B018 - to have something to raise
    except ZeroDivisionError:
        logging.getLogger("asyncio").exception("Task\nfailed")
    logging.getLogger("apscheduler").warning("late by %s", "5s")
    logging.getLogger("aiohttp").info("chatter")
    logging.getLogger("broken").warning("%d", "x")
    warned = streams.lines()
    assert [line["event"] for line in warned] == [LIBRARY_SPOKE] * 2
    assert warned[0]["message"] == "late by 5s"
    failed = json.loads(streams.err.getvalue())
    assert failed["logger"] == "asyncio"
    assert failed["error"] == "ZeroDivisionError: division by zero"


def test_the_form_is_json_unless_somebody_watches(monkeypatch: pytest.MonkeyPatch):
    """JSON into files and journals, console on a terminal, colours only where wanted."""
    streams = Streams()
    streams.configure("auto").info("daemon.started", took=timedelta(seconds=1.5))
    assert streams.lines() == [
        {
            "at": "2026-11-21T08:30:00.000Z",
            "event": "daemon.started",
            "level": "info",
            "took": "1.5s",
        }
    ]
    monkeypatch.delenv("NO_COLOR", raising=False)
    watched = Streams(terminal=True)
    watched.configure("auto").warning("daemon.stopped")
    assert "\x1b[33m" in watched.out.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Streams(terminal=True)
    plain.configure("auto").warning("daemon.stopped", message="two words")
    assert plain.out.getvalue() == '08:30:00 warning daemon.stopped message="two words"\n'


def test_a_reader_that_went_away_stops_nothing():
    """A closed pipe or a terminal of few letters costs a line, never the daemon."""
    streams = Streams()
    streams.out.close()
    streams.configure("console").info("daemon.started")
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    configure_logs(lambda: AT, form="console", out=narrow, errors=narrow)
    structlog.get_logger().info("check.phase_changed", message="Tür zu")
    narrow.seek(0)
    assert "T\\xfcr zu" in narrow.read()


def test_lines_below_the_level_are_not_written():
    """The access log is debug, and so off by default."""
    streams = Streams()
    log = streams.configure()
    log.debug("http.request_served")
    assert streams.out.getvalue() == ""
    streams.configure(level="debug").debug("http.request_served")
    assert streams.lines()[0]["event"] == "http.request_served"
