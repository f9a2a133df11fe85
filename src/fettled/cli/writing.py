"""
Text of people: typed as an argument, read from a pipe, or written in an editor.

What was written in an editor is not lost when it could not be sent.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fettled.cli.failures import say
from fettled.core.errors import FettledError, InvalidError

_CUT = "-- 8< -- what follows is left out -- 8< --"


@contextlib.contextmanager
def text_of(given: str | None, what: str, hint: str) -> Iterator[str]:
    """
    Give the text: *given*, stdin for `-`, or, for None on a terminal, what an editor leaves.

    Args:
        given: as it was typed.
        what: the field, for complaints.
        hint: what the one who edits is told below the text.

    Raises:
        InvalidError: there is none.
        FettledError: there is no editor, or it fails.
    """
    if given is not None:
        yield _required(sys.stdin.read() if given == "-" else given, what, is_piped=given == "-")
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        msg = f"no {what}: write it as an argument, or - to read it from stdin"
        raise InvalidError(msg, what)
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        msg = f"no {what}, and no $EDITOR to write it in: write it as an argument"
        raise InvalidError(msg, what)
    handle, name = tempfile.mkstemp(prefix="fettled-", suffix=".md")
    os.close(handle)
    path = Path(name)
    try:
        written = _edited(editor, path, what, hint)
    except BaseException:  # Ctrl-C as well: nothing was written that is worth keeping
        path.unlink(missing_ok=True)
        raise
    try:
        yield written
    except BaseException:  # Ctrl-C as well: what somebody wrote is not lost by it
        path.write_text(written + "\n", encoding="utf-8")
        say(f"the text is kept in {path}")
        raise
    path.unlink(missing_ok=True)


def _edited(editor: str, path: Path, what: str, hint: str) -> str:
    path.write_text(f"\n{_CUT}\n{hint}\n", encoding="utf-8")
    try:
        done = subprocess.run([*shlex.split(editor), str(path)], check=False)  # noqa: S603 - the user's own editor
    except (OSError, ValueError) as error:
        msg = f"cannot run the editor {editor!r}: {getattr(error, 'strerror', None) or error}"
        raise FettledError(msg) from None
    if done.returncode != 0:
        msg = f"the editor left with {done.returncode}: nothing was sent"
        raise FettledError(msg)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        msg = "the editor left text that is not UTF-8: nothing was sent"
        raise FettledError(msg) from None
    return _required(text.partition(_CUT)[0].strip("\n"), what, is_piped=False)


def _required(text: str, what: str, *, is_piped: bool) -> str:
    # The last line's end is the pipe's, not the text's.
    body = text.removesuffix("\n").removesuffix("\r") if is_piped else text
    if not body.strip():
        msg = f"the {what} is empty: nothing was sent"
        raise InvalidError(msg, what)
    return body
