"""Each invalid configuration in `data` is answered by exactly the lines beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fettled.config.loader import load
from fettled.core.errors import ConfigError

DATA = Path(__file__).parent / "data"
#: Whether a silence is too long depends on it.
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
INVALID = sorted(path.stem for path in DATA.glob("invalid-*.yaml"))


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_file_is_answered_by_exactly_these_lines(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All faults at once, in the file's order, each with its place, its path and the cure."""
    monkeypatch.chdir(DATA)

    with pytest.raises(ConfigError) as caught:
        load(f"{name}.yaml", {}, now=NOW)

    assert f"{caught.value}\n" == (DATA / f"{name}.txt").read_text(encoding="utf-8")


def test_every_answer_belongs_to_a_file() -> None:
    """No answer is left behind by a file that was removed."""
    assert sorted(path.stem for path in DATA.glob("*.txt")) == INVALID


def test_no_fault_is_told_twice() -> None:
    """One typing error in a template that two targets use is one line."""
    lines = (DATA / "invalid-templates.txt").read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if "cuont" in line] == [
        "invalid-templates.yaml:2:66: templates.ping.check.cuont: unknown key; did you mean count?"
    ]
