"""`fettled alerts`: who sends alarms, and what would become of those in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fettled.cli import late
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.failures import ExitCode, say_plainly
from fettled.cli.groups import expect_behind
from fettled.cli.lists import pages
from fettled.cli.options import Json
from fettled.cli.output import moment, print_fields, print_json, print_line, print_table
from fettled.cli.reaching import reaching

if TYPE_CHECKING:
    from collections.abc import Mapping

app = typer.Typer(
    name="alerts",
    help="List the sources of alarms, and try their rules.",
    rich_markup_mode=None,
    invoke_without_command=True,
)

_MOST = 1000


@app.callback()
@reaching
def sources(
    ctx: typer.Context,
    *,
    where: Whereabouts,
    json: Json = False,
) -> None:
    """List the sources of alarms, with how many of theirs fire; or try their rules."""
    if not expect_behind(ctx):
        return
    answer = with_tickets(where, lambda address: pages(address, "/api/v1/alerts", {}, _MOST))
    if json:
        print_json(answer)
        return
    print_table(
        ("SOURCE", "FORMAT", "FIRING", "UNSURE", "RESOLVED", "LAST HEARD", "SUBJECT"),
        [
            (
                each.get("name"),
                each.get("format"),
                each.get("firing"),
                each.get("unsure"),
                each.get("resolved"),
                moment(each.get("heard_at")),
                each.get("subject"),
            )
            for each in answer["items"]
        ],
    )


@app.command("try")
def try_rules(
    *,
    rules: Annotated[
        Path,
        typer.Argument(
            metavar="RULES",
            help="The configuration, or a file with an alerts: section.",
            show_default=False,
        ),
    ],
    sample: Annotated[
        Path,
        typer.Argument(
            metavar="SAMPLE", help="What a source sends, a JSON file.", show_default=False
        ),
    ],
    source: Annotated[
        str | None,
        typer.Option(help="Which source; needed where there are several.", show_default=False),
    ] = None,
    json: Json = False,
) -> None:
    """Show what would become of the alarms in SAMPLE; asks no daemon, and changes nothing."""
    tried = late.try_alerts(rules, sample, source)
    if json:
        print_json(tried)
    else:
        _show(tried)
    if tried["faults"]:
        if not json:
            say_plainly(tried["faults"])
        raise typer.Exit(ExitCode.NEGATIVE)


def _show(tried: Mapping[str, Any]) -> None:
    count = len(tried["alarms"])
    print_line(f"{count} alarm{'s' * (count != 1)} of the source {tried['source']}")
    for each in tried["alarms"]:
        print_line()
        print_line(f"{each['alarm']} ({each['status']})")
        _show_fields(each, "alarm", "status")
    for each in tried["groups"]:
        print_line()
        state = "fires" if each["fires"] else "does not fire yet"
        print_line(f"{each['title']} (group, {state})")
        _show_fields(each, "title", "fires", "count", "needed")


def _show_fields(each: Mapping[str, Any], *but: str) -> None:
    shown = {name: value for name, value in each.items() if name not in but}
    print_fields((f"  {name}", value) for name, value in shown.items())
