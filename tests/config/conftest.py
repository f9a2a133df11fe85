from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fettled.config.loader import Loaded, load
from fettled.core.errors import ConfigError

Load = Callable[..., Loaded]
Refuse = Callable[..., list[str]]


@pytest.fixture
def load_text(tmp_path: Path) -> Load:
    """Load a configuration given as text, with nothing in its environment but *variables*."""

    def read(text: str, **variables: str) -> Loaded:
        path = tmp_path / "fettled.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path, variables)

    return read


@pytest.fixture
def refuse(load_text: Load, tmp_path: Path) -> Refuse:
    """Load a text that must be refused; give the lines, without the directory."""

    def read(text: str, **variables: str) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load_text(text, **variables)
        return str(caught.value).replace(f"{tmp_path}/", "").splitlines()

    return read
