"""`fettled tickets attach | export`: files that go onto a ticket, and those made of one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from fettled.cli import saving
from fettled.cli.client import Address, RefusedError, get, send, whole
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.failures import ExitCode, say
from fettled.cli.options import Json
from fettled.cli.output import print_json, print_line
from fettled.cli.reaching import reaching
from fettled.cli.ticket_refs import Ref, named_ref, ticket_path
from fettled.cli.ticket_words import size_of
from fettled.cli.uploading import bar, upload
from fettled.core.errors import InvalidError

#: `core.attachments`' own, without what it imports; said before a long upload, judged there.
MOST_FILES = 10
MOST_BYTES = 10 * 1024 * 1024
#: Seconds for one file; a slow line carries it in that time.
_PATIENCE = 120.0

_KINDS = {"json": "application/json", "pdf": "application/pdf", "csv": "text/csv"}


def register(app: typer.Typer) -> None:
    """Add this file's commands to the group *app*."""
    for command in (attach, export):
        app.command()(command)


@dataclass(frozen=True, slots=True)
class _Sent:
    file: Path
    items: tuple[dict[str, Any], ...] = ()
    is_old: bool = False
    error: RefusedError | None = None


@reaching
def attach(
    *,
    ref: Ref,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="JPG, PNG, DOCX, TXT or PDF.", show_default=False),
    ],
    where: Whereabouts,
    json: Json = False,
) -> None:
    """Attach files to a ticket: 10 at most, of 10 MiB each."""
    path = ticket_path(ref) + "/attachments"
    sizes = {file: _size(file) for file in files}
    if len(sizes) > MOST_FILES:
        msg = f"{len(sizes)} files: a ticket carries {MOST_FILES} at most"
        raise InvalidError(msg, "files")
    sent = with_tickets(where, lambda address: _send_all(address, path, sizes))
    if len(sent) == 1 and sent[0].error is not None:
        raise sent[0].error
    if json:
        print_json({"items": [item for each in sent for item in each.items]})
    for each in sent:
        if each.error is not None:
            say(f"{each.file.name}: {each.error}")
        elif not json:
            had = " already, nothing changed" if each.is_old else ""
            told = f"{each.file.name} ({size_of(sizes[each.file])})"
            print_line(f"{named_ref(ref)} has {told}{had}")
    if any(each.error is not None for each in sent):
        raise typer.Exit(ExitCode.NEGATIVE)


def _send_all(address: Address, path: str, sizes: dict[Path, int]) -> list[_Sent]:
    try:
        there = get(address, path)
    except RefusedError:
        there = None  # the file is refused in better words
    if isinstance(there, dict) and len(there.get("items", ())) + len(sizes) > MOST_FILES:
        count = len(there["items"])
        msg = f"it has {count} attachments, and carries {MOST_FILES} at most: attach fewer"
        raise InvalidError(msg, "files")
    patient = replace(address, deadline=_PATIENCE)
    known = {each.get("id") for each in there["items"]} if isinstance(there, dict) else set()
    outcomes = []
    for file, size in sizes.items():
        with bar(file.name, size) as tell:
            try:
                answer = send(patient, upload(path, file, size, tell))
                items = tuple(whole(address, answer.body, "items")["items"])
                # The daemon knows a file by its bytes, and keeps it once.
                told = answer.status == HTTPStatus.OK
                is_old = told or all(each.get("id") in known for each in items)
                outcomes.append(_Sent(file, items, is_old))
            except RefusedError as error:
                outcomes.append(_Sent(file, error=error))
    return outcomes


def _size(file: Path) -> int:
    if not file.is_file():
        file.stat()  # says why, if it is not there
        msg = f"{file} is no file"
        raise InvalidError(msg, "files")
    size = file.stat().st_size
    if size > MOST_BYTES:
        msg = f"{file} has {size:,} bytes: an attachment has {MOST_BYTES >> 20} MiB at most"
        raise InvalidError(msg, "files")
    if not size:
        msg = f"{file} is empty"
        raise InvalidError(msg, "files")
    return size


@reaching
def export(
    *,
    ref: Ref,
    kind: Annotated[
        Literal["json", "pdf", "csv"], typer.Option("--format", help="As what.")
    ] = "pdf",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Into this file; - is stdout; else INC-....", show_default=False
        ),
    ] = None,
    force: saving.Force = False,
    where: Whereabouts,
) -> None:
    """Write a ticket with its whole history into a file."""
    path = ticket_path(ref)
    if output is None:
        ticket = with_tickets(where, lambda to: whole(to, get(to, path), "reference"))
        output = Path(f"{_harmless(str(ticket['reference']))}.{kind}")
    saving.save(where, f"{path}/export.{kind}", _KINDS[kind], output, force=force)
    # Into a pipe or a terminal went the ticket, and a word of ours would follow it there.
    if output.is_file():
        print_line(f"{named_ref(ref)} is in {output}")


def _harmless(reference: str) -> str:
    """Give the name of a file; what answers is not trusted to name one elsewhere."""
    return "".join(sign for sign in reference if sign.isalnum() or sign == "-")[:64] or "ticket"
