"""
Run as a process: starts `fettled run` again and again, each in a process that kills itself.

It imports fettled once and forks for each start, so that a start costs a tenth of a
second and a hundred kills are affordable. Each child is a whole daemon of its own: it
has threads, sockets and the store's lock only after the fork. Production code has no
hooks: what is named here is patched into the child.

A line of JSON on stdin is a start: `{"home", "arguments", "step", "nth", "phase", "mutant"}`.
It answers with lines: `pid N`, `ready`, `ended CODE`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps
from pathlib import Path
from typing import Any

import alembic.command  # noqa: F401 -- imported once for all children
import sqlalchemy
import uvloop  # noqa: F401 -- as above

import storm_mutants
from fettled.app import adopt
from fettled.app.memory import Memory
from fettled.app.tries import Tries
from fettled.bootstrap import running
from fettled.bootstrap.assembly import Assembly
from fettled.cli.app import run
from fettled.core import deliveries
from fettled.store import schema, writer  # noqa: F401 -- as above
from fettled.store.link import Link

#: As long as other threads get to do what they would do if this instant lasted.
LINGER = 0.02


class Doom:
    """Kills the process at the nth step of its name in its phase of life."""

    def __init__(self, step: str, nth: int, phase: str) -> None:
        self.phase = "start"
        self._step, self._left, self._in = step, nth, phase
        self._lock = threading.Lock()

    def enter(self, phase: str) -> None:
        """Note in which phase of its life the process is."""
        self.phase = phase

    def step(self, name: str) -> None:
        """Die here, if it is the one."""
        if name != self._step or self.phase != self._in:
            return
        with self._lock:
            self._left -= 1
            is_it = self._left == 0
        if is_it:
            time.sleep(LINGER)
            os.kill(os.getpid(), signal.SIGKILL)


def around(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put what *make* makes of it in place of a function."""
    original = getattr(owner, name)
    setattr(owner, name, wraps(original)(make(original)))


def is_writer() -> bool:
    """Whether this is the thread that writes; no other one's steps count."""
    return threading.current_thread().name == "fettled-writer"


def name_words(doom: Doom, original: Any) -> Any:
    """Name the words of transaction control."""
    units = 0

    def say(self: Link, sql: str) -> Any:
        nonlocal units
        word = sql.partition(" ")[0] if is_writer() else ""
        if word == "BEGIN":
            units = 0
            doom.step("before BEGIN")
        elif sql == "SAVEPOINT unit" and word:
            units += 1
            doom.step("between units" if units > 1 else "before the first unit")
        elif word == "COMMIT":
            doom.step("before COMMIT")
        done = original(self, sql)
        if word == "COMMIT":
            doom.step("after COMMIT")
        return done

    return say


def name_statement(doom: Doom, original: Any) -> Any:
    """Name the instant after a statement."""

    def run(self: Link, *args: Any) -> Any:
        done = original(self, *args)
        if is_writer():
            doom.step("between inserts")
        return done

    return run


def name_rows(doom: Doom, original: Any) -> Any:
    """Name the instant after each row: one by one, so that it can die between two."""

    def many(self: Link, statement: Any, given: Any) -> None:
        for row in given:
            original(self, statement, [row])
            if is_writer():
                doom.step("between inserts")

    return many


def name_commit(doom: Doom, original: Any) -> Any:
    """Note where the adoption of a reload begins."""

    def commit(uow: Any, adoption: Any, clock: Any) -> Any:
        if adoption.why == "reload":
            doom.enter("reload")
        return original(uow, adoption, clock)

    return commit


def name_swap(doom: Doom, original: Any) -> Any:
    """Name the instants around the swap that ends an adoption."""

    def replace(self: Memory, *args: Any) -> None:
        doom.step("before the swap")
        original(self, *args)
        if doom.phase == "reload":
            doom.enter("live")

    return replace


def name_start(doom: Doom, original: Any, ready: Callable[[], None]) -> Any:
    """Note where it begins to look, and tell that it does."""

    def start(self: Assembly) -> None:
        doom.enter("live")
        original(self)
        ready()

    return start


def name_save(doom: Doom, original: Any) -> Any:
    """Note where the last flush begins."""

    async def save(self: Assembly) -> None:
        doom.enter("stop")
        await original(self)

    return save


def name_telling(doom: Doom, original: Any) -> Any:
    """Name the instants before and after a message is sent."""

    async def tell(self: Tries, *given: Any) -> Any:
        doom.step("before telling")
        told = await original(self, *given)
        doom.step("after telling")
        return told

    return tell


def name_steps(doom: Doom, ready: Callable[[], None]) -> None:
    """Patch all of them in."""
    around(Link, "say", partial(name_words, doom))
    around(Link, "run", partial(name_statement, doom))
    around(Link, "told", partial(name_statement, doom))
    around(Link, "many", partial(name_rows, doom))
    around(adopt, "_commit", partial(name_commit, doom))
    around(Memory, "replace", partial(name_swap, doom))
    around(Assembly, "start", partial(name_start, doom, ready=ready))
    around(Assembly, "save", partial(name_save, doom))
    around(Tries, "tell", partial(name_telling, doom))
    # Nobody waits an hour for the fifth try of a receiver that fails now and then.
    deliveries.PAUSES = tuple(timedelta(seconds=n / 20) for n in range(10))
    name_migration(doom)


def name_migration(doom: Doom) -> None:
    """Name the statements of a migration; nothing else goes through SQLAlchemy's own roads."""

    def upgrade(original: Any) -> Any:
        def upgraded(connection: Any) -> None:
            doom.enter("migration")
            original(connection)
            doom.enter("start")

        return upgraded

    around(schema, "_upgrade", upgrade)

    @sqlalchemy.event.listens_for(sqlalchemy.Engine, "after_cursor_execute")
    def count(*_: object) -> None:
        doom.step("between statements")


def live(start: dict[str, Any], tell: Callable[[str], None]) -> int:
    """Be the daemon; the exit code."""
    doom = Doom(start.get("step", ""), start.get("nth", 0), start.get("phase", "live"))
    if start.get("mutant"):
        storm_mutants.ALL[start["mutant"]]()
    name_steps(doom, lambda: tell("ready"))
    return run(start["arguments"])


def child(start: dict[str, Any], tell: Callable[[str], None]) -> None:
    """Turn this process into the daemon; does not return."""
    code = 70
    try:
        home = Path(start["home"])
        for name, number in (("out", 1), ("err", 2)):
            file = os.open(home / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(file, number)
        os.environ["XDG_STATE_HOME"] = str(home)
        code = live(start, tell)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Start what is asked for, one after the other, until stdin ends."""
    assert running.run  # loaded before the fork
    answers = os.dup(1)

    def tell(line: str) -> None:
        os.write(answers, f"{line}\n".encode())

    for line in sys.stdin:
        start = json.loads(line)
        pid = os.fork()
        if pid == 0:
            child(start, tell)
        tell(f"pid {pid}")
        _, status = os.waitpid(pid, 0)
        tell(f"ended {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
