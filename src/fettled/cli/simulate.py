"""`fettled simulate`: what would have become of it, under this policy or another one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fettled.cli import late
from fettled.cli.failures import ExitCode, say, say_plainly
from fettled.cli.moments import back
from fettled.cli.options import Config, Json, find_config
from fettled.cli.output import moment, print_json, print_line, print_table
from fettled.core.durations import parse_duration
from fettled.core.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fettled.bootstrap.simulating import Answer

_COLUMNS = ("TICKET", "SUBJECT", "KIND", "OPENED", "RESOLVED", "REOPENED", "WHY")


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(simulate)


def simulate(
    *,
    policy: Annotated[
        Path | None,
        typer.Option(
            help="A file with policies: to lay over the running ones.", show_default=False
        ),
    ] = None,
    since: Annotated[
        str, typer.Option(help="How far back, such as 12h or 30d, or a time with its zone.")
    ] = "30d",
    scenario: Annotated[
        Path | None,
        typer.Option(help="Rehearse this scenario instead of the history.", show_default=False),
    ] = None,
    diff: Annotated[bool, typer.Option("--diff", help="Compare with the running policy.")] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Live through the recorded history, or a scenario, and show the tickets; change nothing."""
    lasting = _since(since)
    try:
        with _progress() as tell:
            answer = late.simulate(
                config=lambda: find_config(config),
                policy=policy,
                since=lasting,
                scenario=scenario,
                diff=diff,
                tell=tell,
            )
    except KeyboardInterrupt:
        say("interrupted; nothing was changed")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    for warning in answer.warnings:
        say_plainly([f"warning: {warning}"])
    if json:
        print_json(answer.json)
    else:
        _show(answer)
    if answer.failures:
        say_plainly(answer.failures)
        raise typer.Exit(ExitCode.NEGATIVE)


def _since(text: str) -> timedelta:
    since = parse_duration(back(text, "--since"))
    if not since:
        msg = "--since 0 leaves nothing to simulate: write how far back, such as 30d"
        raise InvalidError(msg, "since")
    return since


@contextmanager
def _progress() -> Iterator[Callable[[str, float], None]]:
    """Draw a bar on a terminal's stderr; elsewhere say nothing."""
    if not sys.stderr.isatty():
        yield lambda _what, _share: None
        return
    from rich.console import Console  # noqa: PLC0415 - pipes must not pay for rich
    from rich.progress import Progress  # noqa: PLC0415 - as above

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=1.0)
        yield lambda what, share: bar.update(task, description=what, completed=share)


def _show(answer: Answer) -> None:
    document = answer.json
    _totals("", answer.result.totals)
    print_line()
    _table(document["tickets"])
    compared = document["compared_with"]
    if not isinstance(compared, dict):
        return
    print_line()
    _totals("running policy: ", compared["totals"])
    for title, name in (
        ("only under the running policy:", "only_before"),
        ("only under the other policy:", "only_after"),
    ):
        print_line()
        print_line(f"{title} {len(compared[name])}")
        if compared[name]:
            _table(compared[name])
    print_line()
    gained = compared["minutes_gained"]
    word = "lost" if gained < 0 else "gained"
    print_line(f"minutes of detection {word}: {abs(gained):g}")
    if compared["detection"]:
        print_table(
            ("CHECK", "RUNNING", "OTHER", "MINUTES GAINED"),
            [
                (each["check"], f"#{each['before']}", f"#{each['after']}", each["minutes_gained"])
                for each in compared["detection"]
            ],
        )


def _totals(title: str, totals: dict[str, int]) -> None:
    print_line(title + ", ".join(f"{count} {word}" for word, count in totals.items()))


def _table(tickets: object) -> None:
    if not isinstance(tickets, list):
        return
    print_table(
        _COLUMNS,
        [
            (
                f"#{each['number']}",
                each["subject"],
                each["kind"],
                moment(each["opened_at"]),
                moment(each["resolved_at"]),
                each["reopen_count"],
                ", ".join(event["why"] for event in each["events"] if event["why"]),
            )
            for each in tickets
        ],
    )
