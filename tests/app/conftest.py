"""The use cases on a real SQLite store, with a clock that is moved by hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from desk import Desk, open_desk
from isolating import Post, open_post


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Everything below the scheduler, empty."""
    async with open_desk(tmp_path / "fettled.db") as made:
        yield made


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    """The same, with the parts that see the monitor's own trouble."""
    async with open_post(tmp_path / "fettled.db") as made:
        yield made
