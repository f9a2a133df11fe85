"""`fettled account`: where all down time went; what nothing accounts for is a bug of fettled's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any, Protocol

import typer

from fettled.cli.client import Address, get, whole
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.failures import ExitCode
from fettled.cli.moments import back
from fettled.cli.options import Config, Json, Token, TokenFile, Url
from fettled.cli.output import moment, print_json, print_line, print_table
from fettled.core.durations import format_duration

#: Checks that one request accounts for: a second or so of work.
_PAGE = 100
#: In the order in which they are asked.
_PLACES = ("ticket", "member", "gate", "debounce", "flapping", "unknown", "unmapped")


def register(app: typer.Typer) -> None:
    """Add this file's command to *app*."""
    app.command()(account)


def account(
    *,
    since: Annotated[
        str, typer.Option(help="How far back, such as 24h or 30d, or a time with its zone.")
    ] = "24h",
    verbose: Annotated[bool, typer.Option("--verbose", help="One line for each check.")] = False,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Account for all down time: a ticket, a line of one, a gate, or unknown."""
    where = Whereabouts(config, url, token, token_file)
    length = back(since, "--since")
    answer = with_tickets(where, lambda address: _read(address, length))
    if json:
        print_json(answer)
    else:
        _print(answer, since, verbose=verbose)
    if answer["unmapped"]:
        raise typer.Exit(ExitCode.NEGATIVE)


def _read(address: Address, since: str) -> dict[str, Any]:
    """Read the account of all checks, page by page."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    first: dict[str, Any] | None = None
    with _bar() as bar:
        while True:
            asked = {"since": since, "limit": _PAGE, "cursor": cursor}
            page = whole(address, get(address, "/api/v1/account", asked), "items", "checks")
            first = first or page
            items += page["items"]
            bar.show(min(_PAGE, page["checks"]), page["checks"])
            cursor = page.get("next")
            if cursor is None:
                return _whole_of(first, page, items)


def _whole_of(
    first: dict[str, Any], last: dict[str, Any], items: list[dict[str, Any]]
) -> dict[str, Any]:
    seconds = {
        place: sum(each["seconds"].get(place, 0) for each in items)
        for place in _PLACES
        if any(place in each["seconds"] for each in items)
    }
    unmapped = [
        {"check": each["check"], **gap} for each in items for gap in each.get("unmapped") or []
    ]
    return {
        "since": first.get("since"),
        "until": last.get("until"),
        "checks": last["checks"],
        "seconds": seconds,
        "items": items,
        "unmapped": unmapped,
    }


def _print(answer: dict[str, Any], since: str, *, verbose: bool) -> None:
    items, unmapped = answer["items"], answer["unmapped"]
    told = f"since {since}" if "-" in since else f"in the last {since}"
    total, verb = answer["checks"], "was" if len(items) == 1 else "were"
    checks = f"{len(items)} of {total} {'check' if total == 1 else 'checks'} {verb} down {told}"
    if not unmapped:
        print_line(f"{checks}; all of that time is accounted for.")
    else:
        count = "one stretch" if len(unmapped) == 1 else f"{len(unmapped)} stretches"
        print_line(f"{checks}; nothing accounts for {count}. That is a bug of fettled: report it.")
    for gap in unmapped:
        times = f"from {moment(gap.get('from'))} to {moment(gap.get('to'))}"
        print_line(f"  {gap['check']} was down {times}")
    if answer["seconds"]:
        print_line()
        rows = [(place, _time(time)) for place, time in answer["seconds"].items()]
        print_table(("WENT TO", "TIME"), rows)
    if verbose and items:
        print_line()
        print_table(
            ("CHECK", *(place.upper() for place in _PLACES)),
            [
                (each["check"], *(_time(each["seconds"].get(place)) for place in _PLACES))
                for each in items
            ],
        )


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else format_duration(timedelta(seconds=round(seconds)))


class _Bar(Protocol):
    def show(self, more: int, total: int) -> None: ...


class _Nothing:
    def show(self, more: int, total: int) -> None:
        """Show nothing: nobody looks, or it takes no time."""


@contextmanager
def _bar() -> Iterator[_Bar]:
    """Show how far it is on stderr, if that is a terminal and there is more than one page."""
    if not sys.stderr.isatty():
        yield _Nothing()
        return
    from rich.console import Console  # noqa: PLC0415 - pipes must not pay for rich
    from rich.progress import Progress  # noqa: PLC0415 - as above

    with Progress(console=Console(stderr=True), transient=True) as progress:

        class Bar:
            task = progress.add_task("accounting", visible=False)

            def show(self, more: int, total: int) -> None:
                progress.update(self.task, total=total, advance=more, visible=total > _PAGE)

        yield Bar()
