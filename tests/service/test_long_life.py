"""How the process is set for a long life: threads take turns, and memory is settled."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from fettled.bootstrap.interpreter import TURN_SECONDS, set_for_a_daemon, settle_memory

# The daemon, told to end as soon as it is ready. What is frozen is not listed, hence `unfreeze`.
LOOKING_AROUND = """
import gc, os, signal, sys
from pathlib import Path
from fettled.bootstrap.running import run
from fettled.config.schema import Target

def look_around(_):
    gc.unfreeze()
    print("kept:", [each.subject for each in gc.get_objects() if isinstance(each, Target)])
    os.kill(os.getpid(), signal.SIGTERM)

sys.exit(run(Path(sys.argv[1]), ready=look_around))
"""


def test_the_interpreter_is_as_it_was_once_the_daemon_has_ended() -> None:
    """
    Nothing is collected while it starts, and what is alive then is set apart.

    The demonstration and the tests run the daemon inside a process of their own.
    """
    before = sys.getswitchinterval()

    with set_for_a_daemon():
        assert sys.getswitchinterval() == TURN_SECONDS
        assert not gc.isenabled()
        settle_memory()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0

    assert sys.getswitchinterval() == before
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_a_start_that_fails_leaves_the_collector_running() -> None:
    """What ends before memory was settled is undone as well; seen to fail without `finally`."""
    with pytest.raises(FileNotFoundError), set_for_a_daemon():
        Path("/nowhere/at/all").read_text()

    assert gc.isenabled()


def test_targets_as_written_are_let_go_once_they_are_watched(tmp_path: Path) -> None:
    """
    A running daemon keeps the fleet, and not the file's models that it was made of.

    They are a third of what a check takes. Seen to fail without the `del` in `running`,
    and without `without_targets`.
    """
    config = tmp_path / "fettled.yaml"
    config.write_text(
        "server: {listen: '127.0.0.1:0'}\n"
        f"store: {{url: 'sqlite:///{tmp_path}/fettled.db'}}\n"
        "log: {level: error}\n"
        "targets:\n"
        "  - {subject: let-go-of, type: device, check: {type: heartbeat, period: 1h}}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", LOOKING_AROUND, str(config)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stdout) == (0, "kept: []\n"), done.stderr
