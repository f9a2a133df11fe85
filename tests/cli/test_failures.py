"""What is said, and which code is left, when a command cannot or may not go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.fake_daemon import TICKET, FakeDaemon, Fettled
from fettled.cli import late
from fettled.cli.failures import ExitCode, guarded
from fettled.core.errors import ConfigError, FettledError

#: As on most machines: what is written to a pipe waits in a buffer until the exit.
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
MAIN = [sys.executable, "-m", "fettled"]


def _raise(error: BaseException) -> None:
    raise error


def test_a_bug_is_one_sentence_too(capsys: pytest.CaptureFixture[str]):
    """An exception that nobody foresaw is told as a bug, without its traceback."""
    code = guarded(lambda: _raise(KeyError("x\x1b[31m\ny")))

    _, err = capsys.readouterr()
    assert code == ExitCode.COULD_NOT
    assert "this is a bug in fettled" in err
    assert "Traceback" not in err
    assert "\x1b" not in err


def test_debug_shows_the_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """FETTLED_DEBUG=1 is the way to where it happened."""
    monkeypatch.setenv("FETTLED_DEBUG", "1")

    guarded(lambda: _raise(FettledError("no")))

    _, err = capsys.readouterr()
    assert "Traceback" in err
    assert err.endswith("fettled: no\n")


def test_many_faults_are_cut_to_three_lines(capsys: pytest.CaptureFixture[str]):
    """A start that fails on forty faults shows the first, and where all of them are."""
    faults = "\n".join(f"f.yaml:{n}:1: fault" for n in range(1, 41))

    assert guarded(lambda: _raise(ConfigError(faults))) == ExitCode.COULD_NOT

    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "fettled: f.yaml:1:1: fault"
    assert lines[-1] == "and 38 more: see 'fettled check-config'"
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied", "/etc/x"), "/etc/x: Permission denied"),
        (OSError("odd"), "odd"),
        (OSError(), "OSError"),
    ],
)
def test_the_system_s_no_is_told_with_its_place(
    capsys: pytest.CaptureFixture[str], error: OSError, said: str
):
    """An OSError is its reason, and the file it is about."""
    assert guarded(lambda: _raise(error)) == ExitCode.COULD_NOT
    assert capsys.readouterr().err == f"fettled: {said}\n"


def test_a_word_that_is_none_is_told_in_our_words(fettled: Fettled):
    """
    What the library that judges it calls the error is left out.

    Seen to fail with "Value error, 'urgent' is not one of ...".
    """
    result = fettled("tickets", "list", "--priority", "urgent")

    assert result.code == 2
    assert "Invalid value for '--priority': 'urgent' is not one of 'low'" in result.err


def test_bytes_that_are_no_text_are_told_as_such(fettled: Fettled):
    """
    Whichever command they are for; as the name of a file they are nobody's business.

    Seen to fail as an internal error of each command.
    """
    url = ("--url", "http://127.0.0.1:1")
    for typed in (("dead-letters", "--ticket"), ("tickets", "list", "--subject")):
        result = fettled(*typed, "x\udcff", *url)
        assert (result.code, result.err) == (2, "fettled: x\\udcff: is not text in UTF-8\n")
    assert "does not exist" in fettled("check-config", "/nowhere/\udcff").err


def test_ctrl_c_is_130_and_says_nothing(capsys: pytest.CaptureFixture[str]):
    """The person knows what they did."""
    assert guarded(lambda: _raise(KeyboardInterrupt())) == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == ""


def test_ctrl_c_while_waiting_ends_at_once(tmp_path: Path):
    """SIGINT during a request that hangs leaves 130 and no traceback."""
    import socket  # noqa: PLC0415 - only this test listens

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        listener.settimeout(20)
        args = [*MAIN, "tickets", "list", "--url", f"unix:{tmp_path}/s"]
        with subprocess.Popen(args, stderr=subprocess.PIPE, text=True) as command:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1)
                command.send_signal(signal.SIGINT)
                _, err = command.communicate(timeout=10)

    assert (command.returncode, err) == (130, "")


@pytest.mark.parametrize("tickets", [1, 200])
def test_a_reader_that_has_gone_is_no_failure(daemon: FakeDaemon, tickets: int):
    """
    `fettled tickets list | head -1` is quiet and succeeds.

    Seen to fail without the handling of BrokenPipeError, and where typer's and rich's own
    exit with 1 is let through.
    """
    daemon.reply("GET", "/api/v1/tickets", {"items": [TICKET] * tickets, "next": None})
    read, write = os.pipe()
    os.close(read)
    args = [*MAIN, "tickets", "list", "--url", daemon.url]
    done = subprocess.run(
        args, stdout=write, stderr=subprocess.PIPE, text=True, check=False, timeout=30, env=BUFFERED
    )
    os.close(write)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_is_a_failure(daemon: FakeDaemon):
    """
    A redirected list that could not be written must not look complete.

    Seen to fail without the flush before the exit, and where the rest stays buffered.
    """
    daemon.reply("GET", "/api/v1/tickets", {"items": [TICKET], "next": None})
    args = [*MAIN, "tickets", "list", "--json", "--url", daemon.url]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            args,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=30,
            env=BUFFERED,
        )

    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_configuration_is_told_with_the_places_looked_at(fettled: Fettled, tmp_path: Path):
    """Where nothing is named and nothing lies around, the cure is named."""
    result = fettled("tickets", "list")

    assert result.code == 2
    assert "--config or $FETTLED_CONFIG" in result.err
    assert str(tmp_path / "fettled.yaml") in result.err


def test_colour_never_reaches_a_pipe(daemon: FakeDaemon):
    """Also where FORCE_COLOR is not set and TERM promises much, a pipe gets plain text."""
    daemon.reply("GET", "/api/v1/tickets", {"items": [TICKET], "next": None})
    args = [*MAIN, "tickets", "list", "--url", daemon.url]
    env = {**os.environ, "TERM": "xterm-256color"}
    done = subprocess.run(args, capture_output=True, text=True, check=True, timeout=30, env=env)

    assert "\x1b" not in done.stdout


def test_a_command_s_own_code_is_kept(fettled: Fettled, monkeypatch: pytest.MonkeyPatch):
    """What the daemon's run returns is the exit code."""
    monkeypatch.setattr(late, "run", lambda _config: 7)

    assert fettled("run", "--config", "x.yaml").code == 7
