"""
`fettled tickets take | start | hold | resume | resolve | ...`: the moves of a ticket's life.

Each is one action of the API for each ticket that is named; what is legal when is
decided there.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fettled.cli.acting import Order, act
from fettled.cli.client import Address, RefusedError
from fettled.cli.daemon_access import Whereabouts
from fettled.cli.lists import pages
from fettled.cli.moments import ahead
from fettled.cli.options import Json
from fettled.cli.output import cell
from fettled.cli.reaching import reaching
from fettled.cli.ticket_refs import TICKETS, IfVersion, Refs
from fettled.cli.ticket_words import Ticket, mine, status_of, with_owner
from fettled.core.errors import InvalidError
from fettled.core.words import GivenCode


def register(app: typer.Typer) -> None:
    """Add this file's commands to the group *app*."""
    for command in (take, start, hold, resume, resolve, reopen, close):
        app.command()(command)
    app.command("move-to-open")(move_to_open)


@reaching
def take(
    *, refs: Refs, where: Whereabouts, if_version: IfVersion = None, json: Json = False
) -> None:
    """Put your name on tickets and start: "I am on it"."""
    act(where, refs, Order({"action": "take"}, mine), if_version=if_version, as_json=json)


@reaching
def start(
    *, refs: Refs, where: Whereabouts, if_version: IfVersion = None, json: Json = False
) -> None:
    """Say that work has begun, whoever holds it."""
    act(where, refs, Order({"action": "start"}, with_owner), if_version=if_version, as_json=json)


@reaching
def move_to_open(
    *, refs: Refs, where: Whereabouts, if_version: IfVersion = None, json: Json = False
) -> None:
    """Take a start back; nobody is notified."""
    order = Order({"action": "move_to_open"}, with_owner)
    act(where, refs, order, if_version=if_version, as_json=json)


@reaching
def hold(
    *,
    refs: Refs,
    reason: Annotated[str, typer.Option(help="What is waited for.", show_default=False)],
    until: Annotated[
        str,
        typer.Option(
            help="How long, such as 2h or 3d, or until when, such as 2026-11-21T18:00+01:00.",
            show_default=False,
        ),
    ],
    where: Whereabouts,
    if_version: IfVersion = None,
    json: Json = False,
) -> None:
    """Wait for somebody else; it resumes by itself then, or when the reporter comments."""
    told = _text(reason, "--reason", "say what is waited for")
    body = {"action": "hold", "reason": told, "until": ahead(until, "--until").isoformat()}
    act(where, refs, Order(body, status_of), if_version=if_version, as_json=json)


@reaching
def resume(
    *, refs: Refs, where: Whereabouts, if_version: IfVersion = None, json: Json = False
) -> None:
    """Go on with tickets that were on hold."""
    act(where, refs, Order({"action": "resume"}, with_owner), if_version=if_version, as_json=json)


@reaching
def resolve(
    *,
    refs: Refs,
    code: Annotated[GivenCode, typer.Option(help="How it was resolved.")] = "fixed",
    summary: Annotated[
        str | None, typer.Option(help="What was done, in a sentence.", show_default=False)
    ] = None,
    duplicate_of: Annotated[
        int | None,
        typer.Option(min=1, help="With --code duplicate: the other's number.", show_default=False),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            help="With --code wont_fix or workaround: how long, or until when, to accept it.",
            show_default=False,
        ),
    ] = None,
    where: Whereabouts,
    if_version: IfVersion = None,
    json: Json = False,
) -> None:
    """Resolve tickets; one is reopened when its subject turns out to be still down."""
    body: dict[str, Any] = {"action": "resolve", "code": code}
    if (code == "duplicate") is not (duplicate_of is not None):
        msg = "--code duplicate and --duplicate-of NUMBER go together: give both or neither"
        raise InvalidError(msg, "duplicate_of")
    if until is not None and code not in {"wont_fix", "workaround"}:
        msg = "--until goes with --code wont_fix or --code workaround"
        raise InvalidError(msg, "until")
    if summary is not None:
        body["summary"] = summary
    if duplicate_of is not None:
        body["duplicate_of"] = duplicate_of
    if until is not None:
        body["until"] = ahead(until, "--until").isoformat()
    act(where, refs, Order(body, status_of, _still), if_version=if_version, as_json=json)


@reaching
def reopen(
    *, refs: Refs, where: Whereabouts, if_version: IfVersion = None, json: Json = False
) -> None:
    """Reopen resolved tickets, whatever their reopen window says."""
    order = Order({"action": "reopen"}, lambda ticket: f"reopened, now {with_owner(ticket)}")
    act(where, refs, order, if_version=if_version, as_json=json)


@reaching
def close(
    *, refs: Refs, where: Whereabouts, if_version: IfVersion = None, json: Json = False
) -> None:
    """End resolved tickets for good; nothing about them can be changed afterwards."""
    act(where, refs, Order({"action": "close"}, status_of), if_version=if_version, as_json=json)


def _still(address: Address, ticket: Ticket) -> str | None:
    """Warn of a subject that is still down, which the last entry of the timeline tells."""
    path = f"{TICKETS}/{ticket['number']}/timeline"
    try:
        entries = pages(address, path, {}, 10_000)["items"]
    except RefusedError:
        return None  # it is resolved; a word less is no failure
    data = (entries[-1].get("data") if entries else None) or {}
    phase = data.get("subject_phase")
    if phase is None:
        return None
    said = f"the subject of #{ticket['number']} is still {cell(phase)}"
    return f"{said}: unless it recovers, this is reopened"


def _text(given: str, option: str, cure: str) -> str:
    if not given.strip():
        msg = f"{option}: {cure}"
        raise InvalidError(msg, option)
    return given
