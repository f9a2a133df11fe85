"""`fettled dead-letters`: what receivers were never told, listed and sent again."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from fettled.cli.client import Address, post, segment, whole
from fettled.cli.completing import complete_dead_letters, complete_receivers
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.groups import expect_behind
from fettled.cli.lists import pages
from fettled.cli.options import Json, Limit
from fettled.cli.output import moment, print_json, print_line, print_table
from fettled.cli.reaching import reaching
from fettled.core.errors import InvalidError

app = typer.Typer(name="dead-letters", rich_markup_mode=None)

_PATH = "/api/v1/dead-letters"
_RECEIVERS = "/api/v1/receivers"
_MOST = 100_000

_Receiver = Annotated[
    str | None,
    typer.Option(
        "--receiver", help="Of this receiver.", show_default=False,
        autocompletion=complete_receivers,
    ),
]  # fmt: skip
_Ticket = Annotated[
    str | None, typer.Option("--ticket", help="About this ticket.", show_default=False)
]


@app.callback(invoke_without_command=True)
@reaching
def dead_letters(
    *,
    ctx: typer.Context,
    receiver: _Receiver = None,
    ticket: _Ticket = None,
    limit: Limit = 50,
    where: Whereabouts,
    json: Json = False,
) -> None:
    """
    List what receivers were never told, the newest first, and send it again.

    fettled dead-letters --receiver hooks

    fettled dead-letters resend 17 18
    """
    if expect_behind(ctx):
        _show(where, receiver, ticket, limit, as_json=json)


@app.command("list")
@reaching
def list_letters(
    *,
    receiver: _Receiver = None,
    ticket: _Ticket = None,
    limit: Limit = 50,
    where: Whereabouts,
    json: Json = False,
) -> None:
    """List what receivers were never told, the newest first; as without `list`."""
    _show(where, receiver, ticket, limit, as_json=json)


@app.command()
@reaching
def resend(
    *,
    numbers: Annotated[
        list[int] | None,
        typer.Argument(
            metavar="NUMBER",
            help="From the list; several at once.",
            show_default=False,
            min=1,
            autocompletion=complete_dead_letters,
        ),
    ] = None,
    receiver: _Receiver = None,
    every: Annotated[bool, typer.Option("--all", help="Of every receiver.")] = False,
    where: Whereabouts,
    json: Json = False,
) -> None:
    """Send events again that never arrived: by NUMBER, --receiver or --all."""
    if sum((bool(numbers), receiver is not None, every)) != 1:
        msg = "say which ones: a NUMBER or several, or --receiver NAME, or --all"
        raise InvalidError(msg, "number")
    count = with_tickets(where, lambda address: _resend(address, numbers or [], receiver))
    if json:
        print_json({"resent": count})
    else:
        print_line("1 event is sent again" if count == 1 else f"{count} events are sent again")


def _resend(address: Address, numbers: list[int], receiver: str | None) -> int:
    paths = [f"{_PATH}/{number}/resend" for number in numbers]
    if receiver is not None:
        paths = [f"{_RECEIVERS}/{segment(receiver)}/resend"]
    elif not numbers:
        found = pages(address, _RECEIVERS, {}, _MOST)["items"]
        names = [each["name"] for each in found if each.get("dead_letters")]
        paths = [f"{_RECEIVERS}/{segment(name)}/resend" for name in names]
    return sum(int(whole(address, post(address, path), "resent")["resent"]) for path in paths)


def _show(
    where: Whereabouts, receiver: str | None, ticket: str | None, limit: int, *, as_json: bool
) -> None:
    asked = {"receiver": receiver, "ticket": ticket.removeprefix("#") if ticket else None}
    answer = with_tickets(where, lambda address: pages(address, _PATH, asked, limit))
    if as_json:
        print_json(answer)
        return
    print_table(
        ("NUMBER", "RECEIVER", "TICKET", "EVENT", "FAILED", "TRIES", "WHY"),
        [_row(each) for each in answer["items"]],
        spare="TRIES",
    )
    if answer["next"] is not None:
        sys.stderr.write(f"fettled: there are more than {limit}: raise --limit\n")


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    return (
        one["number"],
        one.get("receiver"),
        f"#{one.get('ticket')}",
        one.get("event"),
        moment(one.get("failed_at")),
        one.get("tries"),
        one.get("detail") or one.get("reason"),
    )
