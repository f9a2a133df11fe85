"""`fettled tickets show`: all that is known of one ticket, and what happened to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import typer

from fettled.cli import late
from fettled.cli.client import Address, RefusedError, get, whole
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.lists import pages
from fettled.cli.options import Json
from fettled.cli.output import cell, moment, print_fields, print_json, print_line
from fettled.cli.reaching import reaching
from fettled.cli.ticket_refs import Ref, subject_key, ticket_path
from fettled.cli.ticket_words import Ticket, named, one_clock, size_of
from fettled.cli.timeline_words import told

#: Of lists that hang on a ticket: nobody reads more.
_MOST = 200


def register(app: typer.Typer) -> None:
    """Add this file's command to the group *app*."""
    app.command()(show)


@reaching
def show(*, ref: Ref, where: Whereabouts, json: Json = False) -> None:
    """Show one ticket with its timeline."""
    ticket = with_tickets(where, lambda address: _whole(address, ref))
    if json:
        print_json(ticket)
        return
    print_line(f"#{ticket['number']}  {ticket.get('title')}")
    print_fields(_fields(ticket))
    _print_clocks(ticket, late.now())
    _print_block("description", str(ticket.get("description") or ""))
    _print_checklist(ticket)
    _print_list("links", map(_link, ticket.get("links") or ()))
    _print_list("attachments", map(_attachment, ticket["attachments"]))
    _print_list("maintenances", map(_maintenance, ticket["maintenances"]))
    print_line()
    for entry in ticket["timeline"]:
        for line in told(entry):
            print_line(line)


def _whole(address: Address, ref: str) -> Ticket:
    """Give the ticket with what has routes of its own."""
    path = ticket_path(ref)
    ticket = whole(address, get(address, path), "number", "status")
    work = f"/api/v1/maintenances?ticket={ticket['number']}&limit={_MOST}"
    return {
        **ticket,
        "links": _items(address, f"{path}/links") or ticket.get("links") or [],
        "attachments": _items(address, f"{path}/attachments"),
        "maintenances": _items(address, work),
        "timeline": pages(address, path + "/timeline", {}, 10_000)["items"],
    }


def _items(address: Address, path: str) -> list[dict[str, Any]]:
    try:
        answer = get(address, path)
    except RefusedError:
        return []  # one may not see them, which is no reason to hide the ticket
    found = answer.get("items", answer.get("data")) if isinstance(answer, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _fields(ticket: Ticket) -> Iterable[tuple[str, object]]:
    """Give all fields that people ask for, in the order in which they ask; unset ones are None."""
    resolution = ticket.get("resolution") or {}
    number = {name: f"#{ticket[name]}" for name in ("previous", "merged_into") if ticket.get(name)}
    duplicate = resolution.get("duplicate_of")
    interrupted = ticket.get("service_interrupted")
    return (
        ("reference", ticket.get("reference")),
        ("status", ticket.get("status")),
        ("on hold", _hold(ticket)),
        ("snoozed", _snooze(ticket)),
        ("priority", ticket.get("priority")),
        *((name, ticket.get(name)) for name in ("level", "severity", "impact", "urgency")),
        ("kind", ticket.get("kind")),
        ("source", ticket.get("source")),
        *((name, _name(ticket.get(name))) for name in ("category", "ownership")),
        ("subject", subject_key(ticket)),
        ("check", ticket.get("check")),
        *((name, _name(ticket.get(name))) for name in ("application", "region", "project")),
        ("interrupted", None if interrupted is None else bool(interrupted)),
        *((name, _name(ticket.get(name))) for name in ("assignee", "shift", "team", "supplier")),
        ("escalated", _escalated(ticket)),
        ("reporter", _name(ticket.get("reporter"))),
        ("opened", moment(ticket.get("created_at"))),
        ("occurred", moment(ticket.get("occurred_at"))),
        ("responded", moment(ticket.get("responded_at"))),
        ("recovered", moment(ticket.get("recovered_at"))),
        ("resolved", moment(ticket.get("resolved_at"))),
        ("resolution", resolution.get("code")),
        ("resolved by", _name(resolution.get("by"))),
        ("summary", resolution.get("summary")),
        ("duplicate of", duplicate and f"#{duplicate}"),
        ("closed", moment(ticket.get("closed_at"))),
        ("reopened", _times(ticket.get("reopen_count"))),
        ("flaps", ticket.get("flap_count") or None),
        ("previous", number.get("previous")),
        ("merged into", number.get("merged_into")),
        ("labels", ticket.get("labels")),
        ("version", ticket.get("version")),
    )


def _name(value: object) -> str | None:
    if isinstance(value, dict) and "type" in value and not value.get("name"):
        return str(value["type"])
    return named(value) if value else None


def _times(count: object) -> str | None:
    if not isinstance(count, int) or not count:
        return None
    return "once" if count == 1 else f"{count} times"


def _hold(ticket: Ticket) -> str | None:
    held = ticket.get("hold") or {}
    until, reason = moment(held.get("until")), held.get("reason")
    if until is None:
        return None
    return f"until {until}" + (f": {reason}" if reason else "")


def _snooze(ticket: Ticket) -> str | None:
    snooze = ticket.get("snooze")
    if not isinstance(snooze, dict):
        return None
    return f"until {moment(snooze.get('until')) or 'it changes'}"


def _escalated(ticket: Ticket) -> str | None:
    level = ticket.get("escalation_level")
    return f"to level {level}" if level else None


def _print_clocks(ticket: Ticket, now: datetime) -> None:
    sla = ticket.get("sla")
    if not isinstance(sla, dict):
        return
    lines = []
    for name in ("response", "resolution"):
        one = sla.get(name)
        if not isinstance(one, dict):
            continue
        told_of = one_clock(one, now)
        if told_of is not None:
            due = moment(one.get("due_at"))
            lines.append(f"{name:<10}  {told_of}" + (f", due {due}" if due else ""))
    lines += [_generation(each, now) for each in sla.get("earlier") or () if isinstance(each, dict)]
    _print_list("SLA", lines)


def _generation(each: dict[str, Any], now: datetime) -> str:
    """Say how the clocks ended before a reopening, when they started anew."""
    ends = [
        f"{name} {one_clock(each[name], now) or 'not ended'}"
        for name in ("response", "resolution")
        if isinstance(each.get(name), dict)
    ]
    return f"{'before':<10}  generation {each.get('generation')}: {', '.join(ends)}"


def _print_checklist(ticket: Ticket) -> None:
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
    if count > len(members):
        print_line(f"  and {count - len(members)} more")


def _print_list(heading: str, lines: Iterable[str]) -> None:
    found = list(lines)
    if found:
        print_line()
        print_line(f"{heading}:")
    for line in found:
        print_line(f"  {line}")


def _print_block(heading: str, text: str) -> None:
    _print_list(heading, text.splitlines())


def _link(link: dict[str, Any]) -> str:
    name = cell(link.get("name") or link.get("key") or link.get("id"))
    return f"{cell(link.get('type'))} {name}" + (" (primary)" if link.get("is_primary") else "")


def _attachment(file: dict[str, Any]) -> str:
    by = f", {cell(_name(file.get('by')))} {moment(file.get('at')) or ''}".rstrip()
    return f"{cell(file.get('name'))} ({size_of(int(file.get('size') or 0))}{by})"


def _maintenance(work: dict[str, Any]) -> str:
    when = moment(work.get("scheduled_at"))
    told_of = f"{cell(work.get('type'))} {cell(work.get('status'))}" + (f", {when}" if when else "")
    about = str(work.get("description") or "").partition("\n")[0]
    return told_of + (f": {cell(about)}" if about else "")
