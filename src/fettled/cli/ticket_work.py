"""
`fettled tickets comment | resolve | reopen`: what people do to a ticket.

Each is one action of the API; what is legal when is decided there.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from fettled.cli.client import post, whole
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.options import Config, Json, Token, TokenFile, Url
from fettled.cli.output import print_json, print_line
from fettled.cli.tickets import Ref, ticket_path
from fettled.core.errors import InvalidError
from fettled.core.words import Code


def register(app: typer.Typer) -> None:
    """Add this file's commands to the group *app*."""
    app.command()(comment)
    app.command()(resolve)
    app.command()(reopen)


def comment(
    *,
    ref: Ref,
    text: Annotated[
        str, typer.Argument(help="The comment, markdown; '-' reads stdin.", show_default=False)
    ],
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Add a comment; it cannot be changed afterwards."""
    body = sys.stdin.read() if text == "-" else text
    if not body.strip():
        msg = "the comment is empty"
        raise InvalidError(msg, "body")
    where = Whereabouts(config, url, token, token_file)
    _act(where, ref, {"action": "comment", "body": body}, "commented", as_json=json)


def resolve(
    *,
    ref: Ref,
    code: Annotated[Code, typer.Option(help="How it was resolved.")] = Code.FIXED,
    summary: Annotated[
        str | None, typer.Option(help="What was done, in a sentence.", show_default=False)
    ] = None,
    duplicate_of: Annotated[
        int | None,
        typer.Option(min=1, help="With --code duplicate: the other's number.", show_default=False),
    ] = None,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Resolve a ticket; it is reopened when its subject turns out to be still down."""
    action: dict[str, Any] = {"action": "resolve", "code": code.value}
    if summary is not None:
        action["summary"] = summary
    if duplicate_of is not None:
        action["duplicate_of"] = duplicate_of
    where = Whereabouts(config, url, token, token_file)
    _act(where, ref, action, "resolved", as_json=json)


def reopen(
    *,
    ref: Ref,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Reopen a resolved ticket, whatever its reopen window says."""
    where = Whereabouts(config, url, token, token_file)
    _act(where, ref, {"action": "reopen"}, "reopened", as_json=json)


def _act(where: Whereabouts, ref: str, action: dict[str, Any], done: str, *, as_json: bool) -> None:
    path = ticket_path(ref) + "/actions"
    ticket = with_tickets(
        where, lambda address: whole(address, post(address, path, action), "number", "status")
    )
    if as_json:
        print_json(ticket)
        return
    status = ticket["status"]
    print_line(f"#{ticket['number']} {done}" + ("" if status == done else f", now {status}"))
