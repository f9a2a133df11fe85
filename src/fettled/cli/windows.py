"""`fettled window`: when work is done, once or again and again."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fettled.cli import quiet
from fettled.cli.daemon_access import Whereabouts
from fettled.cli.moments import length
from fettled.cli.options import Config, Json, Limit, Token, TokenFile, Url
from fettled.core.errors import InvalidError

app = typer.Typer(name="window", help="Announce maintenance windows.", rich_markup_mode=None)

_PATH = "/api/v1/maintenance-windows"


@app.command()
def add(
    *,
    subject: quiet.Subject = None,
    selector: quiet.Selector = None,
    reason: quiet.Reason,
    lasting: quiet.For = None,
    until: quiet.Until = None,
    start: quiet.From = None,
    cron: Annotated[
        str | None,
        typer.Option(help='Again and again: "minute hour day month weekday".', show_default=False),
    ] = None,
    duration: Annotated[
        str | None, typer.Option(help="With --cron: how long.", show_default=False)
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(
            help="With --cron: its time zone, such as Europe/Oslo; else UTC.", show_default=False
        ),
    ] = None,
    scope: Annotated[
        quiet.GivenScope,
        typer.Option(help="subtree: what hangs below, too."),
    ] = "subtree",
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Announce work on SUBJECT, or on all that have the labels of --selector."""
    asked: dict[str, Any] = {
        **quiet.who(subject, selector),
        **_when(start, until, lasting, cron, duration, zone),
        "scope": scope,
        "reason": reason,
    }
    where = Whereabouts(config, url, token, token_file)
    quiet.make(where, _PATH, asked, as_json=json)


@app.command("list")
def list_windows(
    *,
    every: quiet.Every = False,
    limit: Limit = 1000,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """List maintenance windows, the newest first."""
    where = Whereabouts(config, url, token, token_file)
    quiet.show(where, _PATH, limit, every=every, as_json=json)


@app.command()
def end(
    *,
    ident: quiet.Ident,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
) -> None:
    """End a maintenance window now."""
    quiet.end(Whereabouts(config, url, token, token_file), _PATH, ident)


def _when(  # noqa: PLR0917 - each is an option of its own
    start: str | None,
    until: str | None,
    lasting: str | None,
    cron: str | None,
    duration: str | None,
    zone: str | None,
) -> dict[str, str]:
    if cron is None:
        for name, given in (("duration", duration), ("zone", zone)):
            if given is not None:
                msg = f"--{name} belongs to --cron, which is not given"
                raise InvalidError(msg, name)
        return quiet.when(start, until, lasting)
    for name, given in (("from", start), ("until", until), ("for", lasting)):
        if given is not None:
            msg = f"--{name} stands beside --cron, which goes with --duration and --zone alone"
            raise InvalidError(msg, name)
    if duration is None:
        msg = "--duration: say how long each one takes, such as 2h"
        raise InvalidError(msg, "duration")
    length(duration, "--duration")
    return {"cron": cron, "duration": duration, **({} if zone is None else {"zone": zone})}
