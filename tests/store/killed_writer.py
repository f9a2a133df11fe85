"""Run as a process: writes outages into the store at argv[1] until it is killed."""

import asyncio
import sys

from fettled.store import open_store
from tickets_for import open_or_attach


async def main(url: str, begin: int) -> None:
    """Print one line for each answered batch of units."""
    async with open_store(url) as store:
        for round_ in range(begin, begin + 1_000_000, 20):
            numbers = await asyncio.gather(
                *[
                    store.write(lambda unit, n=n: open_or_attach(unit, f"s{n % 200}/c", n))
                    for n in range(round_, round_ + 20)
                ]
            )
            sys.stdout.write(f"{max(numbers)}\n")
            sys.stdout.flush()


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
