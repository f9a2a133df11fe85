"""
To whom an event is due: the filter of a receiver, as a table of questions.

Pure values; who a receiver is and how it is reached are the notifiers' to know.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from fettled.core import self_test
from fettled.core.pacing import Pace
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
        return _fits(event, self.events) and self.covers(ticket)

    def wants_of_subject(self, event: str, labels: Mapping[str, Any], team: str | None) -> bool:
        """Whether *event* of a subject, which is no ticket's, is wanted."""
        asks_for_a_ticket = self.kinds or self.priorities or self.sources or self.sla
        return not asks_for_a_ticket and _fits(event, self.events) and self.admits(team, labels)

    def admits(self, team: str | None, labels: Mapping[str, Any]) -> bool:
        """
        Whether it lets through what is of that team and those labels.

        Only these say whose a ticket is: how urgent it is, or of what kind, changes while it is
        the same people's.
        """
        return (not self.teams or team in self.teams) and _labelled(labels, self.labels)

    def covers(self, ticket: Ticket) -> bool:
        """Whether *ticket* is one of those that it lets through, whatever happened to it."""
        return (
            (not self.kinds or _fits(ticket.kind, self.kinds))
            and (not self.priorities or ticket.priority in self.priorities)
            and (not self.sources or ticket.source in self.sources)
            and self.admits(ticket.team, ticket.labels)
            and (not self.sla or bool(self.sla & _states(ticket)))
        )


class Audience(StrEnum):
    """Whom a receiver is for, and so of whose tickets it is told."""

    EVERYONE = "everyone"
    TEAM = "team"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Receiver:
    """
    Somebody who is told, and how much at a time.

    Attributes:
        name: of its lane, too: `sms/ann` where it is one person's.
        type: of the notifier that reaches it.
        audience: of whose tickets it is told.
        user: whose contact it is; None where it is nobody's alone.
        for_people: people read it as it comes: a snooze keeps it quiet.
        in_words: what it is told is worded.
        links: its words have links to take and to quiet a ticket.
        remind: how often it is told again of what nobody has started; None: never.
        at_once: how many tries may be on their way.
        self_test: it is told of the daily self-test, whatever its filter says.
        fallback: the receiver that is told what this one does not take; None: nobody.
        pace: when it is told, and how much at a time.
    """

    name: str
    filter: Filter = Filter()
    audience: Audience = Audience.EVERYONE
    user: str | None = None
    for_people: bool = False
    in_words: bool = False
    links: bool = False
    remind: timedelta | None = None
    at_once: int = 4
    timeout: timedelta = timedelta(seconds=20)
    fallback: str | None = None
    type: str = ""
    self_test: bool = False
    pace: Pace = field(default_factory=Pace)

    def wants(self, event: str, ticket: Ticket) -> bool:
        """Whether it is to be told of *event* of *ticket*, as it is after it."""
        if event == SELF_TEST:
            return self.self_test
        return self.filter.wants(event, ticket)

    @property
    def collapses(self) -> bool:
        """Whether a backlog is told as the present state of each ticket, not event by event."""
        return self.for_people if self.pace.collapse is None else self.pace.collapse


def lane_of(receiver: Receiver, user: str, fallback: str | None = None) -> Receiver:
    """
    Give *receiver* as the one lane in it that is *user*'s.

    Where its fallback, too, is for persons (*fallback*), that tells the same one instead.
    """
    instead = receiver.fallback
    if instead is not None and fallback == Audience.PERSON:
        instead = f"{instead}/{user}"
    return replace(receiver, name=f"{receiver.name}/{user}", user=user, fallback=instead)


def stand_in(name: str, fallbacks: Mapping[str, str | None], off: Container[str]) -> str | None:
    """
    Name who is told what *name* would be: itself, or the first fallback that is not *off*.

    None where nobody is left; a circle of fallbacks ends there, too.
    """
    passed: set[str] = set()
    at: str | None = name
    while at is not None and at in off and at not in passed:
        passed.add(at)
        at = fallbacks.get(at)
    return None if at in passed else at


def _fits(value: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in patterns)


def _labelled(labels: Mapping[str, Any], patterns: Mapping[str, str]) -> bool:
    return all(fnmatchcase(_text(labels.get(name)), p) for name, p in patterns.items())


def _text(label: Any) -> str:  # noqa: ANN401 -- labels are what YAML makes of them
    return "" if label is None else str(label)


def _states(ticket: Ticket) -> frozenset[str | None]:
    clocks = ticket.sla
    return frozenset({clocks.response.state, clocks.resolution.state})
