"""
Writing what the daemon exports into a file: whole, or not at all.

A file that is there is kept unless one insists; bytes that no terminal shows go to none.
What is no file (a device, a pipe) is written into, as a shell's redirection does, and
never replaced; a link is followed, and stays one.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from fettled.cli.client import Address, download
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.core.errors import FettledError, InvalidError

#: Seconds; a million lines take their time.
DEADLINE = 600.0
STDOUT = Path("-")

Force: TypeAlias = Annotated[
    bool, typer.Option("--force", help="Write over a file that is there already.")
]

_Fetch: TypeAlias = Callable[[Callable[[bytes], object]], None]


def save(where: Whereabouts, path: str, kind: str, target: Path, *, force: bool) -> None:
    """
    Fetch *path*, a file of the type *kind*, into *target*; `-` is stdout.

    Raises:
        InvalidError: the target cannot be taken; nothing was asked.
        FettledError: it is refused, or did not come to its end.
        OSError: it could not be written; the name of the target is in it.
    """

    def fetch(into: Callable[[bytes], object]) -> None:
        with_tickets(where, lambda to: download(_patient(to), path, kind, into))

    is_text = kind.startswith(("text/", "application/json"))
    if target == STDOUT:
        _print(fetch, is_text=is_text)
    elif target.exists() and not target.is_file():
        _pour(fetch, target, is_text=is_text)
    else:
        _replace(fetch, target, force=force)


def _replace(fetch: _Fetch, target: Path, *, force: bool) -> None:
    if target.exists() and not force:
        msg = f"{target} is there already: name another file, or write over it with --force"
        raise InvalidError(msg, "output")
    # Whoever made a link wants the file behind it written, and the link kept.
    file = Path(os.path.realpath(target))
    if file.is_symlink() or not file.parent.is_dir():
        raise _no_place(target)
    # Beside the file, so that taking its place is one step, and what was there is safe.
    with _named(target):
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".fettled-")
    try:
        try:
            fetch(lambda piece: _write(handle, piece, target))
        finally:
            os.close(handle)
        with _named(target):
            _place(Path(name), file, target, force=force)
    finally:
        Path(name).unlink(missing_ok=True)


def _place(part: Path, file: Path, target: Path, *, force: bool) -> None:
    if force and (file.is_file() or not file.exists()):
        part.replace(file)
        return
    try:
        # Unlike a renaming it never takes the place of what came meanwhile.
        os.link(part, file)
    except FileExistsError:
        msg = f"{target} has come to be there meanwhile: name another file"
        raise FettledError(msg) from None


def _pour(fetch: _Fetch, target: Path, *, is_text: bool) -> None:
    """Write into a device or a pipe, as `> target` would."""
    mode = target.stat().st_mode
    if not (stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)):
        raise _no_place(target)
    with _named(target):
        handle = os.open(target, os.O_WRONLY | os.O_NOCTTY)
    try:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            raise _no_place(target)  # it has become one since, and would be overwritten
        if os.isatty(handle) and not is_text:
            raise _no_terminal()
        fetch(lambda piece: _write(handle, piece, target))
    finally:
        os.close(handle)


def _print(fetch: _Fetch, *, is_text: bool) -> None:
    if sys.stdout.isatty() and not is_text:
        raise _no_terminal()
    # The real one: beside a store that is opened for this, sys.stdout leads nowhere.
    sys.stdout.flush()
    out = sys.stdout.buffer
    fetch(out.write)
    out.flush()


def _write(handle: int, piece: bytes, target: Path) -> None:
    # Without a buffer, so that a full disk is told here and not once more at the end.
    left = memoryview(piece)
    with _named(target):
        while left:
            left = left[os.write(handle, left) :]


@contextmanager
def _named(target: Path) -> Iterator[None]:
    """Have what the system refuses named by the file that was asked for."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = str(target), None
        raise


def _no_place(target: Path) -> InvalidError:
    msg = f"{target} is no place for a file: name one in a directory that exists"
    return InvalidError(msg, "output")


def _no_terminal() -> InvalidError:
    msg = "a terminal cannot show it: write it to a file with -o FILE, or into a pipe"
    return InvalidError(msg, "output")


def _patient(address: Address) -> Address:
    return replace(address, deadline=DEADLINE)
