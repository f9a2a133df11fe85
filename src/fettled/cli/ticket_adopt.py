"""`fettled tickets adopt`: one ticket of what was down when publishing was switched on."""

from __future__ import annotations

from typing import Annotated

import typer

from fettled.cli.client import post, whole
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.options import Json
from fettled.cli.output import print_json, print_line
from fettled.cli.reaching import reaching


def register(app: typer.Typer) -> None:
    """Add this file's command to the group *app*."""
    app.command()(adopt)


@reaching
def adopt(
    *,
    subjects: Annotated[
        list[str] | None, typer.Argument(metavar="[SUBJECT]...", show_default=False)
    ] = None,
    where: Whereabouts,
    json: Json = False,
) -> None:
    """Make one ticket of what was down when publishing was switched on."""
    body = {"subjects": subjects or []}
    path = "/api/v1/tickets/adopt"
    said = with_tickets(where, lambda to: whole(to, post(to, path, body), "ticket", "adopted"))
    if json:
        print_json(said)
    elif not said["adopted"]:
        print_line("nothing to adopt: observe_only holds nothing that is down and published now")
    else:
        count = len(said["adopted"])
        print_line(f"#{said['ticket']['number']}: {count} check{'s'[: count > 1]} adopted")
