"""What is left when the process is killed: everything that was answered, and nothing by halves."""

import os
import random
import subprocess
import sys
from pathlib import Path

from fettled.store import check, open_store
from still_open import open_tickets
from stores import rows

HERE = Path(__file__).parent
KILLS = 20


def killed(url: str, begin: int, lines: int, delay: float) -> int:
    """Write until *lines* lines were answered, kill -9 *delay* later; the highest number told."""
    with subprocess.Popen(
        [sys.executable, str(HERE / "killed_writer.py"), url, str(begin)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(["tests", *filter(None, sys.path)])},
    ) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(lines)]
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
        told += process.stdout.readlines()
        assert process.wait() == -9
    return max(int(line) for line in told if line.endswith("\n"))


async def test_killed_at_any_instant_the_store_holds_together(sqlite_store_url: str) -> None:
    """
    Twenty kills: what was answered is there, condition, ticket, timeline and outbox agree.

    Seen to fail without BEGIN, each statement committing by itself: tickets without timeline.
    """
    chance = random.Random(20261121)
    for kill in range(KILLS):
        answered = killed(
            sqlite_store_url, kill * 10_000, chance.randint(1, 5), chance.random() / 20
        )
        assert check(sqlite_store_url) == []
        (highest,) = rows(sqlite_store_url, "SELECT max(number) FROM tickets")
        assert highest[0] >= answered
    apart = """
        SELECT check_key FROM conditions WHERE check_key NOT IN
            (SELECT check_key FROM tickets WHERE status = 'open')
        UNION SELECT check_key FROM tickets WHERE check_key NOT IN
            (SELECT check_key FROM conditions)
        UNION SELECT check_key FROM tickets WHERE check_key NOT IN (SELECT check_key FROM spans)
    """
    assert rows(sqlite_store_url, apart) == []
    async with open_store(sqlite_store_url) as store:
        assert await store.read(lambda reader: len(open_tickets(reader))) == len(
            await store.read(lambda reader: reader.conditions())
        )
