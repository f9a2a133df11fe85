"""
The one place where an exception becomes a sentence on stderr and an exit code.

No command catches what it cannot cure; no traceback reaches a user unless
FETTLED_DEBUG asks for it. What a *good* command answers (0 or 1) is not decided here.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from enum import IntEnum

from typer.exceptions import Abort, Exit, TyperException

from fettled.core.errors import ConfigError, FettledError, ScenarioError

#: How many lines of stderr a command that could not may take.
_LINES = 3


class ExitCode(IntEnum):
    """What the shell is told."""

    OK = 0
    #: The command worked and its answer is no: down, unhealthy, faults found.
    NEGATIVE = 1
    #: The command could not do it: bad input, configuration, refusal, nobody there.
    COULD_NOT = 2
    #: Ctrl-C, as shells count it: 128 + SIGINT.
    INTERRUPTED = 130


def guarded(work: Callable[[], object]) -> int:
    """Run *work*; its integer result, or the exit code that its exception means."""
    try:
        code = _run(work)
        sys.stdout.flush()  # a full disk or a gone reader must show here, not at exit
    except BrokenPipeError:
        # `fettled tickets list | head`: the reader has had enough, which is no failure.
        _give_up_stdout()
        return ExitCode.OK
    except OSError as error:
        _give_up_stdout()
        return _could_not(error, _os_sentence(error))
    return code


def _run(work: Callable[[], object]) -> int:
    try:
        answer = work()
    except Exit as leave:
        return leave.exit_code
    except SystemExit as leave:
        # typer and rich turn a broken pipe into their own exit with 1, before we see it.
        if isinstance(leave.__context__, BrokenPipeError):
            raise leave.__context__ from None
        raise
    except (KeyboardInterrupt, Abort):
        return ExitCode.INTERRUPTED
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - the last stop: nobody above could word it better
        return _could_not(error, _sentence(error))
    return answer if isinstance(answer, int) else ExitCode.OK


def _sentence(error: Exception) -> str:
    match error:
        case ScenarioError():
            return str(error)
        case ConfigError():
            return _first_faults(str(error))
        case FettledError():
            return str(error)
        case TyperException():
            return _usage_sentence(error)
        case _:
            return (
                f"internal error ({type(error).__name__}): {error}; this is a bug in fettled, "
                "FETTLED_DEBUG=1 shows where"
            )


def _could_not(error: BaseException, sentence: str) -> int:
    if os.environ.get("FETTLED_DEBUG", "") not in {"", "0"}:
        traceback.print_exception(error)
    say(sentence)
    return ExitCode.COULD_NOT


def say(sentence: str) -> None:
    """Write *sentence* on stderr, each of its lines free of control characters."""
    lines = [printable(line) for line in sentence.strip().split("\n")]
    try:
        sys.stderr.write("fettled: " + "\n".join(lines) + "\n")
        sys.stderr.flush()
    except OSError:
        return  # nowhere left to say it; the exit code still does


def printable(text: str) -> str:
    """Escape what could move a terminal's cursor or forge a line; targets choose such text."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _first_faults(text: str) -> str:
    # A terminal at 3 a.m. shows the first ones; `check-config` is where all of them belong.
    faults = text.strip().split("\n")
    if len(faults) <= _LINES:
        return text
    shown = faults[: _LINES - 1]
    return "\n".join([*shown, f"and {len(faults) - len(shown)} more: see 'fettled check-config'"])


def _usage_sentence(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    typed = context.command_path if context is not None else "fettled"
    # "Value error, " is what the library that judged a value calls it.
    said = " ".join(error.format_message().replace("Value error, ", "").split()).rstrip(".")
    return f"{said} (see '{typed} --help')"


def _os_sentence(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    if error.errno == errno.ENOSPC:
        reason = f"the disk is full ({reason})"
    return f"{error.filename}: {reason}" if error.filename is not None else reason


def _give_up_stdout() -> None:
    # What is still buffered goes nowhere, or Python would fail on it again at exit. A
    # command that failed has printed all it is going to.
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def say_plainly(lines: Sequence[str]) -> None:
    """Write *lines* on stderr as they are, for editors that jump to `file:line:column`."""
    sys.stderr.write("".join(printable(line) + "\n" for line in lines))
