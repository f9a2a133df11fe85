"""
What people did to tickets, as the log of inputs tells it, so that it can be done again.

The log is read into values here, and nothing is decided: on which ticket of a replay a
deed is done, `replay` finds; what comes of it, the use cases say, as they did then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

from fettled.app.acting import perform
from fettled.app.anybody import Anybody
from fettled.app.callers import Caller, find
from fettled.app.desk import Desk
from fettled.app.filing import edit_ticket, file_ticket
from fettled.app.ledger import Ledger
from fettled.core import lifecycle
from fettled.core.actions import WORDS, Action
from fettled.core.audit import type_of
from fettled.core.copies import replace
from fettled.core.events import EVENTS
from fettled.core.filing import NewTicket
from fettled.core.tickets import Actor, Change
from fettled.core.words import Code, Impact, Level, Priority, Source, Status, Urgency
from fettled.ports import Input, Team


@dataclass(frozen=True, slots=True)
class Filed:
    """Somebody filed a ticket; *team* has it where it names none."""

    new: NewTicket
    team: str | None


@dataclass(frozen=True, slots=True)
class Edited:
    """Somebody changed fields."""

    wanted: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Noted:
    """Somebody attached or linked something, or took it off: *event* says which."""

    event: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """Somebody took the ticket away for good."""


@dataclass(frozen=True, slots=True)
class Meant:
    """
    A ticket as a replay can find it.

    Those of checks may have other numbers there: checks and times are the same. People's
    go by the number that was recorded, under which they were filed.
    """

    check: str | None
    subject: str | None
    opened_at: datetime
    number: int = 0


@dataclass(frozen=True, slots=True)
class Deed:
    """
    What somebody did to which ticket.

    Attributes:
        other: the one that it is a duplicate of.
        above: the team that it was escalated to from the one below.
        reopen_to: the status that reopening led to, where the configuration said.
    """

    at: datetime
    actor: Actor
    action: Action | Filed | Edited | Noted | Deleted
    ticket: Meant
    other: Meant | None = None
    above: str | None = None
    reopen_to: Status | None = None


class _Above(Anybody):
    """A directory in which one team is above every other, if any is."""

    def __init__(self, above: str | None) -> None:
        self._above = above

    def team(self, name: str) -> Team | None:
        """Give the team with the one above it."""
        return Team(name, self._above)


def read_deed(given: Input, meant: Callable[[int], Meant | None]) -> Deed | None:
    """Make of *given* what can be done again; None where there is nothing to."""
    action = _action(given.kind, given.data)
    ticket = meant(given.data["ticket"]) if action is not None else None
    if action is None or ticket is None:
        return None
    other, reopen_to = given.data.get("duplicate_of"), given.data.get("reopen_to")
    return Deed(
        given.at,
        _actor(given),
        action,
        ticket,
        other=meant(other) if other is not None else None,
        above=given.data.get("escalated_to"),
        reopen_to=None if reopen_to is None else Status(reopen_to),
    )


def _actor(given: Input) -> Actor:
    kind = given.actor_type or type_of(given.actor)
    return Actor(kind, given.actor if given.actor != kind else None)


#: An action, or what is filed.
M = TypeVar("M", bound="Action | NewTicket")
_ACTIONS = {word: action for action, word in WORDS.items()}


def _action(kind: str, data: dict[str, Any]) -> Action | Filed | Edited | Noted | Deleted | None:
    about, _, word = kind.partition(".")
    if about != "ticket":
        return None
    match word:
        case "create":
            return Filed(_made(NewTicket, data), data.get("default_team"))
        case "edit":
            wanted = {name: value for name, value in data.items() if name not in _LOGGED}
            return Edited({name: _read(name, value) for name, value in wanted.items()})
        case "delete":
            return Deleted()
        case _ if word in _ACTIONS:
            made: Action = _made(_ACTIONS[word], data)
            return made
        case _:
            return Noted(word) if word in EVENTS else None


#: What the log adds to an edit: no fields of the ticket.
_LOGGED = frozenset({"ticket", "escalated_to"})


def _made(kind: type[M], data: dict[str, Any]) -> M:
    known = (each.name for each in fields(kind) if each.name in data)
    return kind(**{name: _read(name, data[name]) for name in known})


#: How what JSON holds of a field becomes what it was.
_READERS: dict[str, Callable[[Any], Any]] = {
    "code": Code,
    "source": Source,
    "priority": Priority,
    "level": Level,
    "impact": Impact,
    "urgency": Urgency,
    "shift_of": tuple,
    "until": lambda at: datetime.fromisoformat(at) if isinstance(at, str) else at,
    "occurred_at": lambda at: datetime.fromisoformat(at) if isinstance(at, str) else at,
}


def _read(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    read = _READERS.get(name)
    return value if read is None or value is None else read(value)


def redo(ledger: Ledger, deed: Deed, number: int) -> Change | None:
    """
    Do *deed* once more, to the ticket of that number; None where it has nothing to do.

    Raises:
        FettledError: the ticket stands otherwise than it did then.
    """
    desk = Desk(
        _Above(deed.above),
        reopen_to=deed.reopen_to,
        escalates_enterprise=deed.above is not None,
    )
    given: dict[str, Any] = {"caller": Caller(deed.actor), "desk": desk, "wall": lambda: deed.at}
    ref = str(number)
    match deed.action:
        case Filed(new, team):
            return file_ticket(ledger, new=new, default_team=team, **given).change
        case Edited(wanted):
            return edit_ticket(ledger, ref=ref, wanted=wanted, **given).change
        case Noted(event):
            touched = replace(find(ledger, ref), touched=True)
            return ledger.apply(lifecycle.note(touched, event, deed.at, deed.actor))
        case Deleted():
            ledger.delete_ticket(number)
            return None
        case action:
            return perform(ledger, ref=ref, action=action, **given).change
