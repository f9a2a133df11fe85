"""How tickets are named on the command line, and what of a ticket many commands need."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, TypeAlias

import typer

from fettled.cli.client import segment
from fettled.cli.completing import complete_refs
from fettled.core.errors import InvalidError
from fettled.core.references import parse_reference

TICKETS = "/api/v1/tickets"

Ref: TypeAlias = Annotated[
    str,
    typer.Argument(
        help="42, #42 or INC-20261121-000042.", show_default=False, autocompletion=complete_refs
    ),
]
Refs: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="REF",
        help="42, #42 or INC-20261121-000042; several at once.",
        show_default=False,
        autocompletion=complete_refs,
    ),
]
IfVersion: TypeAlias = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Refuse if the ticket is at another version than this.",
        show_default=False,
    ),
]


def ticket_path(ref: str) -> str:
    """
    Name the resource of the ticket *ref*.

    Raises:
        InvalidError: it is neither a number nor a reference.
    """
    named = parse_reference(ref)
    if named is None:
        msg = f"{ref!r} names no ticket: write 42, #42 or INC-20261121-000042"
        raise InvalidError(msg, "ref")
    return f"{TICKETS}/{segment(str(named))}"


def named_ref(ref: str) -> str:
    """Write *ref* as people read it: a bare number gets its sign."""
    return f"#{ref}" if ref.isdecimal() else ref


def ticket_paths(refs: Iterable[str]) -> dict[str, str]:
    """
    Name the resources of *refs*, each once, by the way they were typed first.

    Raises:
        InvalidError: one is neither a number nor a reference; so nothing is begun.
    """
    typed: dict[str, str] = {}
    for ref in refs:
        typed.setdefault(ticket_path(ref), ref)
    return {ref: path for path, ref in typed.items()}


def only_if(version: int | None) -> dict[str, str]:
    """Give the header that has a request refused if the ticket is at another *version*."""
    return {} if version is None else {"If-Match": f'"{version}"'}


def subject_key(ticket: dict[str, Any]) -> str | None:
    """Give the key of the subject that *ticket* is about."""
    subject = ticket.get("subject")
    return subject.get("key") if isinstance(subject, dict) else subject
