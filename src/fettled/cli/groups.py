"""Groups of commands that do something by themselves: `fettled receivers` is a list."""

from __future__ import annotations

import typer
from typer.core import TyperOption

from fettled.core.errors import InvalidError


def expect_behind(ctx: typer.Context) -> bool:
    """
    Say whether the group itself is meant, and not a command of it.

    Raises:
        InvalidError: an option stands before the command, where it would not be heard.
    """
    if ctx.invoked_subcommand is None:
        return True
    for option in ctx.command.params:
        source = ctx.get_parameter_source(option.name or "")
        if isinstance(option, TyperOption) and source is not None and source.name == "COMMANDLINE":
            msg = f"write {option.opts[0]} behind {ctx.invoked_subcommand}"
            raise InvalidError(msg, option.name or "")
    return False
