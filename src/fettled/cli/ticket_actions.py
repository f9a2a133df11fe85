"""`fettled tickets actions`: whom a ticket's events were told, and what else was done for it."""

from __future__ import annotations

import sys
from typing import Any

import typer

from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.held import held_words
from fettled.cli.lists import pages
from fettled.cli.options import Json, Limit
from fettled.cli.output import moment, print_json, print_table
from fettled.cli.reaching import reaching
from fettled.cli.ticket_refs import Ref, ticket_path


def register(app: typer.Typer) -> None:
    """Add this file's command to the group *app*."""
    app.command("actions")(actions)


@reaching
def actions(*, ref: Ref, limit: Limit = 200, where: Whereabouts, json: Json = False) -> None:
    """List what was done for a ticket: who was told what, and when it is tried again."""
    path = f"{ticket_path(ref)}/actions"
    answer = with_tickets(where, lambda address: pages(address, path, {}, limit))
    if json:
        print_json(answer)
        return
    print_table(
        ("AT", "TYPE", "TARGET", "EVENT", "OUTCOME", "TRIES", "ENDED", "NEXT", "WHY"),
        [_row(each) for each in answer["items"]],
        spare="TRIES",
    )
    if answer["next"] is not None:
        sys.stderr.write(f"fettled: there are more than {limit}: raise --limit\n")


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    data = one.get("data") or {}
    return (
        moment(one.get("at")),
        one.get("type"),
        one.get("target"),
        one.get("event") or data.get("event"),
        one.get("outcome"),
        one.get("tries"),
        moment(one.get("done_at")),
        moment(one.get("due_at")),
        _why(one, data),
    )


def _why(one: dict[str, Any], data: dict[str, Any]) -> str | None:
    """Say which step of a workflow it was, and why anything came of it as it did."""
    why = (
        held_words(one.get("held_by"), one.get("due_at"))
        or data.get("error")
        or data.get("detail")
        or data.get("reason")
    )
    if one.get("type") != "workflow":
        return why
    step = f"step {data.get('step')}, {data.get('do')}"
    return f"{step}: {why}" if why else step
