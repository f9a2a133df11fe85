"""
`fettled tickets create | edit | delete`: tickets that people file, and their fields.

Whoever holds a ticket, and its status, are changed by actions.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, Literal

import typer

from fettled.cli.client import Address, call, get, patch, whole
from fettled.cli.completing import complete_shifts, complete_teams, complete_users
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.options import Json
from fettled.cli.output import print_json, print_line
from fettled.cli.reaching import reaching
from fettled.cli.ticket_options import field, filing
from fettled.cli.ticket_refs import TICKETS, IfVersion, Ref, named_ref, only_if, ticket_path
from fettled.cli.ticket_words import Ticket, with_owner
from fettled.core.errors import InvalidError

#: `words.Source` without the monitor, which files its own.
GivenSource = Literal["user", "email", "phone", "portal", "api", "workflow"]


class Clearable(StrEnum):
    """What `--clear` may name: fields that need not be there."""

    DESCRIPTION = "description"
    SUBJECT = "subject"
    LEVEL = "level"
    SEVERITY = "severity"
    IMPACT = "impact"
    URGENCY = "urgency"
    CATEGORY = "category"
    OWNERSHIP = "ownership"
    REGION = "region"
    PROJECT = "project"
    APPLICATION = "application"
    SERVICE_INTERRUPTED = "service_interrupted"
    OCCURRED_AT = "occurred_at"
    LABELS = "labels"


_EMPTY: dict[str, object] = {"description": "", "labels": {}}


def register(app: typer.Typer) -> None:
    """Add this file's commands to the group *app*."""
    for command in (create, edit, delete):
        app.command()(command)


@reaching
@filing
def create(
    *,
    title: Annotated[str, typer.Argument(help="What is wrong, in a line.", show_default=False)],
    fields: dict[str, Any],
    source: Annotated[GivenSource, typer.Option(help="How it was reported.")] = "user",
    reporter: Annotated[
        str | None,
        field("For whom you file it; else you report it.", autocompletion=complete_users),
    ] = None,
    assign: Annotated[
        str | None,
        field("Give it to this person.", metavar="USER", autocompletion=complete_users),
    ] = None,
    team: Annotated[
        str | None, field("Give it to this team.", autocompletion=complete_teams)
    ] = None,
    shift: Annotated[
        str | None,
        field("Give it to whoever is on call by this schedule.", autocompletion=complete_shifts),
    ] = None,
    deduplication_key: Annotated[
        str | None, field("What you know it by: of one key at most one ticket is open.")
    ] = None,
    reopen_within: Annotated[
        str | None,
        field("Reopen the key's ticket if it was resolved so lately, such as 1h.", metavar="TIME"),
    ] = None,
    where: Whereabouts,
    json: Json = False,
) -> None:
    """File a ticket."""
    if reopen_within is not None and deduplication_key is None:
        msg = "--reopen-within goes with --deduplication-key, by which the ticket is found"
        raise InvalidError(msg, "reopen_within")
    if assign is not None and shift is not None:
        msg = "--assign USER or --shift SCHEDULE: give one of them"
        raise InvalidError(msg, "assign")
    others = {"reporter": reporter, "assignee": assign, "team": team, "shift": shift}
    others |= {"deduplication_key": deduplication_key, "reopen_within": reopen_within}
    body: dict[str, Any] = {"title": _titled(title), "source": source, **fields}
    body |= {name: value for name, value in others.items() if value is not None}

    def work(address: Address) -> tuple[Ticket, bool]:
        answer = call(address, "POST", TICKETS, body)
        is_new = deduplication_key is None or answer.status == HTTPStatus.CREATED
        return whole(address, answer.body, "number", "status"), is_new

    made, is_new = with_tickets(where, work)
    if json:
        print_json({**made, "filed": is_new})
    elif is_new:
        print_line(f"#{made['number']} filed, {with_owner(made)}: {made.get('title')}")
    else:
        how = "is as it was" if reopen_within is None else _still_or_again(made)
        said = f"was there already, and {how}: {with_owner(made)}"
        print_line(f"#{made['number']} {said}: {made.get('title')}")


def _still_or_again(ticket: Ticket) -> str:
    """Say whether it is open as it was: one that never was reopened cannot have been now."""
    times = ticket.get("reopen_count")
    if not times:
        return "is open still"
    return f"is open; it was reopened {'once' if times == 1 else f'{times} times'}"


@reaching
@filing
def edit(
    *,
    ref: Ref,
    title: Annotated[str | None, field("What is wrong, in a line.")] = None,
    fields: dict[str, Any],
    clear: Annotated[
        list[Clearable] | None, field("Empty this field. May be given more than once.")
    ] = None,
    where: Whereabouts,
    if_version: IfVersion = None,
    json: Json = False,
) -> None:
    """Change fields of a ticket; each change is told on its timeline."""
    emptied = [name.value for name in clear or ()]
    both = sorted(set(emptied) & set(fields))
    if both:
        msg = f"--clear {both[0]}: it is given a value, too; leave one of them out"
        raise InvalidError(msg, "clear")
    body = {**fields, **{name: _EMPTY.get(name) for name in emptied}}
    if title is not None:
        body["title"] = _titled(title)
    if not body:
        msg = "nothing to change: give a field, such as --priority high (see --help)"
        raise InvalidError(msg, "fields")
    path = ticket_path(ref)

    def work(address: Address) -> tuple[Ticket, Ticket]:
        before = whole(address, get(address, path), "number")
        after = patch(address, path, body, only_if(if_version))
        return before, whole(address, after, "number", "status")

    before, after = with_tickets(where, work)
    if json:
        print_json(after)
    elif before.get("version") == after.get("version"):
        print_line(f"#{after['number']} is so already, nothing changed")
    else:
        # A level settles the priority: what changed may be more than what was given.
        names = [name for name in after if after[name] != before.get(name) and name in _TOLD]
        print_line(f"#{after['number']} changed: {', '.join(names) or 'some fields'}")


_TOLD = {"title", "kind", "priority", *(field.value for field in Clearable)}


@reaching
def delete(
    *,
    ref: Ref,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    where: Whereabouts,
    if_version: IfVersion = None,
) -> None:
    """Delete a ticket that was a mistake, or is closed; it cannot be brought back."""
    path = ticket_path(ref)
    if not yes:
        _ask(with_tickets(where, lambda to: whole(to, get(to, path), "number")))
    headers = only_if(if_version)
    with_tickets(where, lambda to: call(to, "DELETE", path, headers=headers))
    print_line(f"{named_ref(ref)} deleted")


def _ask(ticket: Ticket) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        msg = "nobody is there to be asked: say --yes if it is to be deleted"
        raise InvalidError(msg, "yes")
    title = f"#{ticket['number']} ({ticket.get('title')})"
    if not typer.confirm(f"Delete {title!r}, with its timeline?"):
        msg = "nothing was deleted"
        raise InvalidError(msg, "yes")


def _titled(title: str) -> str:
    if not title.strip():
        msg = "the title is empty: say what is wrong, in a line"
        raise InvalidError(msg, "title")
    return title
