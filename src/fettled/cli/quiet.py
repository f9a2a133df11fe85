"""
What `fettled silence` and `fettled window` have in common: whom, when, and the lists.

Times and labels are read here, so that a slip is named by the option it was made in; all
else is judged by whoever is asked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeAlias

import typer

from fettled.cli import late
from fettled.cli.client import call, post, segment, whole
from fettled.cli.completing import complete_subjects
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.lists import pages
from fettled.cli.moments import instant, length
from fettled.cli.output import moment, print_json, print_line, print_table
from fettled.core.errors import InvalidError

#: `core.quiet.Scope`, written out for help and completion.
GivenScope = Literal["subject", "subtree"]

Subject: TypeAlias = Annotated[
    str | None,
    typer.Argument(help="The subject's key.", show_default=False, autocompletion=complete_subjects),
]
Selector: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        help="Instead of SUBJECT, a label as NAME=VALUE; given again, all must match.",
        show_default=False,
    ),
]
Reason: TypeAlias = Annotated[str, typer.Option(help="Why.", show_default=False)]
For: TypeAlias = Annotated[
    str | None,
    typer.Option("--for", help="How long, such as 4h or 1d12h.", show_default=False),
]
Until: TypeAlias = Annotated[
    str | None,
    typer.Option(help="Until when, such as 2026-11-21T18:00+01:00.", show_default=False),
]
From: TypeAlias = Annotated[
    str | None,
    typer.Option("--from", help="From when on; else from now.", show_default=False),
]
Ident: TypeAlias = Annotated[str, typer.Argument(help="Its id, from the list.", show_default=False)]
Every: TypeAlias = Annotated[
    bool, typer.Option("--all", help="Those that are over, too (for 90 days).")
]


def who(subject: str | None, selector: Iterable[str] | None) -> dict[str, Any]:
    """
    Read whom it is about.

    Raises:
        InvalidError: neither or both are named, or a label is none.
    """
    labels = labels_of(selector)
    if (subject is None) is (not labels):
        msg = "name either a SUBJECT or labels by --selector NAME=VALUE"
        raise InvalidError(msg, "subject")
    return {"subject": subject} if subject is not None else {"selector": labels}


def labels_of(selector: Iterable[str] | None) -> dict[str, str]:
    """
    Read labels.

    Raises:
        InvalidError: one of them is none, or has two values.
    """
    labels: dict[str, str] = {}
    for each in selector or ():
        name, equals, value = each.partition("=")
        if not (name and equals):
            msg = f"--selector: {each!r} is no label: write NAME=VALUE"
            raise InvalidError(msg, "selector")
        if labels.get(name, value) != value:
            msg = f"--selector: no subject has two values of {name!r}"
            raise InvalidError(msg, "selector")
        labels[name] = value
    return labels


def when(start: str | None, until: str | None, lasting: str | None) -> dict[str, str]:
    """
    Read from when until when.

    Raises:
        InvalidError: one of them is none, or there is no end or two.
    """
    asked = {}
    starts_at = None if start is None else instant(start, "--from")
    if starts_at is not None:
        asked["starts_at"] = starts_at.isoformat()
    if (until is None) is (lasting is None):
        msg = "say how long by --for 4h, or until when by --until 2026-11-21T18:00+01:00"
        raise InvalidError(msg, "ends_at")
    if until is not None:
        asked["ends_at"] = instant(until, "--until").isoformat()
    elif lasting is not None:
        try:
            asked["ends_at"] = ((starts_at or late.now()) + length(lasting, "--for")).isoformat()
        except OverflowError:
            msg = "--from: is out of all reach"
            raise InvalidError(msg, "starts_at") from None
    return asked


def make(where: Whereabouts, path: str, asked: dict[str, Any], *, as_json: bool) -> None:
    """Ask for one at *path*, and print its id and what it means."""
    made = with_tickets(
        where, lambda address: whole(address, post(address, path, asked), "id", "matches")
    )
    if as_json:
        print_json(made)
    else:
        print_line(f"{made['id']}  {_whom(made)}, {_times(made)}")
    if made["matches"] == 0:
        sys.stderr.write("fettled: no subject has these labels now, so it means nobody yet\n")
    for note in made.get("notes") or ():
        sys.stderr.write(f"fettled: {note}\n")


def show(where: Whereabouts, path: str, limit: int, *, every: bool, as_json: bool) -> None:
    """List those at *path*."""
    states = ["active", "upcoming", *(["ended"] if every else [])]
    answer = with_tickets(where, lambda address: pages(address, path, {"state": states}, limit))
    if as_json:
        print_json(answer)
        return
    print_table(
        ("ID", "STATE", "WHOM", "FROM", "UNTIL", "BY", "REASON"),
        [
            (
                each["id"],
                each.get("state"),
                _whom(each),
                moment(each.get("starts_at")),
                moment(each.get("ended_at")) or moment(each.get("ends_at")),
                each.get("author") or ("configuration" if each.get("file") else None),
                each.get("reason"),
            )
            for each in answer["items"]
        ],
        spare="BY",
    )
    if answer["next"] is not None:
        sys.stderr.write(f"fettled: there are more than {limit}: raise --limit\n")


def end(where: Whereabouts, path: str, ident: str) -> None:
    """End one of those at *path*."""
    with_tickets(where, lambda address: call(address, "DELETE", f"{path}/{segment(ident)}"))
    print_line(f"{ident} ended")


def _whom(one: dict[str, Any]) -> str:
    labels = ",".join(f"{name}={value}" for name, value in (one.get("selector") or {}).items())
    below = " and below" if one.get("scope") == "subtree" else ""
    return f"{one.get('subject') or labels}{below}"


def _times(one: dict[str, Any]) -> str:
    run = f"{moment(one.get('starts_at'))} to {moment(one.get('ends_at'))}"
    if one.get("cron"):
        return f"every {one['cron']!r} ({one.get('zone')}) for {one.get('duration')}; next {run}"
    return run
