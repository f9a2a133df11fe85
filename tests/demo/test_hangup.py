"""A demo whose terminal is closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from live import PATIENCE


def test_a_closed_terminal_ends_the_demo(tmp_path: Path):
    """SIGHUP stops it as SIGTERM does, and nothing is left behind."""
    demo = subprocess.Popen(
        [sys.executable, "-m", "fettled", "demo"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    try:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "stop" in line:
                break
        demo.send_signal(signal.SIGHUP)
        demo.communicate(timeout=PATIENCE)
    finally:
        if demo.poll() is None:
            demo.kill()
            demo.communicate()

    assert demo.returncode == 0
    assert list(tmp_path.iterdir()) == []
