"""
`fettled why`: why a subject is as it is, for somebody who was woken up.

The first line of each check answers the question; what follows is what it rests on. All
of it is the API's: nothing is computed here.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fettled.cli.client import get, segment, whole
from fettled.cli.completing import complete_subjects
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.options import Config, Json, Token, TokenFile, Url
from fettled.cli.output import moment, print_json, print_line, print_table
from fettled.core.alarms import is_alarm
from fettled.core.durations import format_duration, parse_duration
from fettled.core.errors import NotFoundError


def register(app: typer.Typer) -> None:
    """Add this file's command to *app*."""
    app.command()(why)


def why(
    *,
    key: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT[/CHECK]",
            help="Which subject, or the check of an alarm.",
            show_default=False,
            autocompletion=complete_subjects,
        ),
    ],
    config: Config = None,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Explain why a subject is in its state, what holds it, and what comes next."""
    where = Whereabouts(config, url, token, token_file)
    # An alarm goes by its whole key: it is a check of whatever subject its rule found.
    subject, name = (key, "") if is_alarm(key) else key.partition("/")[::2]
    path = f"/api/v1/subjects/{segment(subject)}/explain"
    answer = with_tickets(where, lambda address: whole(address, get(address, path), "checks"))
    checks = answer["checks"]
    if name:
        checks = [each for each in checks if each["check"] == key]
        if not checks:
            known = ", ".join(each["check"].partition("/")[2] for each in answer["checks"])
            msg = f"{subject} has no check {name!r}: it has {known or 'none'}"
            raise NotFoundError(msg)
    if json:
        print_json({**answer, "checks": checks})
        return
    if not checks:
        print_line(f"{subject}: it has no check of its own, and no alarm about it fires.")
    for n, each in enumerate(checks):
        if n:
            print_line()
        _print_check(each)


def _print_check(check: dict[str, Any]) -> None:
    print_line(str(check.get("summary")))
    for line in (*_gates(check), _ticket(check), _missing(check), *_coming(check)):
        if line:
            print_line(f"  {line}")
    print_line(f"  If it fails again: {(check.get('relapse') or {}).get('because')}.")
    evidence = check.get("evidence") or []
    if evidence:
        print_line()
        rows = [_seen(each) for each in evidence]
        print_table(("FROM", "TO", "VERDICT", "REASON", "LOOKS", "MESSAGE"), rows)


def _gates(check: dict[str, Any]) -> list[str]:
    lines = []
    for held in check.get("gates") or []:
        until, names = moment(held.get("until")), held.get("names")
        named = f" {names}" if names else ""
        ends = f" until {until}" if until else ""
        state = "Was held" if held.get("lifted") else "Held"
        lines.append(f"{state} by {held.get('gate')}{named}{ends}: {held.get('because')}.")
    return lines


def _ticket(check: dict[str, Any]) -> str | None:
    ticket = check.get("ticket")
    if not ticket:
        return None
    line = f"Ticket #{ticket.get('number')} ({ticket.get('status')}): {ticket.get('title')}"
    if ticket.get("member_count"):
        line += f"; {ticket.get('done_count')} of {ticket.get('member_count')} recovered"
    if not ticket.get("own"):
        line += f"; this check is a line of it ({ticket.get('line')})"
    return f"{line}."


def _missing(check: dict[str, Any]) -> str | None:
    need, run = check.get("missing") or {}, check.get("run")
    what = _looks(need)
    window = format_duration(parse_duration(f"{int(need.get('seconds') or 0)}s"))
    if run is None:
        return f"To be {need.get('phase')} it takes {need.get('looks')} {what} over {window}."
    more = f"to be {need.get('phase')} it takes {need.get('looks')} more over {window}"
    side = "up" if run.get("side") == "up" else "not up"
    return f"Counted: {run.get('count')} times {side} since {moment(run.get('from'))}; {more}."


def _looks(need: dict[str, Any]) -> str:
    is_one = need.get("looks") == 1
    if need.get("phase") == "healthy":
        return "success" if is_one else "successes"
    return "failure" if is_one else "failures"


def _coming(check: dict[str, Any]) -> list[str]:
    return [
        f"{moment(each.get('at')) or 'Then'}: {each.get('what')}."
        for each in check.get("coming") or []
    ]


def _seen(each: dict[str, Any]) -> tuple[object, ...]:
    return (
        moment(each.get("from")),
        moment(each.get("to")),
        each.get("verdict"),
        each.get("reason"),
        each.get("count"),
        each.get("message"),
    )
