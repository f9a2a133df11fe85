"""
The options that many commands share, each written once, with its help.

Values and where they come from; what is done with them is the commands' own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from fettled.cli.client import Address, address_of
from fettled.core.errors import ConfigError, FettledError, InvalidError

#: Where a configuration is looked for when nothing names one, in this order.
CONFIG_PATHS = (Path("fettled.yaml"), Path("/etc/fettled/fettled.yaml"))

Config: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="FETTLED_CONFIG",
        help="Configuration file; else ./fettled.yaml, then /etc/fettled/fettled.yaml.",
        show_default=False,
    ),
]
Limit: TypeAlias = Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")]
Url: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="FETTLED_URL",
        help="A remote daemon: http://HOST:PORT, https://HOST or unix:/PATH.",
        show_default=False,
    ),
]
Token: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="FETTLED_TOKEN",
        help="Token for --url; other users see it in the process list: prefer the variable.",
        show_default=False,
        show_envvar=True,
    ),
]
TokenFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        envvar="FETTLED_TOKEN_FILE",
        help="File that holds the token.",
        show_default=False,
    ),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def find_config(given: Path | None) -> Path:
    """
    Name the configuration file to use.

    Raises:
        ConfigError: none was given, and none lies where one is looked for.
    """
    if given is not None:
        return given
    for path in CONFIG_PATHS:
        if path.exists():
            return path
    looked = ", ".join(str(path) for path in CONFIG_PATHS)
    msg = f"no configuration: name one with --config or $FETTLED_CONFIG (looked for {looked})"
    raise ConfigError(msg)


def remote(url: str | None, token: str | None, token_file: Path | None) -> Address | None:
    """
    Say where `--url` points; None when the local daemon is meant.

    Raises:
        FettledError: the address or the token's file cannot be used.
    """
    if url is None:
        return None
    if token is None and token_file is not None:
        token = _token_in(token_file)
    return address_of(url, token or None)


def _token_in(path: Path) -> str:
    try:
        text = path.read_text(encoding="ascii").strip()
    except UnicodeDecodeError:
        msg = f"{path}: does not hold a token"
        raise InvalidError(msg, "token") from None
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise FettledError(msg) from None
    if not text:
        msg = f"{path}: is empty, a token was expected"
        raise InvalidError(msg, "token")
    return text
