"""What every test of the command line starts from."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.fake_daemon import FakeDaemon, Fettled, Handler, Result, Server
from fettled.cli import main


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[FakeDaemon]:
    """A daemon's stand-in on a unix socket."""
    fake = FakeDaemon(tmp_path / "s")
    with Server(str(fake.path), Handler) as server:
        server.fake = fake
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield fake
        server.shutdown()
        thread.join()


@pytest.fixture
def fettled(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Fettled:
    """Run one command line in an empty directory, free of the caller's variables."""
    for name in [name for name in os.environ if name.startswith("FETTLED_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("fettled.cli.options.CONFIG_PATHS", (tmp_path / "fettled.yaml",))
    monkeypatch.chdir(tmp_path)

    def run(*args: object) -> Result:
        code = main([str(arg) for arg in args])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Result(code, out, err)

    return run
