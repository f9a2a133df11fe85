"""
Decorators that give commands a group of options, and hand it to them as one value.

So the four options that say which daemon is meant are written once, and so are the
fields of a ticket.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from fettled.cli.daemon_access import Whereabouts
from fettled.cli.options import Config, Token, TokenFile, Url

Command: TypeAlias = Callable[..., None]


def grouped(
    name: str, options: Mapping[str, Any], gather: Callable[..., object]
) -> Callable[[Command], Command]:
    """
    Make a decorator that puts *options* in the place of a command's parameter *name*.

    Args:
        name: of the parameter.
        options: annotated types by the name of the option; all are None if not given.
        gather: makes the parameter's value of the options' values, by their names.
    """

    def give(command: Command) -> Command:
        @functools.wraps(command)
        def run(**given: Any) -> None:  # noqa: ANN401 - whatever the options are
            gathered = gather(**{option: given.pop(option, None) for option in options})
            command(**{name: gathered}, **given)

        # typer reads a command's options off its signature, which has to say it in full.
        parts: list[inspect.Parameter] = []
        for part in inspect.signature(command, eval_str=True).parameters.values():
            if part.name != name:
                parts.append(part)
                continue
            kind = inspect.Parameter.KEYWORD_ONLY
            parts += [
                inspect.Parameter(option, kind, default=None, annotation=annotated)
                for option, annotated in options.items()
            ]
        run.__signature__ = inspect.Signature(parts)  # type: ignore[attr-defined] # read by `inspect.signature`
        run.__annotations__ = {part.name: part.annotation for part in parts}
        return run

    return give


#: Gives a command that has a parameter `where` the options that say which daemon is meant.
reaching = grouped(
    "where",
    {"config": Config, "url": Url, "token": Token, "token_file": TokenFile},
    Whereabouts,
)
