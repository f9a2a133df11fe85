"""`fettled silence`: open no ticket about somebody for a while."""

from __future__ import annotations

from typing import Annotated

import typer

from fettled.cli import quiet
from fettled.cli.daemon_access import Whereabouts
from fettled.cli.options import Config, Json, Limit, Token, TokenFile, Url

app = typer.Typer(name="silence", help="Silence subjects for a while.", rich_markup_mode=None)

_PATH = "/api/v1/silences"


@app.command()
def add(
    *,
    subject: quiet.Subject = None,
    selector: quiet.Selector = None,
    reason: quiet.Reason,
    lasting: quiet.For = None,
    until: quiet.Until = None,
    start: quiet.From = None,
    scope: Annotated[
        quiet.GivenScope,
        typer.Option(help="subtree: what hangs below, too."),
    ] = "subject",
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Silence SUBJECT, or all that have the labels of --selector."""
    asked = {
        **quiet.who(subject, selector),
        **quiet.when(start, until, lasting),
        "scope": scope,
        "reason": reason,
    }
    where = Whereabouts(config, url, token, token_file)
    quiet.make(where, _PATH, asked, as_json=json)


@app.command("list")
def list_silences(
    *,
    every: quiet.Every = False,
    limit: Limit = 1000,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """List silences, the newest first."""
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
    """End a silence now."""
    quiet.end(Whereabouts(config, url, token, token_file), _PATH, ident)
