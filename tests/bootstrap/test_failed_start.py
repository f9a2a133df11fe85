"""A start that fails after doors were opened."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from fettled.bootstrap import assembly, running
from fettled.core.errors import ConfigError


def test_a_start_that_fails_closes_what_it_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """
    One sentence is all that is said.

    Seen to fail where only a daemon that had lived closed its doors: the log had two errors,
    "Unclosed client session".
    """
    config = tmp_path / "fettled.yaml"
    config.write_text(
        f"server: {{listen: '127.0.0.1:0', control_socket: '{tmp_path}/control'}}\n"
        f"store: {{url: 'sqlite:///{tmp_path}/fettled.db'}}\n"
        "receivers: [{name: ops, type: webhook, url: 'https://hooks.example.org/x'}]\n"
    )

    def broken(*_: object) -> None:
        msg = "cannot be used after all"
        raise ConfigError(msg)

    monkeypatch.setattr(assembly, "workflows_of", broken)
    with pytest.raises(ConfigError, match="after all"):
        running.run(config)
    gc.unfreeze()
    gc.collect()
    out, err = capfd.readouterr()
    assert "Unclosed" not in out + err
