"""`fettled probe`: one probe, once, in this process; nothing is stored or decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fettled.cli import late
from fettled.cli.completing import complete_subjects
from fettled.cli.failures import ExitCode
from fettled.cli.options import Config, Json, find_config
from fettled.cli.output import print_fields, print_json
from fettled.core.words import Verdict

if TYPE_CHECKING:
    from fettled.probes.run import Ran


def register(app: typer.Typer) -> None:
    """Add this file's command to *app*."""
    app.command()(probe)


def probe(
    *,
    check: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT[/CHECK]", show_default=False, autocompletion=complete_subjects
        ),
    ],
    config: Config = None,
    json: Json = False,
) -> None:
    """Run one probe once, now, beside or without a daemon; exit 0 when up, 1 when not."""
    key, ran = late.probe_once(late.load(find_config(config)).settings, check)
    _show(key, ran, as_json=json)
    if ran.outcome.verdict is not Verdict.UP:
        raise typer.Exit(ExitCode.NEGATIVE)


def _show(check: str, ran: Ran, *, as_json: bool) -> None:
    outcome, took = ran.outcome, ran.took.total_seconds()
    if as_json:
        print_json(
            {
                "check": check,
                "verdict": outcome.verdict,
                "reason": outcome.reason,
                "message": outcome.message,
                "took_seconds": round(took, 6),
                "figures": outcome.figures,
            }
        )
        return
    print_fields(
        [
            ("check", check),
            ("verdict", outcome.verdict),
            ("reason", outcome.reason),
            ("message", outcome.message),
            ("took", f"{took * 1000:.1f} ms"),
            *(_figure(name, value) for name, value in outcome.figures.items()),
        ]
    )


def _figure(name: str, value: float) -> tuple[str, str]:
    stem = name.removesuffix("_seconds")
    return (name, f"{value:g}") if stem == name else (stem, f"{value * 1000:.1f} ms")
