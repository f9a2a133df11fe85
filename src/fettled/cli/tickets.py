"""`fettled tickets`: the daily work on tickets, over the API."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from fettled.cli.client import Address, get, segment, whole
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.lists import pages
from fettled.cli.options import Config, Json, Token, TokenFile, Url
from fettled.cli.output import (
    cell,
    moment,
    print_fields,
    print_json,
    print_line,
    print_table,
)
from fettled.core.errors import InvalidError
from fettled.core.references import parse_reference
from fettled.core.words import Priority, Source, Status

app = typer.Typer(name="tickets", help="List, show and work on tickets.", rich_markup_mode=None)

Ref = Annotated[str, typer.Argument(help="42, #42 or INC-20261121-000042.", show_default=False)]


def many(help_text: str) -> Any:  # noqa: ANN401 - typer's own annotation value
    """Make a repeatable filter option."""
    return typer.Option(help=help_text + " May be given more than once.", show_default=False)


@app.command("list")
def list_tickets(
    *,
    status: Annotated[list[Status] | None, many("Only this status.")] = None,
    priority: Annotated[list[Priority] | None, many("Only this priority.")] = None,
    kind: Annotated[list[str] | None, many("Only this kind.")] = None,
    source: Annotated[list[Source] | None, many("Only from this source.")] = None,
    subject: Annotated[list[str] | None, many("Only about the subject with this key.")] = None,
    member: Annotated[list[str] | None, many("Only with this subject on the checklist.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """List tickets, newest first."""
    query: dict[str, Any] = {
        "status": [each.value for each in status or []],
        "priority": [each.value for each in priority or []],
        "kind": kind or [],
        "source": [each.value for each in source or []],
        "subject": subject or [],
        "member": member or [],
    }
    where = Whereabouts(config, url, token, token_file)
    answer = with_tickets(where, lambda address: pages(address, "/api/v1/tickets", query, limit))
    if json:
        print_json(answer)
        return
    print_table(
        ("TICKET", "STATUS", "PRIORITY", "KIND", "SUBJECT", "UPDATED", "TITLE"),
        [
            (
                f"#{each['number']}",
                each.get("status"),
                each.get("priority"),
                each.get("kind"),
                subject_key(each),
                moment(each.get("updated_at")),
                each.get("title"),
            )
            for each in answer["items"]
        ],
        spare="TITLE",
    )
    if answer["next"] is not None:
        sys.stderr.write(f"fettled: there are more than {limit}: raise --limit\n")


@app.command()
def show(
    *,
    ref: Ref,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Show one ticket with its timeline."""
    where = Whereabouts(config, url, token, token_file)
    ticket, timeline = with_tickets(where, lambda address: _whole(address, ref))
    if json:
        print_json({**ticket, "timeline": timeline})
        return
    _print_ticket(ticket)
    _print_checklist(ticket)
    print_line()
    for entry in timeline:
        print_line(_line(entry))


def _whole(address: Address, ref: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    path = ticket_path(ref)
    ticket = whole(address, get(address, path), "number", "status")
    timeline = pages(address, path + "/timeline", {}, 10_000)
    return ticket, timeline["items"]


def ticket_path(ref: str) -> str:
    """
    Name the resource of the ticket *ref*.

    Raises:
        InvalidError: it is neither a number nor a reference.
    """
    named = parse_reference(ref)
    if named is None:
        msg = f"{ref!r} names no ticket: write 42, #42 or INC-20261121-000042"
        raise InvalidError(msg, "ref")
    return f"/api/v1/tickets/{segment(str(named))}"


def subject_key(ticket: dict[str, Any]) -> str | None:
    """Give the key of the subject that *ticket* is about."""
    subject = ticket.get("subject")
    return subject.get("key") if isinstance(subject, dict) else subject


def _print_checklist(ticket: dict[str, Any]) -> None:
    members = ticket.get("members") or []
    if not members:
        return
    count = ticket.get("member_count", len(members))
    print_line()
    print_line(f"checklist: {ticket.get('done_count', 0)} of {count} recovered")
    for each in members:
        mark = {"recovered": "x", "excused": "-"}.get(each.get("state"), " ")
        own = f"  (#{each['ticket']})" if each.get("ticket") else ""
        print_line(f"  [{mark}] {each.get('check')}{own}")


def _print_ticket(ticket: dict[str, Any]) -> None:
    resolution = ticket.get("resolution") or {}
    print_line(f"#{ticket['number']}  {ticket.get('title')}")
    print_fields(
        [
            ("reference", ticket.get("reference")),
            ("status", ticket.get("status")),
            ("priority", ticket.get("priority")),
            ("kind", ticket.get("kind")),
            ("source", ticket.get("source")),
            ("subject", subject_key(ticket)),
            ("check", ticket.get("check")),
            ("assignee", ticket.get("assignee")),
            ("team", ticket.get("team")),
            ("opened", moment(ticket.get("created_at"))),
            ("occurred", moment(ticket.get("occurred_at"))),
            ("recovered", moment(ticket.get("recovered_at"))),
            ("resolved", moment(ticket.get("resolved_at"))),
            ("resolution", resolution.get("code")),
            ("summary", resolution.get("summary")),
            ("closed", moment(ticket.get("closed_at"))),
            ("reopened", ticket.get("reopen_count") or None),
            ("flaps", ticket.get("flap_count") or None),
            ("previous", ticket.get("previous") and f"#{ticket['previous']}"),
            ("labels", ticket.get("labels")),
        ]
    )


def _line(entry: dict[str, Any]) -> str:
    actor = entry.get("actor") or {}
    who = actor.get("name") or actor.get("type") or "-"
    data = entry.get("data") or {}
    told = data.get("body") or cell({name: value for name, value in data.items() if value})
    line = f"{moment(entry.get('at'))}  {cell(entry.get('event')):<12} {cell(who):<16} {cell(told)}"
    return line.rstrip(" -") if not data else line
