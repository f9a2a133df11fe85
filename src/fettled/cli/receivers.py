"""`fettled receivers`: who is told; whether they can be reached; and secrets to sign with."""

from __future__ import annotations

import base64
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any

import typer

from fettled.cli.client import Address, get, post, segment, whole
from fettled.cli.completing import complete_receivers
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.failures import ExitCode
from fettled.cli.groups import expect_behind
from fettled.cli.held import held_words
from fettled.cli.lists import pages
from fettled.cli.options import Json
from fettled.cli.output import moment, print_json, print_line, print_table
from fettled.cli.reaching import reaching

app = typer.Typer(
    name="receivers",
    rich_markup_mode=None,
)

_PATH = "/api/v1/receivers"
#: Seconds; longer than the longest deadline of a sample.
_PATIENCE = 75.0
#: Bytes of a secret: as many as the signature has.
_SECRET_BYTES = 32
_MOST = 100_000

_Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="The receiver.", show_default=False, autocompletion=complete_receivers
    ),
]


@app.callback(invoke_without_command=True)
@reaching
def receivers(*, ctx: typer.Context, where: Whereabouts, json: Json = False) -> None:
    """
    See who is told what, what they are still owed, and try whether they can be reached.

    fettled receivers

    fettled receivers test hooks
    """
    if expect_behind(ctx):
        _show(where, as_json=json)


@app.command("list")
@reaching
def list_receivers(*, where: Whereabouts, json: Json = False) -> None:
    """List receivers, what they are owed, and how it went last; as without `list`."""
    _show(where, as_json=json)


@app.command("test")
@reaching
def try_one(*, name: _Name, where: Whereabouts, json: Json = False) -> None:
    """Send a sample to NAME and say what came back; exit 1 if it did not arrive."""
    path = f"{_PATH}/{segment(name)}/test"
    with _waiting(f"waiting for {name}"):
        told = with_tickets(
            where,
            lambda address: whole(
                address, post(replace(address, deadline=_PATIENCE), path), "delivered", "reason"
            ),
        )
    if json:
        print_json(told)
    else:
        print_line(f"{name}: {_came(told)}")
    if not told["delivered"]:
        raise typer.Exit(ExitCode.NEGATIVE)


@app.command()
@reaching
def enable(*, name: _Name, where: Whereabouts) -> None:
    """Tell NAME again after it wanted nothing any more (410); what it missed is not sent."""
    path = f"{_PATH}/{segment(name)}"

    def ask(address: Address) -> tuple[bool, dict[str, Any]]:
        before = whole(address, get(address, path), "disabled_at")
        after = whole(address, post(address, f"{path}/enable"), "dead_letters")
        return before["disabled_at"] is not None, after

    was_disabled, shown = with_tickets(where, ask)
    changed = "is told again from now on" if was_disabled else "was not disabled: nothing changed"
    print_line(f"{name}: {changed}")
    if shown["dead_letters"]:
        hint = f"fettled dead-letters resend --receiver {name}"
        missed = shown["dead_letters"]
        print_line(f"{missed} {'event' if missed == 1 else 'events'} never arrived: `{hint}`")


@app.command()
def secret() -> None:
    """Print a fresh secret to sign messages with, for the option `secret` of a webhook."""
    text = base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    print_line(f"whsec_{text}")


def _show(where: Whereabouts, *, as_json: bool) -> None:
    answer = with_tickets(where, lambda address: pages(address, _PATH, {}, _MOST))
    if as_json:
        print_json(answer)
        return
    if not answer["items"]:
        print_line("no receiver is configured; see receivers in the reference")
        return
    print_table(
        ("NAME", "TYPE", "STATE", "PENDING", "OLDEST", "DEAD", "LAST", "EVENTS"),
        [
            (
                each["name"],
                each.get("type"),
                _state(each),
                each.get("pending"),
                moment(each.get("oldest_at")),
                each.get("dead_letters"),
                _last(each.get("last")),
                each.get("events"),
            )
            for each in answer["items"]
        ],
        spare="EVENTS",
    )
    for each in answer["items"]:
        if each.get("disabled_at"):
            since = moment(each["disabled_at"])
            why = each.get("disabled_reason")
            cure = f"`fettled receivers enable {each['name']}`"
            print_line(f"{each['name']}: is told nothing since {since}: {why}; {cure}")
        elif held := held_words(each.get("held_by"), each.get("next_at")):
            print_line(f"{each['name']}: {held}")


def _state(one: dict[str, Any]) -> str:
    if one.get("disabled_at"):
        return "disabled"
    if one.get("late"):
        return "late"
    if one.get("held_by"):
        return "held"
    return "waiting" if one.get("pending") else "ok"


def _last(last: dict[str, Any] | None) -> str | None:
    if not last:
        return None
    how = "delivered" if last.get("delivered") else last.get("detail") or last.get("reason")
    return f"{moment(last.get('at'))} {how}"


def _came(told: dict[str, Any]) -> str:
    status = f", it answered {told['status']}" if told.get("status") else ""
    took = f"{told.get('seconds')} s"
    if told["delivered"]:
        return f"delivered after {took}{status}"
    return f"not delivered after {took}: {told.get('detail') or told['reason']} ({told['reason']})"


@contextmanager
def _waiting(what: str) -> Iterator[None]:
    """Turn a spinner on a terminal's stderr; elsewhere say nothing."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415 - pipes must not pay for rich

    with Console(stderr=True).status(what):
        yield
