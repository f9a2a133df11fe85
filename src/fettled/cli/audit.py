"""`fettled audit`: what was done, by whom; and whether anybody has changed that record."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from fettled.cli import late
from fettled.cli.completing import complete_users
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.failures import ExitCode
from fettled.cli.lists import pages
from fettled.cli.moments import ago
from fettled.cli.options import Config, Json, Limit, Token, TokenFile, Url, find_config
from fettled.cli.output import moment, print_json, print_line, print_table
from fettled.core.errors import InvalidError

app = typer.Typer(name="audit", help="Read and verify the audit log.", rich_markup_mode=None)

#: A head as `audit head` prints it, or its hash alone.
_ANCHOR = re.compile(r"(?:[0-9]+:)?([0-9a-f]{64})")


@app.command()
def verify(
    *,
    head: Annotated[
        str | None,
        typer.Option(
            help="POSITION:HASH that was kept elsewhere: finds rows removed at the end.",
            show_default=False,
        ),
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Verify the chain of the audit log, also beside a running daemon; exit 1 if it is broken."""
    anchor = None if head is None else _anchor(head)
    url = late.store_url(find_config(config))
    with _bar() as tell:
        found = late.verify_audit(url, anchor, tell)
    if json:
        print_json(
            {
                "ok": found.fault is None,
                "rows": found.rows,
                "head": {"position": found.head.position, "hash": found.head.hash},
                "anchored": anchor is not None,
                "bad": found.bad,
                "fault": found.fault,
            }
        )
    elif found.fault is not None:
        print_line(found.fault)
    else:
        print_line(f"ok: {found.rows} rows, head {found.head}")
        if anchor is None:
            print_line("rows removed at the end are found with --head only")
    if found.fault is not None:
        raise typer.Exit(ExitCode.NEGATIVE)


@app.command()
def head(*, config: Config = None, json: Json = False) -> None:
    """Print the head of the audit log, to be kept where nobody can change it."""
    found = late.audit_head(late.store_url(find_config(config)))
    if json:
        print_json({"position": found.position, "hash": found.hash})
    else:
        print_line(str(found))


@app.command("list")
def list_audit(
    *,
    actor: Annotated[
        list[str] | None, typer.Option(help="By whom; repeatable.", autocompletion=complete_users)
    ] = None,
    kind: Annotated[list[str] | None, typer.Option(help="What, such as token.create.")] = None,
    ticket: Annotated[str | None, typer.Option(help="About which ticket.")] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Since: 24h ago, or a time with its zone.", show_default=False),
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Before: as --since.", show_default=False)
    ] = None,
    limit: Limit = 50,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """List what people have done, and what the configuration has, the newest first."""
    asked = {
        "actor": ",".join(actor) if actor else None,
        "kind": ",".join(kind) if kind else None,
        "ticket": ticket.removeprefix("#") if ticket else None,
        "since": None if since is None else ago(since, "--since").isoformat(),
        "until": None if until is None else ago(until, "--until").isoformat(),
    }
    where = Whereabouts(config, url, token, token_file)
    answer = with_tickets(where, lambda address: pages(address, "/api/v1/audit", asked, limit))
    if json:
        print_json(answer)
        return
    rows = [
        (row["position"], moment(row["at"]), row["actor"]["name"], row["kind"], row["object"])
        for row in answer["items"]
    ]
    print_table(("POSITION", "AT", "ACTOR", "KIND", "OBJECT"), rows)


def _anchor(text: str) -> str:
    match = _ANCHOR.fullmatch(text.strip())
    if match is None:
        msg = "--head: must be what `fettled audit head` printed, POSITION:HASH, or the hash alone"
        raise InvalidError(msg, "head")
    return match[1]


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """Draw a bar on a terminal's stderr; elsewhere say nothing."""
    if not sys.stderr.isatty():
        yield lambda _position, _end: None
        return
    from rich.console import Console  # noqa: PLC0415 - pipes must not pay for rich
    from rich.progress import Progress  # noqa: PLC0415 - as above

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("verifying", total=None)
        yield lambda position, end: bar.update(task, total=end, completed=position)
