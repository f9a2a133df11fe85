"""
Writing what the daemon exports into a file: whole, or not at all.

A file that is there is kept unless one insists; bytes that no terminal shows go to none.
"""

from __future__ import annotations

import os
import sys
import tempfile
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


def save(where: Whereabouts, path: str, kind: str, target: Path, *, force: bool) -> None:
    """
    Fetch *path*, a file of the type *kind*, into *target*; `-` is stdout.

    Raises:
        InvalidError: the target cannot be taken; nothing was asked.
        FettledError: it is refused, or did not come to its end.
    """
    if target == STDOUT:
        _print(where, path, kind)
        return
    if target.exists() and not force:
        msg = f"{target} is there already: name another file, or write over it with --force"
        raise InvalidError(msg, "output")
    if target.is_dir() or not target.parent.is_dir():
        msg = f"{target}: is no place for a file: name one in a directory that exists"
        raise InvalidError(msg, "output")
    # Beside the target, so that taking its place is one step, and what was there is safe.
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".fettled-", delete=False) as part:
        try:
            with_tickets(where, lambda to: download(_patient(to), path, kind, part.write))
            part.flush()
            _place(Path(part.name), target, force=force)
        finally:
            Path(part.name).unlink(missing_ok=True)


def _place(part: Path, target: Path, *, force: bool) -> None:
    if force:
        part.replace(target)
        return
    try:
        # Unlike a renaming it never takes the place of a file that came meanwhile.
        os.link(part, target)
    except FileExistsError:
        msg = f"{target} has come to be there meanwhile: name another file"
        raise FettledError(msg) from None


def _print(where: Whereabouts, path: str, kind: str) -> None:
    if sys.stdout.isatty() and not kind.startswith(("text/", "application/json")):
        msg = "a terminal cannot show it: write it to a file with -o FILE, or into a pipe"
        raise InvalidError(msg, "output")
    # The real one: beside a store that is opened for this, sys.stdout leads nowhere.
    sys.stdout.flush()
    out = sys.stdout.buffer
    with_tickets(where, lambda to: download(_patient(to), path, kind, out.write))
    out.flush()


def _patient(address: Address) -> Address:
    return replace(address, deadline=DEADLINE)
