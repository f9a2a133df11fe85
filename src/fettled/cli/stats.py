"""`fettled stats`: what the tickets of a stretch of time add up to."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fettled.cli.client import get, whole
from fettled.cli.completing import complete_teams
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.moments import ago
from fettled.cli.options import Config, Json, Token, TokenFile, Url
from fettled.cli.output import moment, print_fields, print_json, print_line, print_table
from fettled.core.words import Priority


def register(app: typer.Typer) -> None:
    """Add this file's command to *app*."""
    app.command()(stats)


def stats(
    *,
    since: Annotated[
        str | None,
        typer.Option(
            help="From when on: 30d ago (which it is else), or a time with its zone.",
            show_default=False,
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Until when: as --since; else now.", show_default=False)
    ] = None,
    team: Annotated[
        list[str] | None, typer.Option(help="Only of this team.", autocompletion=complete_teams)
    ] = None,
    priority: Annotated[list[Priority] | None, typer.Option(help="Only this priority.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind.")] = None,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Add up tickets: how soon they were answered and over, and what came again."""
    where = Whereabouts(config, url, token, token_file)
    asked = {
        "since": None if since is None else ago(since, "--since").isoformat(),
        "until": None if until is None else ago(until, "--until").isoformat(),
        "team": team or [],
        "priority": [each.value for each in priority or []],
        "kind": kind or [],
    }
    found = with_tickets(
        where, lambda address: whole(address, get(address, "/api/v1/stats", asked), "opened")
    )
    if json:
        print_json(found)
        return
    _print(found)


def _print(found: dict[str, Any]) -> None:
    print_fields(
        [
            ("from", moment(found["since"])),
            ("until", moment(found["until"])),
            ("opened", found["opened"]),
            ("resolved", found["resolved"]),
            ("reopened", found["reopened"]),
            ("answered", _length(found["mtta"])),
            ("repaired", _length(found["mttr"])),
            ("response", _share(found["sla"]["response"]["compliance"])),
            ("resolution", _share(found["sla"]["resolution"]["compliance"])),
            ("false alarms", _share(found["false_alarms"]["share"])),
        ]
    )
    if found["recurring"]:
        print_line()
        print_table(
            ("SUBJECT", "TICKETS", "REOPENED", "LAST"),
            [
                (each["subject"], each["tickets"], each["reopened"], f"#{each['last']}")
                for each in found["recurring"]
            ],
        )
    if found["truncated"]:
        print_line("there are more tickets than are added up; ask for a shorter time")


def _length(found: dict[str, Any]) -> str | None:
    if not found["count"]:
        return None
    mean, middle, most = (_minutes(found[name]) for name in ("mean", "median", "p90"))
    count = found["count"]
    tickets = "1 ticket" if count == 1 else f"{count} tickets"
    return f"mean {mean}, median {middle}, p90 {most} ({tickets})"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f}m" if seconds < 7200 else f"{seconds / 3600:.1f}h"  # noqa: PLR2004 - two hours


def _share(share: float | None) -> str | None:
    return None if share is None else f"{share:.0%}"
