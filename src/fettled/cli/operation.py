"""
Commands that run the daemon, or that make no sense without one that runs.

Tickets and subjects have files of their own: they can be asked of the store as well.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import typer

from fettled.cli import late
from fettled.cli.client import Address, Answer, call, post, segment, whole
from fettled.cli.completing import complete_subjects
from fettled.cli.daemon_access import Whereabouts, with_daemon
from fettled.cli.failures import ExitCode, guarded
from fettled.cli.options import Config, Json, Token, TokenFile, Url, find_config
from fettled.cli.output import print_json, print_line

_RELOAD = "/api/v1/reload"


def register(app: typer.Typer) -> None:
    """Add this file's commands to *app*."""
    app.command()(run)
    app.command()(demo)
    app.command()(reload)
    app.command("health-check")(health_check)
    app.command()(heartbeat)


def run(*, config: Config = None) -> None:
    """Run the daemon until SIGTERM or Ctrl-C."""
    raise typer.Exit(late.run(find_config(config)))


def demo(
    *,
    keep: Annotated[
        Path | None,
        typer.Option(help="Put configuration and store there, and leave them.", show_default=False),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End after one round.")] = False,
) -> None:
    """Run the real daemon on simulated devices that break and recover."""
    raise typer.Exit(late.demo(keep=keep, once=once, live=sys.stdout.isatty()))


def reload(
    *,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="What is gone from it is gone, however much that is."),
    ] = False,
    json: Json = False,
) -> None:
    """Make the daemon read its configuration again; a bad file changes nothing."""
    where = Whereabouts(config, url, token, token_file)
    body = {"force": True} if force else None
    if json:
        refused = frozenset({HTTPStatus.UNPROCESSABLE_ENTITY})
        said = with_daemon(where, lambda to: call(to, "POST", _RELOAD, body, expected=refused))
        print_json(said.body)
        raise typer.Exit(ExitCode.COULD_NOT if said.status in refused else ExitCode.OK)
    answer = with_daemon(where, lambda to: whole(to, post(to, _RELOAD, body), "notes"))
    print_line("reloaded")
    for note in answer["notes"]:
        print_line(f"note: {note}")


def health_check(
    *,
    config: Config = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Ask the daemon for its own health; exit 0 when it is well, else 1."""
    # A container's HEALTHCHECK knows 0 and 1 only, so whatever keeps us from asking is 1 too.
    code = guarded(lambda: _ask_health(config, url, as_json=json))
    raise typer.Exit(ExitCode.NEGATIVE if code == ExitCode.COULD_NOT else code)


def _ask_health(config: Path | None, url: str | None, *, as_json: bool) -> int:
    where = Whereabouts(config, url)
    answer = with_daemon(where, _health)
    body: dict[str, Any] = answer.body if isinstance(answer.body, dict) else {}
    if as_json:
        print_json(body)
    else:
        print_line(str(body.get("status", answer.status)))
        for name, check in _unwell(body):
            print_line(f"  {name}: {check}")
    return ExitCode.OK if answer.status == HTTPStatus.OK else ExitCode.NEGATIVE


def _health(address: Address) -> Answer:
    unwell = frozenset({HTTPStatus.SERVICE_UNAVAILABLE})
    return call(address, "GET", "/health-check", expected=unwell)


def _unwell(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    checks = body.get("checks")
    for name, found in checks.items() if isinstance(checks, dict) else ():
        for each in found if isinstance(found, list) else [found]:
            if isinstance(each, dict) and each.get("status", "pass") != "pass":
                said = each.get("output")
                yield name, f"{each['status']}, {said}" if said else str(each["status"])


def heartbeat(
    *,
    key: Annotated[
        str,
        typer.Argument(
            help="The check, or its subject.", show_default=False, autocompletion=complete_subjects
        ),
    ],
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
) -> None:
    """Report that the device or job KEY is alive."""
    where = Whereabouts(config, url, token, token_file)
    path = "/api/v1/heartbeats/" + "/".join(segment(part) for part in key.split("/", 1))
    # A beat twice is a beat; keys are counted by the day, and a job may beat every second.
    with_daemon(where, lambda address: call(address, "POST", path, is_keyed=False))
    print_line(f"{key}: beat taken")
