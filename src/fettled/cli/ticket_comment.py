"""`fettled tickets comment`: a note on a ticket, typed, piped, or written in an editor."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fettled.cli.acting import Order, act
from fettled.cli.daemon_access import Whereabouts
from fettled.cli.options import Json
from fettled.cli.reaching import reaching
from fettled.cli.ticket_refs import IfVersion, Ref, ticket_path
from fettled.cli.ticket_words import Ticket, status_of
from fettled.cli.writing import text_of

_HINT = "A comment in markdown; it cannot be changed afterwards. Leave it empty to send none."


def register(app: typer.Typer) -> None:
    """Add this file's command to the group *app*."""
    app.command()(comment)


@reaching
def comment(
    *,
    ref: Ref,
    text: Annotated[
        str | None,
        typer.Argument(
            help="The comment, markdown; '-' reads stdin; none: $EDITOR opens.", show_default=False
        ),
    ] = None,
    internal: Annotated[
        bool, typer.Option("--internal", help="For those who work on it only.")
    ] = False,
    where: Whereabouts,
    if_version: IfVersion = None,
    json: Json = False,
) -> None:
    """Add a comment; it cannot be changed afterwards."""
    ticket_path(ref)  # before anybody writes a text for nothing
    with text_of(text, "comment", f"{_HINT} (ticket {ref})") as body:
        asked: dict[str, Any] = {"action": "comment", "body": body}
        if internal:
            asked["visibility"] = "internal"
        done = "commented internally" if internal else "commented"

        def told(ticket: Ticket) -> str:
            return f"{done}, {status_of(ticket)}"

        act(where, [ref], Order(asked, told), if_version=if_version, as_json=json)
