"""
To whom an event is due: the filter of a receiver, as a table of questions.

Pure values; who a receiver is and how it is reached are the notifiers' to know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

from fettled.core import self_test
from fettled.core.tickets import Ticket
from fettled.core.words import Priority, Source

SELF_TEST = f"ticket.{self_test.EVENT}"


@dataclass(frozen=True, slots=True)
class Filter:
    """
    Which events a receiver wants; what is empty asks nothing.

    Attributes:
        events, kinds: patterns with `*` and `?`.
        labels: patterns too, by label; each must fit.
        sla: states of which one of the ticket's clocks must have one.
    """

    events: tuple[str, ...] = ("ticket.*",)
    kinds: tuple[str, ...] = ()
    priorities: frozenset[Priority] = frozenset()
    sources: frozenset[Source] = frozenset()
    teams: frozenset[str] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)
    sla: frozenset[str] = frozenset()

    def wants(self, event: str, ticket: Ticket) -> bool:
        """Whether *event* of *ticket*, as it is after it, is wanted."""
        return (
            _fits(event, self.events)
            and (not self.kinds or _fits(ticket.kind, self.kinds))
            and (not self.priorities or ticket.priority in self.priorities)
            and (not self.sources or ticket.source in self.sources)
            and (not self.teams or ticket.team in self.teams)
            and all(
                fnmatchcase(_text(ticket.labels.get(name)), pattern)
                for name, pattern in self.labels.items()
            )
            and (not self.sla or bool(self.sla & _states(ticket)))
        )


@dataclass(frozen=True, slots=True)
class Receiver:
    """
    Somebody who is told, and how much at a time.

    Attributes:
        for_people: a backlog is collapsed to the present state of each ticket.
        at_once: how many tries may be on their way.
        self_test: it is told of the daily self-test, whatever its filter says.
        fallback: the receiver that is told what this one does not take; None: nobody.
    """

    name: str
    filter: Filter = Filter()
    for_people: bool = False
    at_once: int = 4
    timeout: timedelta = timedelta(seconds=20)
    fallback: str | None = None
    self_test: bool = False

    def wants(self, event: str, ticket: Ticket) -> bool:
        """Whether it is to be told of *event* of *ticket*, as it is after it."""
        if event == SELF_TEST:
            return self.self_test
        return self.filter.wants(event, ticket)


def _fits(value: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in patterns)


def _text(label: Any) -> str:  # noqa: ANN401 -- labels are what YAML makes of them
    return "" if label is None else str(label)


def _states(ticket: Ticket) -> frozenset[str | None]:
    clocks = ticket.sla
    return frozenset({clocks.response.state, clocks.resolution.state})
