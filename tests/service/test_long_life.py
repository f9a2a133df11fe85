"""How the process is set for a long life: threads take turns, and memory is settled."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path

from fettled.bootstrap.interpreter import TURN_SECONDS, set_for_a_daemon, settle_memory
from fettled.bootstrap.running import Addresses, run
from fettled.config.schema import Target


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
    try:
        with set_for_a_daemon():
            raise KeyError
    except KeyError:
        pass

    assert gc.isenabled()


def test_targets_as_written_are_let_go_once_they_are_watched(tmp_path: Path) -> None:
    """
    A running daemon keeps the fleet, and not the file's models that it was made of.

    They are a third of what a check takes. Seen to fail without the `del` in `running`,
    and without `_without_targets`.
    """
    config = tmp_path / "fettled.yaml"
    config.write_text(
        "server: {listen: '127.0.0.1:0'}\n"
        f"store: {{url: 'sqlite:///{tmp_path}/fettled.db'}}\n"
        "log: {level: error}\n"
        "targets:\n"
        "  - {subject: let-go-of, type: device, check: {type: heartbeat, period: 1h}}\n"
    )
    kept: list[Target] = []

    def look_around(_: Addresses) -> None:
        gc.unfreeze()  # what is frozen is not listed
        found = [each for each in gc.get_objects() if isinstance(each, Target)]
        kept.extend(target for target in found if target.subject == "let-go-of")
        os.kill(os.getpid(), signal.SIGTERM)

    assert run(config, ready=look_around) == 0
    assert not kept
