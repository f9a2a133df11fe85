"""
`fettled run` with a ticker on its loop: how long was the loop held, and when.

Run as a module in the daemon's place. A tick every millisecond notes how late it came;
what was later than two milliseconds is written to `holds.json` beside the configuration
at the end, as [instant, seconds] by CLOCK_MONOTONIC. The ticks cost a few per cent of a
core, so CPU is never measured of this process against a goal.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from fettled.bootstrap.running import Addresses, run

_EVERY = 0.001
_NOTED = 0.002


class _Ticker:
    """Ticks on the running loop from `start` on."""

    def __init__(self) -> None:
        self.ticks = 0
        self.late: list[tuple[float, float]] = []

    def start(self, _: Addresses) -> None:
        self._loop = asyncio.get_running_loop()
        self._arm()

    def _arm(self) -> None:
        # Not the loop's own time: uvloop's is as old as the turn it was read in.
        self._due = time.monotonic() + _EVERY
        self._loop.call_later(_EVERY, self._tick)

    def _tick(self) -> None:
        now = time.monotonic()
        self.ticks += 1
        if now - self._due > _NOTED:
            self.late.append((now, now - self._due))
        self._arm()


def main() -> int:
    config = Path(sys.argv[sys.argv.index("--config") + 1])
    ticker = _Ticker()
    try:
        return run(config, ready=ticker.start)
    finally:
        found = {"ticks": ticker.ticks, "late": ticker.late}
        config.with_name("holds.json").write_text(json.dumps(found))


if __name__ == "__main__":
    sys.exit(main())
