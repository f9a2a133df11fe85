"""
`fettled tickets comment | resolve | reopen | adopt`: what people do to tickets.

Each is one request of the API; what is legal when is decided there.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any, Literal

import typer

from fettled.cli.client import Address, RefusedError, get, post, whole
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.lists import pages
from fettled.cli.options import Config, Json, Token, TokenFile, Url
from fettled.cli.output import cell, print_json, print_line
from fettled.cli.tickets import Ref, ticket_path
from fettled.core.errors import InvalidError

#: `lifecycle.PEOPLES_CODES`, written out so that help and completion offer no others.
GivenCode = Literal[
    "fixed",
    "workaround",
    "not_reproducible",
    "user_error",
    "duplicate",
    "no_action",
    "wont_fix",
]


def register(app: typer.Typer) -> None:
    """Add this file's commands to the group *app*."""
    app.command()(comment)
    app.command()(resolve)
    app.command()(reopen)
    app.command()(adopt)


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
    # The last line's end is the pipe's, not the comment's.
    body = sys.stdin.read().removesuffix("\n").removesuffix("\r") if text == "-" else text
    if not body.strip():
        msg = "the comment is empty"
        raise InvalidError(msg, "body")
    where = Whereabouts(config, url, token, token_file)
    _act(where, ref, {"action": "comment", "body": body}, "commented", as_json=json)


def resolve(
    *,
    ref: Ref,
    code: Annotated[GivenCode, typer.Option(help="How it was resolved.")] = "fixed",
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
    action: dict[str, Any] = {"action": "resolve", "code": code}
    if summary is not None:
        action["summary"] = summary
    if duplicate_of is not None:
        action["duplicate_of"] = duplicate_of
    where = Whereabouts(config, url, token, token_file)
    before, phase = _act(where, ref, action, "resolved", as_json=json)
    if before is not None:
        sys.stderr.write(f"fettled: #{before['number']} was resolved already\n")
    elif phase is not None:
        sys.stderr.write(
            f"fettled: its subject is still {cell(phase)}: unless it recovers, this is reopened\n"
        )


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


def adopt(
    *,
    subjects: Annotated[
        list[str] | None, typer.Argument(metavar="[SUBJECT]...", show_default=False)
    ] = None,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Make one ticket of what was down when publishing was switched on."""
    where = Whereabouts(config, url, token, token_file)
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


def _act(
    where: Whereabouts, ref: str, action: dict[str, Any], done: str, *, as_json: bool
) -> tuple[dict[str, Any] | None, str | None]:
    """Do *action*; the ticket, if it was *done* before, and the phase its subject is still in."""
    path = ticket_path(ref)

    def work(address: Address) -> tuple[dict[str, Any], dict[str, Any] | None, str | None]:
        before = _ticket(address, path) if done == "resolved" else None
        ticket = whole(address, post(address, path + "/actions", action), "number", "status")
        if before is None:
            return ticket, None, None
        if before.get("version") == ticket.get("version"):
            return ticket, before, None
        return ticket, None, _still(address, path)

    ticket, before, phase = with_tickets(where, work)
    if as_json:
        print_json(ticket)
        return before, phase
    status = ticket["status"]
    if before is None:
        print_line(f"#{ticket['number']} {done}" + ("" if status == done else f", now {status}"))
    return before, phase


def _ticket(address: Address, path: str) -> dict[str, Any] | None:
    try:
        return whole(address, get(address, path), "number")
    except RefusedError:
        return None  # the action is refused in better words


def _still(address: Address, path: str) -> str | None:
    """Give the phase that the last entry of the timeline tells of the subject."""
    try:
        entries = pages(address, path + "/timeline", {}, 10_000)["items"]
    except RefusedError:
        return None  # it is resolved; a word less is no failure
    data = (entries[-1].get("data") if entries else None) or {}
    phase = data.get("subject_phase")
    return None if phase is None else str(phase)
