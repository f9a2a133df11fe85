"""`fettled changes`: tell what was changed, so that tickets about it show it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fettled.cli.client import post, whole
from fettled.cli.completing import complete_subjects
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.lists import pages
from fettled.cli.moments import instant
from fettled.cli.options import Config, Json, Limit, Token, TokenFile, Url
from fettled.cli.output import moment, print_json, print_line, print_table
from fettled.cli.quiet import labels_of

app = typer.Typer(name="changes", help="Tell what was changed.", rich_markup_mode=None)

_PATH = "/api/v1/changes"


@app.command()
def add(
    *,
    title: Annotated[str, typer.Argument(help="What was changed.", show_default=False)],
    subject: Annotated[
        str | None,
        typer.Option(help="Of this subject.", show_default=False, autocompletion=complete_subjects),
    ] = None,
    application: Annotated[
        str | None, typer.Option(help="Of this application.", show_default=False)
    ] = None,
    selector: Annotated[
        list[str] | None,
        typer.Option(
            help="Of all with this label, as NAME=VALUE; given again, all must match.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="When, such as 2026-11-21T18:00+01:00; else now.", show_default=False),
    ] = None,
    link: Annotated[
        str | None, typer.Option(help="Where to read more, https://...", show_default=False)
    ] = None,
    source: Annotated[str, typer.Option(help="Who tells, such as a pipeline.")] = "",
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Tell that TITLE was changed, of one subject, one application, or all with certain labels."""
    asked: dict[str, Any] = {"title": title, "source": source}
    given = {
        "subject": subject,
        "application": application,
        "selector": labels_of(selector) or None,
        "at": None if at is None else instant(at, "--at").isoformat(),
        "url": link,
    }
    asked |= {name: value for name, value in given.items() if value is not None}
    where = Whereabouts(config, url, token, token_file)
    made = with_tickets(
        where, lambda address: whole(address, post(address, _PATH, asked), "id", "at")
    )
    if json:
        print_json(made)
        return
    print_line(f"{made['id']}  {made['title']} ({_of(made)}), {moment(made['at'])}")


@app.command("list")
def list_changes(
    *,
    subject: Annotated[
        list[str] | None,
        typer.Option(help="Of this subject; may be repeated.", autocompletion=complete_subjects),
    ] = None,
    application: Annotated[
        list[str] | None, typer.Option(help="Of this application; may be repeated.")
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="Told by this source; may be repeated.")
    ] = None,
    limit: Limit = 50,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """List changes, the newest first."""
    asked = {"subject": subject or [], "application": application or [], "source": source or []}
    where = Whereabouts(config, url, token, token_file)
    answer = with_tickets(where, lambda address: pages(address, _PATH, asked, limit))
    if json:
        print_json(answer)
        return
    print_table(
        ("AT", "OF", "TITLE", "SOURCE", "URL"),
        [
            (
                moment(each.get("at")),
                _of(each),
                each.get("title"),
                each.get("source"),
                each.get("url"),
            )
            for each in answer["items"]
        ],
        spare="URL",
    )


def _of(one: dict[str, Any]) -> str:
    labels = ",".join(f"{name}={value}" for name, value in (one.get("selector") or {}).items())
    return str(one.get("subject") or one.get("application") or labels)
