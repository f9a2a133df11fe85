"""
A file as the body of a request: `multipart/form-data`, read while it is sent.

Nothing but the file's own name leaves the machine, and no name can forge a header.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fettled.cli.failures import printable
from fettled.cli.wire import Request

_PIECE = 64 * 1024
#: Bytes from which on a terminal is shown how far it is.
_BIG = 1024 * 1024


def upload(path: str, file: Path, size: int, tell: Callable[[int], object]) -> Request:
    """
    Make the request that sends *file* to *path*.

    Args:
        path: of the resource.
        file: what is sent.
        size: of the file, as it was when it was judged.
        tell: is told how many bytes have been read, piece by piece.
    """
    boundary = f"fettled-{uuid.uuid4().hex}"
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{quoted(file.name)}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    tail = f"\r\n--{boundary}--\r\n".encode()

    def pieces() -> Iterator[bytes]:
        yield head
        left = size
        with file.open("rb") as source:
            while left and (piece := source.read(min(_PIECE, left))):
                left -= len(piece)
                yield piece
                tell(len(piece))
        if left:
            msg = f"{file} became shorter while it was sent"
            raise OSError(msg)
        yield tail

    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    # The daemon knows a file by its bytes, and keeps it once: it takes no key for it.
    return Request("POST", path, headers, pieces, len(head) + size + len(tail), is_keyed=False)


def quoted(name: str) -> str:
    """Write a file's *name* as browsers do: no quote and no line's end stays one."""
    name = name.encode("utf-8", "replace").decode()
    for sign, code in (('"', "%22"), ("\r", "%0D"), ("\n", "%0A")):
        name = name.replace(sign, code)
    return name


@contextmanager
def bar(name: str, size: int) -> Iterator[Callable[[int], object]]:
    """Draw on stderr how far it is, where that is a terminal and the file is big."""
    if size < _BIG or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - small files must not pay for rich
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn  # noqa: PLC0415 - as above

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(printable(name), total=size)
        yield lambda count: progress.advance(task, count)
