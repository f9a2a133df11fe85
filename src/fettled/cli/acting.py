"""
Doing one action to one ticket or to several: each is reported, and one's refusal stops no other.

What an action is called and what is said of it come from the commands.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import typer

from fettled.cli.client import Address, RefusedError, UnreachableError, get, post, whole
from fettled.cli.daemon_access import Whereabouts, with_tickets
from fettled.cli.failures import ExitCode, say
from fettled.cli.output import print_json, print_line
from fettled.cli.ticket_refs import named_ref, only_if, ticket_paths
from fettled.core.errors import FettledError, InvalidError

Ticket: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """
    What is asked of the daemon, and how the outcome is told.

    Attributes:
        body: of the action.
        told: what the ticket is now, in words that follow its number.
        warned: what else is to be said once it is done; None: nothing.
    """

    body: Mapping[str, Any]
    told: Callable[[Ticket], str]
    warned: Callable[[Address, Ticket], str | None] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one: the ticket before (None: unknown) and after, or why not."""

    ref: str
    before: Ticket | None = None
    after: Ticket | None = None
    error: FettledError | None = None
    warning: str | None = None

    @property
    def is_old(self) -> bool:
        """Whether the action had taken effect before."""
        if self.before is None or self.after is None:
            return False
        version = self.after.get("version")
        return version is not None and self.before.get("version") == version


def act(
    where: Whereabouts,
    refs: Sequence[str],
    order: Order,
    *,
    if_version: int | None = None,
    as_json: bool = False,
) -> None:
    """
    Do it to each of *refs*, and tell of each.

    Raises:
        InvalidError: one names no ticket, so nothing was done.
        FettledError: the only one was refused, or nobody answers.
        Exit: of several, some were refused.
    """
    if if_version is not None and len(refs) > 1:
        msg = "--if-version is about one ticket: name one REF"
        raise InvalidError(msg, "if_version")
    paths = ticket_paths(refs)
    headers = only_if(if_version)
    outcomes = with_tickets(where, lambda address: _all(address, paths, order, headers))
    only = outcomes[0] if len(paths) == 1 else None
    if only is not None and only.error is not None:
        raise only.error
    if as_json:
        print_json(only.after if only is not None else _as_json(outcomes))
    for outcome in outcomes:
        _tell(outcome, order, as_json=as_json)
    if any(outcome.error is not None for outcome in outcomes):
        raise typer.Exit(ExitCode.NEGATIVE)


def _all(
    address: Address, paths: Mapping[str, str], order: Order, headers: Mapping[str, str]
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    gone: UnreachableError | None = None
    for ref, path in paths.items():
        if gone is not None:
            outcomes.append(Outcome(ref, error=UnreachableError("not tried")))
            continue
        try:
            outcomes.append(_one(address, ref, path, order, headers))
        except RefusedError as error:
            outcomes.append(Outcome(ref, error=error))
        except UnreachableError as error:
            gone = error
            outcomes.append(Outcome(ref, error=error))
    return outcomes


def _one(
    address: Address, ref: str, path: str, order: Order, headers: Mapping[str, str]
) -> Outcome:
    before = _present(address, path)
    said = post(address, path + "/actions", order.body, headers)
    outcome = Outcome(ref, before, whole(address, said, "number", "status"))
    if outcome.is_old or order.warned is None or outcome.after is None:
        return outcome
    warning = order.warned(address, outcome.after)
    return Outcome(ref, before, outcome.after, warning=warning)


def _present(address: Address, path: str) -> Ticket | None:
    try:
        return whole(address, get(address, path), "number")
    except RefusedError:
        return None  # the action is refused in better words


def _as_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "items": [outcome.after for outcome in outcomes if outcome.after is not None],
        "failed": [
            {
                "ref": outcome.ref,
                "status": getattr(outcome.error, "status", None),
                "detail": str(outcome.error),
            }
            for outcome in outcomes
            if outcome.error is not None
        ],
    }


def _tell(outcome: Outcome, order: Order, *, as_json: bool) -> None:
    if outcome.error is not None:
        sys.stdout.flush()  # so that the lines stand in the order of the tickets
        say(f"{named_ref(outcome.ref)}: {outcome.error}")
        return
    if outcome.after is None:
        return
    number, told = outcome.after["number"], order.told(outcome.after)
    if not as_json:
        old = f"already {told}, nothing changed"
        print_line(f"#{number} {old if outcome.is_old else told}")
    if outcome.warning is not None:
        say(outcome.warning)
