"""`fettled probe`: one probe, once, in this process; nothing is stored or decided."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Annotated

import typer

from fettled.cli import late
from fettled.cli.failures import ExitCode
from fettled.cli.options import Config, Json, find_config
from fettled.cli.output import print_fields, print_json
from fettled.core.errors import FettledError, NotFoundError
from fettled.core.observations import Outcome, Reason
from fettled.core.words import Verdict
from fettled.ports import CheckSpec, Fleet, Probe


def register(app: typer.Typer) -> None:
    """Add this file's command to *app*."""
    app.command()(probe)


def probe(
    *,
    check: Annotated[str, typer.Argument(metavar="SUBJECT[/CHECK]", show_default=False)],
    config: Config = None,
    json: Json = False,
) -> None:
    """Run one probe once, now, beside or without a daemon; exit 0 when up, 1 when not."""
    fleet = late.make_fleet(late.load(find_config(config)))
    spec = _spec(fleet, check)
    if spec.probe is None:
        msg = f"{spec.key} is passive: it waits for beats, there is nothing to probe"
        raise FettledError(msg)
    started = monotonic()
    outcome = asyncio.run(_once(spec.probe, spec.timeout.total_seconds()))
    _show_outcome(spec.key, outcome, monotonic() - started, as_json=json)
    if outcome.verdict is not Verdict.UP:
        raise typer.Exit(ExitCode.NEGATIVE)


async def _once(look: Probe, seconds: float) -> Outcome:
    try:
        async with asyncio.timeout(seconds):
            return await look()
    except TimeoutError:
        return Outcome(Verdict.DOWN, Reason.TIMEOUT, "no answer before the check's timeout")


def _spec(fleet: Fleet, wanted: str) -> CheckSpec:
    if wanted in fleet.checks:
        return fleet.checks[wanted]
    of_subject = [each for each in fleet.checks.values() if each.subject == wanted]
    for spec in sorted(of_subject, key=lambda each: not each.primary):
        return spec
    msg = f"there is no check or subject {wanted!r} in the configuration"
    raise NotFoundError(msg)


def _show_outcome(check: str, outcome: Outcome, took: float, *, as_json: bool) -> None:
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
            *((name, f"{value:g}") for name, value in outcome.figures.items()),
        ]
    )
