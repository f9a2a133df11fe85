"""
The tree of commands, and nothing else.

What a command does is in the file of its noun; what an exception means, in `failures`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from fettled import __version__
from fettled.cli import (
    account,
    alerts,
    audit,
    changes,
    configuration,
    dead_letters,
    maintenances,
    oncall,
    operation,
    probing,
    receivers,
    silences,
    simulate,
    stats,
    store,
    subjects,
    tickets,
    tokens,
    why,
    windows,
    workflows,
)
from fettled.cli.failures import guarded
from fettled.core.errors import InvalidError

# Markup is off: help is the same text on a terminal, in a pipe and in the reference.
app = typer.Typer(
    name="fettled",
    help="Watch devices and integrations, and turn real outages, and only those, into tickets.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
operation.register(app)
probing.register(app)
why.register(app)
account.register(app)
stats.register(app)
oncall.register(app)
configuration.register(app)
simulate.register(app)
for noun in (
    tickets,
    workflows,
    subjects,
    silences,
    windows,
    maintenances,
    changes,
    receivers,
    dead_letters,
    alerts,
    tokens,
    audit,
    store,
):
    app.add_typer(noun.app)


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        typer.echo(f"fettled {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


def run(args: Sequence[str]) -> int:
    """Run one command line; the exit code. Without arguments it is a cry for help."""
    return guarded(lambda: _main(list(args) or ["--help"]))


def _main(args: list[str]) -> object:
    """Run it; bytes that are no text are only wrong where they are not a file's name."""
    try:
        return typer.main.get_command(app).main(
            args=args, prog_name="fettled", standalone_mode=False
        )
    except UnicodeEncodeError:
        for arg in args:
            if any("\ud800" <= char <= "\udfff" for char in arg):
                msg = f"{arg}: is not text in UTF-8"
                raise InvalidError(msg) from None
        raise
