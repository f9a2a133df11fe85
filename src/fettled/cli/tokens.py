"""`fettled token`: who may talk to the daemon over the network."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fettled.cli.client import post, whole
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.options import Config, Json, Token, TokenFile, Url
from fettled.cli.output import print_json, print_line
from fettled.core.durations import parse_duration
from fettled.core.errors import InvalidError

app = typer.Typer(name="token", help="Make tokens for the API.", rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Keep `create` a command of its own: typer folds groups of one otherwise."""


@app.command()
def create(
    *,
    user: Annotated[str, typer.Option(help="Whom it is for.", show_default=False)],
    role: Annotated[
        str | None,
        typer.Option(
            help="viewer, reporter, operator, manager or admin; else the roles of the user.",
            show_default=False,
        ),
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="After so long, such as 90d; else never.", show_default=False)
    ] = None,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Make a token and print it, alone, once; only its hash is kept."""
    asked: dict[str, Any] = {"user": user}
    if role is not None:
        asked["role"] = role
    if expires is not None:
        try:
            parse_duration(expires)
        except ValueError as error:
            msg = f"--expires: {expires!r} {error}"
            raise InvalidError(msg, "expires") from None
        asked["expires"] = expires
    where = Whereabouts(config, url, token, token_file)
    made = with_tickets(
        where, lambda address: whole(address, post(address, "/api/v1/tokens", asked), "token")
    )
    if json:
        print_json(made)
    else:
        print_line(made["token"])
