"""`fettled token`: who may talk to the daemon over the network."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fettled.cli.client import call, post, segment, whole
from fettled.cli.completing import complete_users
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.lists import pages
from fettled.cli.options import Config, Json, Limit, Token, TokenFile, Url
from fettled.cli.output import moment, print_json, print_line, print_table
from fettled.core.durations import parse_duration
from fettled.core.errors import InvalidError

app = typer.Typer(name="token", help="Care for the API's tokens.", rich_markup_mode=None)


@app.command()
def create(
    *,
    user: Annotated[
        str, typer.Option(help="Whom it is for.", show_default=False, autocompletion=complete_users)
    ],
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
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="Permissions it does not go beyond, such as ticket.view; repeatable.",
            show_default=False,
        ),
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
    if scope:
        asked["scope"] = [name.strip() for each in scope for name in each.split(",")]
    where = Whereabouts(config, url, token, token_file)
    made = with_tickets(
        where, lambda address: whole(address, post(address, "/api/v1/tokens", asked), "token")
    )
    if json:
        print_json(made)
    else:
        print_line(made["token"])


@app.command("list")
def list_tokens(
    *,
    limit: Limit = 1000,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """List tokens, without what proves them."""
    where = Whereabouts(config, url, token, token_file)
    answer = with_tickets(where, lambda address: pages(address, "/api/v1/tokens", {}, limit))
    if json:
        print_json(answer)
        return
    rows = [
        (row["id"], row["user"], row["role"], row["scope"], moment(row["expires_at"]))
        for row in answer["items"]
    ]
    print_table(("ID", "USER", "ROLE", "SCOPE", "EXPIRES"), rows)


@app.command()
def revoke(
    *,
    ident: Annotated[
        str, typer.Argument(metavar="ID", help="As `token list` shows it: ftl_ID_... in the token.")
    ],
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
) -> None:
    """Revoke a token: it is refused from now on."""
    where = Whereabouts(config, url, token, token_file)
    path = f"/api/v1/tokens/{segment(ident)}"
    with_tickets(where, lambda address: call(address, "DELETE", path))
    print_line(f"{ident}: revoked")
