"""
`fettled tickets assign | unassign | escalate | snooze | unsnooze`: who is to do it, and when.

Each is one action of the API for each ticket that is named.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fettled.cli.acting import Order, act
from fettled.cli.completing import complete_shifts, complete_teams, complete_users
from fettled.cli.daemon_access import Whereabouts
from fettled.cli.moments import ahead
from fettled.cli.options import Json
from fettled.cli.reaching import reaching
from fettled.cli.ticket_refs import IfVersion, Refs
from fettled.cli.ticket_words import assigned, escalated, snoozed, with_owner
from fettled.core.errors import InvalidError


def register(app: typer.Typer) -> None:
    """Add this file's commands to the group *app*."""
    for command in (assign, unassign, escalate, snooze, unsnooze):
        app.command()(command)


@reaching
def assign(
    *,
    refs: Refs,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="USER", help="A person.", show_default=False, autocompletion=complete_users
        ),
    ] = None,
    team: Annotated[
        str | None,
        typer.Option(help="A team.", show_default=False, autocompletion=complete_teams),
    ] = None,
    shift: Annotated[
        str | None,
        typer.Option(
            help="Whoever is on call: a schedule, or SCENARIO/ROLE.",
            show_default=False,
            autocompletion=complete_shifts,
        ),
    ] = None,
    me: Annotated[bool, typer.Option("--me", help="Yourself, without starting.")] = False,
    where: Whereabouts,
    if_version: IfVersion = None,
    json: Json = False,
) -> None:
    """Give tickets to a person, a team, a shift, or yourself."""
    owners = {"assignee": to, "team": team, "shift": None if shift is None else _shift(shift)}
    given = {name: value for name, value in owners.items() if value is not None}
    if me and given:
        msg = "--me goes without --to, --team and --shift"
        raise InvalidError(msg, "me")
    if not me and (not given or {"assignee", "shift"} <= set(given)):
        msg = "say whose it is: --me, --to USER or --shift SCHEDULE, and --team TEAM if it changes"
        raise InvalidError(msg, "to")
    body = {"action": "assign_to_me"} if me else {"action": "assign", **given}
    act(where, refs, Order(body, assigned), if_version=if_version, as_json=json)


@reaching
def unassign(
    *, refs: Refs, where: Whereabouts, if_version: IfVersion = None, json: Json = False
) -> None:
    """Take tickets from whoever was to do them; the team stays."""
    order = Order({"action": "unassign"}, with_owner)
    act(where, refs, order, if_version=if_version, as_json=json)


@reaching
def escalate(
    *,
    refs: Refs,
    reason: Annotated[str, typer.Option(help="Why.", show_default=False)],
    to: Annotated[
        str | None,
        typer.Option(
            metavar="TEAM",
            help="Another team; else the parent of the ticket's own.",
            show_default=False,
            autocompletion=complete_teams,
        ),
    ] = None,
    supplier: Annotated[
        str | None, typer.Option(help="Somebody outside the house.", show_default=False)
    ] = None,
    where: Whereabouts,
    if_version: IfVersion = None,
    json: Json = False,
) -> None:
    """Hand tickets up to the parent team, or over to another team or a supplier."""
    if to is not None and supplier is not None:
        msg = "--to TEAM or --supplier SUPPLIER: give one of them"
        raise InvalidError(msg, "to")
    if not reason.strip():
        msg = "--reason: say why it is escalated"
        raise InvalidError(msg, "reason")
    body: dict[str, Any] = {"action": "escalate", "mode": "hierarchical", "reason": reason}
    if to is not None or supplier is not None:
        body["mode"] = "functional"
        body["team" if to is not None else "supplier"] = to if to is not None else supplier
    act(where, refs, Order(body, escalated), if_version=if_version, as_json=json)


@reaching
def snooze(
    *,
    refs: Refs,
    lasting: Annotated[
        str | None,
        typer.Option("--for", help="How long, such as 2h or 1d12h.", show_default=False),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(help="Until when, such as 2026-11-21T18:00+01:00.", show_default=False),
    ] = None,
    until_change: Annotated[
        bool, typer.Option("--until-change", help="Until something happens to it.")
    ] = False,
    office_hours: Annotated[
        bool, typer.Option("--office-hours", help="Until the next office hours.")
    ] = False,
    where: Whereabouts,
    if_version: IfVersion = None,
    json: Json = False,
) -> None:
    """Have the escalation chain of tickets wait; a raised priority undoes it."""
    ways: dict[str, Any] = {}
    for option, text in (("--for", lasting), ("--until", until)):
        if text is not None:
            ways[option] = {"until": ahead(text, option).isoformat()}
    if until_change:
        ways["--until-change"] = {"until_change": True}
    if office_hours:
        ways["--office-hours"] = {"office_hours": True}
    if len(ways) != 1:
        msg = "say how long, in one way: --for 2h, --until TIME, --until-change or --office-hours"
        raise InvalidError(msg, "until")
    (way,) = ways.values()
    order = Order({"action": "snooze", **way}, snoozed)
    act(where, refs, order, if_version=if_version, as_json=json)


@reaching
def unsnooze(
    *, refs: Refs, where: Whereabouts, if_version: IfVersion = None, json: Json = False
) -> None:
    """Let the escalation chain of tickets go on."""
    order = Order({"action": "unsnooze"}, snoozed)
    act(where, refs, order, if_version=if_version, as_json=json)


def _shift(text: str) -> str | dict[str, str]:
    scenario, slash, role = text.partition("/")
    if not slash:
        return text
    if not (scenario and role):
        msg = f"--shift: {text!r} is neither a schedule's name nor SCENARIO/ROLE"
        raise InvalidError(msg, "shift")
    return {"scenario": scenario, "role": role}
