"""`fettled tickets list`: which tickets there are, by filters, as a table, JSON or CSV."""

from __future__ import annotations

import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from fettled.cli import late, saving
from fettled.cli.client import asking
from fettled.cli.completing import complete_subjects, complete_teams, complete_users
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.lists import pages
from fettled.cli.moments import ago
from fettled.cli.options import Json
from fettled.cli.output import moment, print_json
from fettled.cli.reaching import reaching
from fettled.cli.ticket_refs import TICKETS, subject_key
from fettled.cli.ticket_table import Column, print_rows
from fettled.cli.ticket_words import Ticket, clock, owner_of
from fettled.core.errors import InvalidError
from fettled.core.words import Level, Priority, Source, Status

#: The API's orders, written out for help and completion.
GivenSort = Literal["number", "updated", "priority", "sla"]


class GivenSla(StrEnum):
    """How the clock that matters stands."""

    GREEN = "green"
    ORANGE = "orange"
    RED = "red"
    MET = "met"
    MISSED = "missed"


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


def many(help_text: str, **more: Any) -> Any:  # noqa: ANN401 - typer's own annotation value
    """Make a repeatable filter option."""
    return typer.Option(
        help=help_text + " May be given more than once.", show_default=False, **more
    )


def once(help_text: str) -> Any:  # noqa: ANN401 - typer's own annotation value
    """Make a filter option that is given once."""
    return typer.Option(help=help_text, show_default=False)


@reaching
def list_tickets(
    *,
    status: Annotated[list[Status] | None, many("Only this status.")] = None,
    priority: Annotated[list[Priority] | None, many("Only this priority.")] = None,
    level: Annotated[list[Level] | None, many("Only this level.")] = None,
    kind: Annotated[list[str] | None, many("Only this kind.")] = None,
    source: Annotated[list[Source] | None, many("Only from this source.")] = None,
    subject: Annotated[
        list[str] | None,
        many("Only about the subject with this key.", autocompletion=complete_subjects),
    ] = None,
    member: Annotated[
        list[str] | None,
        many("Only with this subject on the checklist.", autocompletion=complete_subjects),
    ] = None,
    team: Annotated[
        list[str] | None, many("Only of this team.", autocompletion=complete_teams)
    ] = None,
    assignee: Annotated[
        list[str] | None, many("Only of this person.", autocompletion=complete_users)
    ] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only what is assigned to you.")] = False,
    label: Annotated[list[str] | None, many("Only with this label, NAME=VALUE.")] = None,
    sla: Annotated[list[GivenSla] | None, many("Only with a clock of this colour.")] = None,
    search: Annotated[
        str | None, once("Only with all these words; the last one may be a beginning.")
    ] = None,
    since: Annotated[str | None, once("Opened since: 24h, or a time with its zone.")] = None,
    before: Annotated[str | None, once("Opened before: 24h ago, or a time.")] = None,
    resolved_since: Annotated[str | None, once("Resolved since, as --since.")] = None,
    resolved_before: Annotated[str | None, once("Resolved before, as --before.")] = None,
    sort: Annotated[GivenSort | None, once("In this order; else the newest first.")] = None,
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
    query: dict[str, Any] = {
        "status": [each.value for each in status or []],
        "priority": [each.value for each in priority or []],
        "level": [each.value for each in level or []],
        "kind": kind or [],
        "source": [each.value for each in source or []],
        "subject": subject or [],
        "member": member or [],
        "team": team or [],
        "assignee": _whose(assignee or [], mine=mine),
        "label": [_label(each) for each in label or []],
        "sla": [each.value for each in sla or []],
        "q": search,
        "opened_after": _time(since, "--since"),
        "opened_before": _time(before, "--before"),
        "resolved_after": _time(resolved_since, "--resolved-since"),
        "resolved_before": _time(resolved_before, "--resolved-before"),
        "sort": sort,
    }
    if csv is not None:
        if json:
            msg = "--csv or --json: give one of them"
            raise InvalidError(msg, "csv")
        path = asking(f"{TICKETS}/export.csv", query)
        saving.save(where, path, "text/csv", csv, force=force)
        return
    answer = with_tickets(where, lambda address: pages(address, TICKETS, query, limit))
    if json:
        print_json(answer)
        return
    now = late.now()
    print_rows(COLUMNS, [_row(each, now) for each in answer["items"]])
    if answer["next"] is not None:
        sys.stderr.write(f"fettled: there are more than {limit}: raise --limit\n")


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


def _whose(named: list[str], *, mine: bool) -> list[str]:
    if mine and named:
        msg = "--mine or --assignee USER: give one of them"
        raise InvalidError(msg, "mine")
    return ["me"] if mine else named


def _label(text: str) -> str:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        msg = f"--label: {text!r} is no label: write NAME=VALUE"
        raise InvalidError(msg, "label")
    return text


def _time(text: str | None, option: str) -> str | None:
    return None if text is None else ago(text, option).isoformat()
