"""`fettled subjects`: what is watched, and what the monitor believes about it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fettled.cli.client import get, segment, whole
from fettled.cli.completing import complete_subjects
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.lists import pages
from fettled.cli.options import Config, Json, Limit, Token, TokenFile, Url
from fettled.cli.output import moment, print_fields, print_json, print_line, print_table

app = typer.Typer(name="subjects", help="List and show what is watched.", rich_markup_mode=None)


@app.command("list")
def list_subjects(
    *,
    limit: Limit = 1000,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """List subjects with their phase and ticket."""
    where = Whereabouts(config, url, token, token_file)
    answer = with_tickets(where, lambda address: pages(address, "/api/v1/subjects", {}, limit))
    if json:
        print_json(answer)
        return
    print_table(
        ("SUBJECT", "TYPE", "PHASE", "SINCE", "TICKET", "PARENT", "NAME"),
        [
            (
                each["key"],
                each.get("type"),
                each.get("phase"),
                moment(each.get("since")),
                _ticket(each),
                each.get("parent"),
                each.get("name"),
            )
            for each in answer["items"]
        ],
    )


@app.command()
def show(
    *,
    key: Annotated[
        str,
        typer.Argument(
            help="The subject's key.", show_default=False, autocompletion=complete_subjects
        ),
    ],
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Show one subject with its checks."""
    where = Whereabouts(config, url, token, token_file)
    path = f"/api/v1/subjects/{segment(key)}"
    subject = with_tickets(where, lambda address: whole(address, get(address, path), "key"))
    if json:
        print_json(subject)
        return
    print_fields(
        [
            ("subject", subject.get("key")),
            ("name", subject.get("name")),
            ("type", subject.get("type")),
            ("phase", subject.get("phase")),
            ("since", moment(subject.get("since"))),
            ("gate", _gate(subject)),
            ("ticket", _ticket(subject)),
            ("parent", subject.get("parent")),
            ("labels", subject.get("labels")),
        ]
    )
    print_line()
    print_table(
        ("CHECK", "TYPE", "PHASE", "VERDICT", "REASON", "GATE", "LAST", "NEXT"),
        [
            (
                each.get("name"),
                each.get("type"),
                each.get("phase"),
                each.get("verdict"),
                each.get("reason"),
                _gate(each),
                moment(each.get("last_at")),
                moment(each.get("next_at")),
            )
            for each in subject.get("checks") or []
        ],
    )


def _ticket(subject: dict[str, Any]) -> str | None:
    return f"#{subject['ticket']}" if subject.get("ticket") else None


def _gate(of: dict[str, Any]) -> str | None:
    gate, until = of.get("gate"), moment(of.get("gate_until"))
    return f"{gate} until {until}" if gate and until else gate
