"""Commands about the configuration itself; they read files and talk to nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fettled.cli import late
from fettled.cli.failures import ExitCode, say_plainly
from fettled.cli.options import Config, Json, find_config
from fettled.cli.output import print_json, print_line
from fettled.core.errors import ConfigError, InvalidError


def register(app: typer.Typer) -> None:
    """Add this file's commands to *app*."""
    app.command("check-config")(check_config)
    group = typer.Typer(name="config", help="The configuration's form.", rich_markup_mode=None)
    group.callback()(_group)
    group.command("schema")(schema)
    app.add_typer(group)


def _group() -> None:
    """Keep `schema` a command of its own: typer folds groups of one otherwise."""


def check_config(
    *,
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(help="The file; else as --config.", show_default=False),
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Validate a configuration; every fault on its own line of stderr, exit 2."""
    # What stands in the environment is for commands that name no file.
    source = context.get_parameter_source("config")
    is_given = source is not None and source.name == "COMMANDLINE"
    if file is not None and is_given and file != config:
        msg = f"two files are named, {file} and {config}: leave one out"
        raise InvalidError(msg, "config")
    path = file or find_config(config)
    try:
        loaded = late.load(path, with_files=True)
        subjects, checks = late.size(loaded.settings)
    except ConfigError as error:
        faults = [line for line in str(error).splitlines() if line.strip()]
        if json:
            print_json({"file": str(path), "ok": False, "faults": faults, "notes": []})
        else:
            say_plainly(faults)
        raise typer.Exit(ExitCode.COULD_NOT) from None
    notes = list(loaded.notes)
    if json:
        figures = {"subjects": subjects, "checks": checks}
        print_json({"file": str(path), "ok": True, **figures, "faults": [], "notes": notes})
        return
    print_line(f"{path}: ok, {_count(subjects, 'subject')}, {_count(checks, 'check')}")
    for note in notes:
        print_line(f"note: {note}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    print_json(late.json_schema())
