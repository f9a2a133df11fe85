"""
A decorator for commands that ask a daemon: the four options that say which one.

The commands take one `Whereabouts` instead, which keeps their own options readable.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fettled.cli.daemon_access import Whereabouts
from fettled.cli.options import Config, Token, TokenFile, Url

_OPTIONS: dict[str, Any] = {
    "config": Config,
    "url": Url,
    "token": Token,
    "token_file": TokenFile,
}


def reaching(command: Callable[..., None]) -> Callable[..., None]:
    """Give *command*, which has a parameter `where`, the options that it stands for."""

    @functools.wraps(command)
    def run(
        *,
        config: Path | None = None,
        url: str | None = None,
        token: str | None = None,
        token_file: Path | None = None,
        **given: Any,  # noqa: ANN401 - whatever the command's own options are
    ) -> None:
        command(where=Whereabouts(config, url, token, token_file), **given)

    # typer reads a command's options off its signature.
    own = inspect.signature(command)
    parts = [part for name, part in own.parameters.items() if name != "where"]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for name, option in _OPTIONS.items()
    ]
    at = next((n for n, part in enumerate(parts) if part.name == "json"), len(parts))
    run.__signature__ = own.replace(parameters=[*parts[:at], *added, *parts[at:]])  # type: ignore[attr-defined] # read by `inspect.signature`
    hints = {name: kind for name, kind in command.__annotations__.items() if name != "where"}
    run.__annotations__ = {**hints, **_OPTIONS}
    return run
