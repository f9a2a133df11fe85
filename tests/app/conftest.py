"""The use cases on a real SQLite store, with a clock that is moved by hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from desk import Desk, Switch, open_desk
from fakes import FakeClock
from fettled.store import open_store
from hall import Hall
from isolating import Post, open_post


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Everything below the scheduler, empty."""
    async with open_desk(tmp_path / "fettled.db") as made:
        yield made


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    """Silences and windows on a site of four subjects, and no rules yet."""
    async with open_store(f"sqlite:///{tmp_path / 'fettled.db'}") as store:
        yield Hall(Switch(store), FakeClock())


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    """The same, with the parts that see the monitor's own trouble."""
    async with open_post(tmp_path / "fettled.db") as made:
        yield made
