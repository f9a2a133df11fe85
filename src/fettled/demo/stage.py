"""
Where the devices live: a loop and a thread of their own, as real devices would be elsewhere.

The daemon has the main thread, since signals are its; here the script is played to the
devices, and with `once` the daemon is told to stop the way a supervisor would.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from fettled.demo.board import Board
from fettled.demo.devices import Device, open_devices
from fettled.demo.script import ROUND, play

#: Seconds that the last tickets get to be resolved in with `once`.
_TAIL = 20.0


class Stage:
    """
    The devices, and the player of the script once the daemon is ready for it.

    Attributes:
        complete: a round was played to its end, and every ticket of it was resolved.
    """

    def __init__(self) -> None:
        self.devices: dict[str, Device] = {}
        self.complete = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leave = asyncio.Event()
        self._playing: asyncio.Task[None] | None = None

    def start(self, board: Board, *, once: bool) -> None:
        """Begin the script, from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._begin, board, once)

    def leave(self) -> None:
        """End it all, from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._leave.set)

    async def serve(self, names: Iterable[str], up: Future[None]) -> None:
        """Serve the devices until told to leave; *up* hears when they answer."""
        try:
            async with open_devices(names) as self.devices:
                self._loop = asyncio.get_running_loop()
                up.set_result(None)
                await self._leave.wait()
                if self._playing is not None:
                    self._playing.cancel()
        except OSError as error:
            up.set_exception(error)

    def _begin(self, board: Board, once: bool) -> None:  # noqa: FBT001 - call_soon passes by position
        self._playing = asyncio.create_task(self._play(board, once=once), name="demo script")
        self._playing.add_done_callback(_stop_daemon)

    async def _play(self, board: Board, *, once: bool) -> None:
        loop = asyncio.get_running_loop()
        while True:
            begin = loop.time()
            await play(self.devices, lambda device, said: board.say(f"-- {device} {said}"))
            if once:
                break
            await asyncio.sleep(begin + ROUND - loop.time())
        quiet = await asyncio.to_thread(board.wait_until_resolved, _TAIL)
        told = all(board.counts[event] for event in ("opened", "reopened", "resolved"))
        self.complete = quiet and told


def _stop_daemon(playing: asyncio.Task[None]) -> None:
    # Its own orderly way out; also when the script fails, for a demo without it is none.
    if not playing.cancelled():
        os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def open_stage(names: Iterable[str]) -> Iterator[Stage]:
    """Serve a device for each of *names* from another thread."""
    stage = Stage()
    up: Future[None] = Future()
    thread = threading.Thread(
        target=lambda: asyncio.run(stage.serve(names, up)), name="demo-devices", daemon=True
    )
    thread.start()
    try:
        up.result()
        yield stage
    finally:
        stage.leave()
        thread.join()
