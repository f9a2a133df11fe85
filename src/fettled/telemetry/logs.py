"""
Logging: one line per fact, on stdout for what happened, on stderr for what failed.

The set-up of structlog, its two forms (console and JSON), and the bridge from the
standard library's loggers, so that nothing reaches the terminal by another way.
What may stand in a line is `fettled.telemetry.cleaning`'s.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime
from typing import Any, Literal, TextIO

import orjson
import structlog

from fettled.telemetry.cleaning import clean, escape

Form = Literal["auto", "console", "json"]

#: What the bridge calls a line of a library.
LIBRARY_SPOKE = "library.spoke"

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_COLOURS = {"debug": "\x1b[2m", "warning": "\x1b[33m", "error": "\x1b[31m"}
_PLAIN = "\x1b[0m"


def configure_logs(
    wall: Callable[[], datetime],
    *,
    form: Form = "auto",
    level: str = "info",
    out: TextIO | None = None,
    errors: TextIO | None = None,
) -> None:
    """
    Send every log line to *out*, from error upwards to *errors*.

    *wall* is the clock that stamps the lines. `auto` is console on a terminal, else
    JSON; colours only on a terminal and without NO_COLOR.
    """
    out, errors = out or sys.stdout, errors or sys.stderr
    on_terminal = out.isatty()
    as_json = form == "json" or (form == "auto" and not on_terminal)
    colours = on_terminal and not os.environ.get("NO_COLOR")

    def stamp(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        return {"at": wall().isoformat(timespec="milliseconds").replace("+00:00", "Z"), **event}

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            stamp,
            _tell_exception,
            clean,
            _render_json if as_json else _console(colours=colours),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=lambda *_: _Lines(out, errors),
        # Loggers at the top of modules are made before this runs, and in tests many times.
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Bridge()], level=logging.WARNING, force=True)


class _Lines:
    """Writes finished lines, each flushed, so that a killed daemon leaves whole ones."""

    def __init__(self, out: TextIO, errors: TextIO) -> None:
        self._out = out
        self._errors = errors

    def _write(self, stream: TextIO, line: str) -> None:
        try:
            stream.write(line + "\n")
            stream.flush()
        except UnicodeEncodeError:
            self._write(stream, line.encode("ascii", "backslashreplace").decode("ascii"))
        except (OSError, ValueError):
            pass  # whoever read us is gone; the daemon goes on

    def msg(self, line: str) -> None:
        self._write(self._out, line)

    def err(self, line: str) -> None:
        self._write(self._errors, line)

    debug = info = warning = warn = msg
    error = critical = exception = fatal = err


class _Bridge(logging.Handler):
    """Takes what libraries log by the standard library, from warnings upwards."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = str(record.msg)
        log = structlog.get_logger()
        say = log.error if record.levelno >= logging.ERROR else log.warning
        say(LIBRARY_SPOKE, logger=record.name, message=text, exc_info=record.exc_info)


def _tell_exception(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> Mapping[str, Any]:
    """Put an exception into two values: what it was, and the innermost place it came from."""
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)
        if frames:
            last = frames[-1]
            event["where"] = f"{last.filename}:{last.lineno} in {last.name}"
    return event


def _render_json(_logger: object, _method: str, event: Mapping[str, Any]) -> str:
    return orjson.dumps(event, default=str).decode()


def _console(*, colours: bool) -> Callable[[object, str, Mapping[str, Any]], str]:
    def render(_logger: object, _method: str, event: Mapping[str, Any]) -> str:
        rest = dict(event)
        at, level, name = rest.pop("at"), rest.pop("level"), rest.pop("event")
        values = " ".join(f"{key}={_shown(value)}" for key, value in rest.items())
        line = f"{at[11:19]} {level:<7} {name} {values}".rstrip()
        colour = _COLOURS.get(level, "") if colours else ""
        return f"{colour}{line}{_PLAIN}" if colour else line

    return render


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value if value and " " not in value and '"' not in value else f'"{value}"'
    return escape(orjson.dumps(value, default=str).decode())
