"""What a notification says, whole: written out as it is read at 3 a.m."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from desk import check, fleet
from wording import Words, open_words


@pytest.fixture
async def words(tmp_path: Path) -> AsyncIterator[Words]:
    """A watched door, with a runbook."""
    async with open_words(tmp_path) as made:
        watched = fleet(check("door-1"))
        door = replace(
            watched.subjects["door-1"], runbook="https://wiki.example/doors", team="network"
        )
        await made.desk.adopt(replace(watched, subjects={"door-1": door}))
        yield made


async def test_try(words: Words) -> None:
    desk = words.desk
    await desk.see("door-1/main", *["up"] * 5, *["down"] * 20)
    print("\n".join(await words.text()))
    await desk.see("door-1/main", *["up"] * 20)
    print("\n".join(await words.text()))
    await desk.see("door-1/main", *["down"] * 20)
    print("\n".join(await words.text()))
    await words.escalations.configure(words.chain)
