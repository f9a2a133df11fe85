"""`fettled maintenances`: what was, is or will be done on subjects."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from fettled.cli.client import get, post, whole
from fettled.cli.completing import complete_subjects
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.moments import instant
from fettled.cli.options import Config, Json, Token, TokenFile, Url
from fettled.cli.output import moment, print_json, print_line, print_table
from fettled.core.errors import InvalidError
from fettled.core.maintenances import MaintenanceStatus, MaintenanceType
from fettled.core.references import parse_reference

app = typer.Typer(name="maintenances", help="Write down work on subjects.", rich_markup_mode=None)

_PATH = "/api/v1/maintenances"


@app.command("list")
def list_maintenances(
    *,
    subject: Annotated[
        list[str] | None,
        typer.Option(help="Of this subject; may be repeated.", autocompletion=complete_subjects),
    ] = None,
    ticket: Annotated[str | None, typer.Option(help="For this ticket.")] = None,
    status: Annotated[
        list[MaintenanceStatus] | None, typer.Option(help="In this status; may be repeated.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 50,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """List work, the newest first."""
    asked = {
        "subject": subject or [],
        "status": [each.value for each in status or []],
        "ticket": None if ticket is None else number_of(ticket),
        "limit": limit,
    }
    where = Whereabouts(config, url, token, token_file)
    answer = with_tickets(where, lambda address: whole(address, get(address, _PATH, asked), "data"))
    if json:
        print_json(answer)
        return
    print_table(
        ("ID", "STATUS", "TYPE", "SUBJECT", "TICKET", "SCHEDULED", "DESCRIPTION"),
        [
            (
                each.get("id"),
                str(each.get("status")).lower(),
                str(each.get("type")).lower(),
                each.get("subject"),
                each.get("ticket"),
                moment(each.get("scheduled_at")),
                each.get("description"),
            )
            for each in answer["data"]
        ],
        spare="DESCRIPTION",
    )
    if answer.get("next") is not None:
        sys.stderr.write(f"fettled: there are more than {limit}: narrow it by a filter\n")


@app.command()
def add(
    *,
    subject: Annotated[
        str | None,
        typer.Argument(
            help="The subject's key; else the ticket's.",
            show_default=False,
            autocompletion=complete_subjects,
        ),
    ] = None,
    kind: Annotated[
        MaintenanceType, typer.Option("--type", help="Why it is done.")
    ] = MaintenanceType.CORRECTIVE,
    ticket: Annotated[
        str | None, typer.Option(help="The ticket it is for; it is told.", show_default=False)
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="When, such as 2026-11-21T18:00+01:00.", show_default=False),
    ] = None,
    description: Annotated[str, typer.Option(help="What is done.")] = "",
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Write work on SUBJECT down."""
    asked: dict[str, Any] = {"type": kind.value, "description": description}
    if subject is not None:
        asked["subject"] = subject
    if ticket is not None:
        asked["ticket"] = number_of(ticket)
    if at is not None:
        asked["scheduled_at"] = instant(at, "--at").isoformat()
    where = Whereabouts(config, url, token, token_file)
    answer = with_tickets(
        where, lambda address: whole(address, post(address, _PATH, asked), "data")
    )
    if json:
        print_json(answer)
        return
    made = answer["data"]
    about = "" if made.get("ticket") is None else f" for #{made['ticket']}"
    print_line(f"{made['id']}  {str(made['type']).lower()} work on {made['subject']}{about}")


def number_of(ref: str) -> int:
    """
    Read how people name a ticket.

    Raises:
        InvalidError: it is no ticket's name.
    """
    named = parse_reference(ref)
    if named is None:
        msg = f"--ticket: {ref!r} is no ticket: write 42, '#42' or INC-20261121-000042"
        raise InvalidError(msg, "ticket")
    return named.number
