"""`fettled db`: the store itself, opened directly; the API has no such requests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fettled.cli import late
from fettled.cli.failures import ExitCode
from fettled.cli.options import Config, Json, find_config
from fettled.cli.output import print_json, print_line

app = typer.Typer(name="db", help="Check, copy and upgrade the store.", rich_markup_mode=None)


@app.command()
def check(
    *,
    config: Config = None,
    json: Json = False,
) -> None:
    """Verify the store's invariants; exit 1 when one does not hold."""
    faults = late.check_store(_url(config))
    if json:
        print_json({"ok": not faults, "faults": faults})
    else:
        for line in faults or ["ok"]:
            print_line(line)
    if faults:
        raise typer.Exit(ExitCode.NEGATIVE)


@app.command()
def backup(
    *,
    target: Annotated[Path, typer.Argument(help="A file that is not there yet.")],
    config: Config = None,
) -> None:
    """Copy the store to TARGET, also beside a running daemon, and check the copy."""
    late.backup_store(_url(config), target)
    print_line(f"{target}: copied and checked")


@app.command()
def upgrade(*, config: Config = None) -> None:
    """Bring the store's schema up to date; the daemon does so by itself when it starts."""
    late.upgrade_store(_url(config))
    print_line("up to date")


def _url(config: Path | None) -> str:
    return late.store_url(find_config(config))
