"""
What the shell offers for REF, USER, TEAM and the like: asked of the daemon, within a second.

It never fails and never says a word: whoever presses Tab gets nothing rather than an
error. zsh evaluates what it is given, so nothing that a target or a person wrote goes
there but letters, digits and harmless signs.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import typer

from fettled.cli import late
from fettled.cli.client import Address, get
from fettled.cli.options import find_config, remote

#: Value and what it is.
Offer: TypeAlias = tuple[str, str]

#: Seconds; whoever presses Tab waits for no slow daemon.
BOUND = 1.0
#: More than fit on a screen help nobody.
_MOST = 100
_SAFE = re.compile(r"[\w.@-]+")
_UNSAFE = re.compile(r"[^\w .,()/-]+")
_LONGEST = 60

_OPEN = "open,assigned,in_progress,pending"
#: By command: the statuses that it makes sense for.
_STATUSES = {"reopen": "resolved", "close": "resolved", "delete": "open,closed"}
_ANY = {"show", "comment", "export", "attach", "actions"}


def complete_refs(ctx: typer.Context, args: list[str], incomplete: str) -> list[Offer]:  # noqa: ARG001 - typer gives all three
    """Offer the tickets that the command can be about."""
    name = ctx.info_name or ""
    query: dict[str, Any] = {"limit": _MOST}
    if name not in _ANY:
        query["status"] = _STATUSES.get(name, _OPEN)

    def offers(address: Address) -> Iterator[Offer]:
        for ticket in get(address, "/api/v1/tickets", query)["items"]:
            number, reference = str(ticket["number"]), str(ticket["reference"])
            is_reference = incomplete[:1] in {"I", "i"}
            yield reference if is_reference else number, str(ticket.get("title") or "")

    return _offered(ctx, incomplete, offers)


def complete_users(ctx: typer.Context, args: list[str], incomplete: str) -> list[Offer]:  # noqa: ARG001 - as above
    """Offer the users that are configured."""
    return _offered(ctx, incomplete, _named("/api/v1/users", "full_name"))


def complete_teams(ctx: typer.Context, args: list[str], incomplete: str) -> list[Offer]:  # noqa: ARG001 - as above
    """Offer the teams that are configured."""
    return _offered(ctx, incomplete, _named("/api/v1/teams", "full_name"))


def complete_shifts(ctx: typer.Context, args: list[str], incomplete: str) -> list[Offer]:  # noqa: ARG001 - as above
    """Offer the on-call schedules that are configured."""
    return _offered(ctx, incomplete, _named("/api/v1/schedules", "scenario"))


def complete_receivers(ctx: typer.Context, args: list[str], incomplete: str) -> list[Offer]:  # noqa: ARG001 - as above
    """Offer the receivers that are configured."""
    return _offered(ctx, incomplete, _named("/api/v1/receivers", "type"))


def complete_dead_letters(ctx: typer.Context, args: list[str], incomplete: str) -> list[Offer]:  # noqa: ARG001 - as above
    """Offer what can be sent again."""

    def offers(address: Address) -> Iterator[Offer]:
        for letter in get(address, "/api/v1/dead-letters", {"limit": _MOST})["items"]:
            told = f"{letter.get('event')} of {letter.get('ticket')} to {letter.get('receiver')}"
            yield str(letter["number"]), told

    return _offered(ctx, incomplete, offers)


def complete_subjects(ctx: typer.Context, args: list[str], incomplete: str) -> list[Offer]:  # noqa: ARG001 - as above
    """Offer the subjects that are watched."""

    def offers(address: Address) -> Iterator[Offer]:
        for subject in get(address, "/api/v1/subjects", {"limit": 200})["items"]:
            yield str(subject["key"]), str(subject.get("name") or "")

    return _offered(ctx, incomplete, offers)


def _named(path: str, told: str) -> Callable[[Address], Iterator[Offer]]:
    def offers(address: Address) -> Iterator[Offer]:
        for each in get(address, path, {"limit": 200})["items"]:
            yield str(each["name"]), str(each.get(told) or "")

    return offers


def _offered(
    ctx: typer.Context, incomplete: str, offers: Callable[[Address], Iterator[Offer]]
) -> list[Offer]:
    found: list[Offer] = []

    def ask() -> None:
        try:
            address = _address(ctx.params)
            found.extend(offers(replace(address, deadline=BOUND)))
        except Exception:  # noqa: BLE001 - whatever it is, nothing is offered, and nothing said
            return

    # A thread, since looking up a host's name cannot be cut short.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(BOUND)
    return [
        (value, _harmless(told))
        for value, told in list(found)
        if _SAFE.fullmatch(value) and value.lower().startswith(incomplete.lower())
    ][:_MOST]


def _address(params: dict[str, Any]) -> Address:
    """Find the daemon that the line so far means; the store itself is not opened for a Tab."""
    given = {name: params.get(name) or os.environ.get(var) for name, var in _VARIABLES.items()}
    file, config = given["token_file"], given["config"]
    there = remote(given["url"], given["token"], Path(file) if file else None)
    if there is not None:
        return there
    return Address(socket=late.control_socket(find_config(Path(config) if config else None)))


_VARIABLES = {
    "config": "FETTLED_CONFIG",
    "url": "FETTLED_URL",
    "token": "FETTLED_TOKEN",
    "token_file": "FETTLED_TOKEN_FILE",
}


def _harmless(text: str) -> str:
    return " ".join(_UNSAFE.sub(" ", text).split())[:_LONGEST].rstrip()
