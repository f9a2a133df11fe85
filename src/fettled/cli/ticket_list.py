"""`fettled tickets list`: which tickets there are, by filters, as a table, JSON or CSV."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from fettled.cli import late, saving
from fettled.cli.client import asking
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.lists import pages
from fettled.cli.options import Json
from fettled.cli.output import moment, print_json
from fettled.cli.reaching import reaching
from fettled.cli.ticket_filters import filtering
from fettled.cli.ticket_refs import TICKETS, subject_key
from fettled.cli.ticket_table import Column, print_rows
from fettled.cli.ticket_words import Ticket, clock, owner_of
from fettled.core.errors import InvalidError

COLUMNS = (
    Column("TICKET"),
    Column("STATUS"),
    Column("PRIORITY"),
    Column("SLA"),
    Column("ASSIGNEE", spare=4, most=16),
    Column("KIND", spare=2, most=24),
    Column("SUBJECT", spare=3, most=24),
    Column("UPDATED", spare=1),
    Column("TITLE", is_rest=True),
)


def register(app: typer.Typer) -> None:
    """Add this file's command to the group *app*."""
    app.command("list")(list_tickets)


@reaching
@filtering
def list_tickets(
    *,
    query: dict[str, Any],
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write all of them as CSV; - is stdout.", show_default=False
        ),
    ] = None,
    force: saving.Force = False,
    where: Whereabouts,
    json: Json = False,
) -> None:
    """List tickets, newest first."""
    if csv is not None:
        _save(where, query, csv, force=force, as_json=json)
        return
    answer = with_tickets(where, lambda address: pages(address, TICKETS, query, limit))
    if json:
        print_json(answer)
        return
    now = late.now()
    print_rows(COLUMNS, [_row(each, now) for each in answer["items"]])
    if answer["next"] is not None:
        sys.stderr.write(f"fettled: there are more than {limit}: raise --limit\n")


def _save(
    where: Whereabouts, query: dict[str, Any], target: Path, *, force: bool, as_json: bool
) -> None:
    for option, is_given in (("--json", as_json), ("--sort", "sort" in query)):
        if is_given:
            msg = f"{option} does not go with --csv: leave it out"
            raise InvalidError(msg, "csv")
    saving.save(where, asking(f"{TICKETS}.csv", query), "text/csv", target, force=force)


def _row(ticket: Ticket, now: datetime) -> tuple[object, ...]:
    return (
        f"#{ticket['number']}",
        ticket.get("status"),
        ticket.get("priority"),
        clock(ticket, now),
        owner_of(ticket),
        ticket.get("kind"),
        subject_key(ticket),
        moment(ticket.get("updated_at")),
        ticket.get("title"),
    )
