"""`fettled oncall`: who is on call, until when, and who comes next."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fettled.cli.completing import complete_shifts
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.lists import pages
from fettled.cli.options import Config, Json, Token, TokenFile, Url
from fettled.cli.output import moment, print_json, print_line, print_table

_MOST = 100_000
_NOBODY = "nobody"


def register(app: typer.Typer) -> None:
    """Add this file's command to *app*."""
    app.command()(oncall)


def oncall(
    *,
    schedule: Annotated[
        str | None,
        typer.Argument(
            help="One schedule; else all.", show_default=False, autocompletion=complete_shifts
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="When, such as 2026-12-24T18:00:00+01:00.", show_default="now"
        ),
    ] = None,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Tell who is on call, until when, and who comes next."""
    where = Whereabouts(config, url, token, token_file)
    asked = {"schedule": schedule, "at": at}
    answer = with_tickets(where, lambda address: pages(address, "/api/v1/oncall", asked, _MOST))
    if json:
        print_json(answer)
        return
    if not answer["items"]:
        print_line("no schedule is configured; see access.schedules in the reference")
        return
    print_table(
        ("SCHEDULE", "SCENARIO", "ROLE", "ON CALL", "UNTIL", "THEN"),
        [
            (
                each["schedule"],
                each.get("scenario"),
                each.get("role"),
                _who(each.get("user")),
                moment(each.get("until")),
                _who(following.get("user")) if (following := each.get("next")) else None,
            )
            for each in answer["items"]
        ],
        spare="SCENARIO",
    )


def _who(user: dict[str, Any] | None) -> str:
    if user is None:
        return _NOBODY
    full, name = user.get("full_name"), user.get("name")
    return f"{name}" if full == name else f"{full} ({name})"
