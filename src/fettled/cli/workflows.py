"""
`fettled workflows`: which there are, how each ran last, and what one would do.

What a workflow would do is found from a file by the same functions that the daemon goes by;
nothing is done.
"""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import Annotated, Any

import typer

from fettled.cli import late
from fettled.cli.client import get, whole
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.failures import ExitCode
from fettled.cli.groups import expect_behind
from fettled.cli.options import Json
from fettled.cli.output import moment, print_json, print_line, print_table
from fettled.cli.reaching import reaching
from fettled.cli.ticket_refs import ticket_path
from fettled.core.errors import InvalidError
from fettled.core.events import TRIGGERS
from fettled.core.workflows import Tried, rehearse

_LARGEST = 1024 * 1024

app = typer.Typer(
    name="workflows",
    help="What is done by itself when something happens to a ticket.",
    rich_markup_mode=None,
    no_args_is_help=False,
)


@app.callback(invoke_without_command=True)
@reaching
def workflows(
    *,
    context: typer.Context,
    where: Whereabouts,
    json: Json = False,
) -> None:
    """List the workflows in force, with how each ran last."""
    if not expect_behind(context):
        return
    answer = with_tickets(where, lambda to: whole(to, get(to, "/api/v1/workflows"), "items"))
    if json:
        print_json(answer)
        return
    if not answer["items"]:
        print_line("no workflow is configured; see workflows in the reference")
        return
    print_table(
        ("NAME", "ON", "DO", "RUNS", "FAILED", "LAST", "TICKET", "OUTCOME"),
        [_row(each, each.get("last") or {}) for each in answer["items"]],
        spare="OUTCOME",
    )


def _row(each: dict[str, Any], last: dict[str, Any]) -> tuple[object, ...]:
    ticket = last.get("ticket")
    return (
        each["name"],
        ", ".join(each["on"]),
        ", ".join(each["do"]),
        each["runs"],
        each["failures"],
        moment(last.get("at")),
        None if ticket is None else f"#{ticket}",
        last.get("error") or last.get("outcome"),
    )


@app.command("try")
@reaching
def try_workflows(
    *,
    file: Annotated[
        Path, typer.Argument(help="The configuration with the workflows.", show_default=False)
    ],
    sample: Annotated[
        Path | None,
        typer.Argument(
            help="A ticket as the API shows it, or a webhook's body, as JSON.", show_default=False
        ),
    ] = None,
    event: Annotated[
        str | None,
        typer.Option(help="The event; else the sample's, or ticket.opened.", show_default=False),
    ] = None,
    ticket: Annotated[
        str | None,
        typer.Option(help="Ask the daemon for this ticket instead.", show_default=False),
    ] = None,
    where: Whereabouts,
    json: Json = False,
) -> None:
    """Show which workflows of FILE would match, and what they would do; exit 1 if none would."""
    if (sample is None) is (ticket is None):
        msg = "give either a sample, or --ticket with a number"
        raise InvalidError(msg, "ticket")
    if event is not None:
        event = _known(event, "--event")
    found = late.workflows(file)
    if sample is not None:
        about, of_sample = _read(sample)
    else:
        path = ticket_path(ticket or "")
        about = with_tickets(where, lambda to: whole(to, get(to, path), "number", "status"))
        of_sample = None
    named = event or _known(of_sample or "ticket.opened", str(sample))
    tried = [rehearse(each, about, named) for each in found]
    if json:
        shown = [
            {"name": t.workflow, "matches": t.matches, "misses": t.misses, "do": t.steps}
            for t in tried
        ]
        print_json({"event": named, "ticket": about.get("number"), "workflows": shown})
    else:
        _print(tried)
    if not any(each.matches for each in tried):
        raise typer.Exit(ExitCode.NEGATIVE)


def _known(event: str, where: str) -> str:
    """
    Give the whole name of an event, which *where* names.

    Raises:
        InvalidError: there is none of that name that workflows hear of.
    """
    named = event if "." in event else f"ticket.{event}"
    if named not in TRIGGERS:
        msg = f"{where}: workflows hear of no {event[:100]!r}, but of {', '.join(TRIGGERS)}"
        raise InvalidError(msg, "event")
    return named


def _print(tried: list[Tried]) -> None:
    if not tried:
        print_line("the file has no workflows")
    for each in tried:
        if not each.matches:
            fit = "does not fit" if len(each.misses) == 1 else "do not fit"
            print_line(f"{each.workflow}: would not run: {', '.join(each.misses)} {fit}")
            continue
        print_line(f"{each.workflow}: would run")
        for number, step in enumerate(each.steps, start=1):
            told = {name: value for name, value in step.items() if name != "do"}
            said = ", ".join(f"{name} {value}" for name, value in told.items())
            print_line(f"  {number}. {step['do']}: {said}" if said else f"  {number}. {step['do']}")


def _read(sample: Path) -> tuple[dict[str, Any], str | None]:
    """
    Read a sample: the ticket, and the event where it says one.

    Raises:
        InvalidError: it cannot be read, or holds no ticket.
    """
    try:
        with sample.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            msg = f"{sample}: is larger than 1 MiB; a ticket is not"
            raise InvalidError(msg, "sample")
        given = json_text.loads(raw)
    except OSError as error:
        msg = f"{sample}: cannot be read: {error.strerror}"
        raise InvalidError(msg, "sample") from None
    except (ValueError, RecursionError):
        msg = f"{sample}: is not JSON; save it with `fettled tickets show 42 --json`"
        raise InvalidError(msg, "sample") from None
    event = None
    if isinstance(given, dict):
        event = given.get("type") or given.get("event")
        given = given.get("data", given)
    if isinstance(given, dict):
        given = given.get("ticket", given)
    if not isinstance(given, dict) or "kind" not in given:
        msg = f"{sample}: holds no ticket as the API shows one"
        raise InvalidError(msg, "sample")
    return given, event if isinstance(event, str) else None
