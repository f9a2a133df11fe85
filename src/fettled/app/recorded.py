"""
What the store remembers of a stretch of time: all that decided, and nothing that followed.

Spans of evidence, what people did, and which checks a start or a reload took away. Read
once, as values, so that it can be lived through several times. Tickets are read only to
learn which check an action was about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from fettled.core.actions import Action, Comment, Reopen, Resolve
from fettled.core.spans import Span
from fettled.core.tickets import Actor
from fettled.core.words import Code
from fettled.ports import Input, QuietSpec, Reader

#: Inputs to read at a time.
_PAGE = 1000
_ADOPTED = frozenset({"start", "reload"})


@dataclass(frozen=True, slots=True)
class Meant:
    """A ticket as a replay can find it: numbers may differ, checks and times do not."""

    check: str
    subject: str | None
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did to which ticket; *other*: the one that it is a duplicate of."""

    at: datetime
    actor: Actor
    action: Action
    ticket: Meant
    other: Meant | None = None


@dataclass(frozen=True, slots=True)
class Adoption:
    """
    Checks that a start or a reload no longer found in the configuration, and new ones.

    Attributes:
        is_start: from it on this process could ask.
    """

    at: datetime
    removed: tuple[str, ...]
    added: tuple[str, ...]
    is_start: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """A stretch of history: the spans of each check, and what came from elsewhere, in order."""

    spans: dict[str, list[Span]] = field(default_factory=dict)
    events: tuple[Deed | Adoption, ...] = ()
    #: Silences and windows that people made; those of the configuration are the fleet's.
    silences: tuple[QuietSpec, ...] = ()

    @property
    def began(self) -> datetime | None:
        """When the first observation was made; None where there is none."""
        return min((spans[0].first for spans in self.spans.values() if spans), default=None)

    @property
    def ended(self) -> datetime | None:
        """When the last observation was made."""
        return max((spans[-1].last for spans in self.spans.values() if spans), default=None)

    @property
    def observations(self) -> int:
        """How many there are."""
        return sum(span.count for spans in self.spans.values() for span in spans)

    def share(self, at: datetime) -> float:
        """How much of it lies before *at*, from 0 to 1."""
        began, ended = self.began, self.ended
        if began is None or ended is None or ended <= began:
            return 1.0
        return min(max((at - began) / (ended - began), 0.0), 1.0)


def read_recorded(
    reader: Reader,
    checks: Iterable[str],
    since: datetime,
    tell: Callable[[float], None] = lambda _share: None,
) -> Recorded:
    """Read what was recorded of *checks* since then; *tell* hears which share was read."""
    keys = list(checks)
    spans: dict[str, list[Span]] = {}
    for n, key in enumerate(keys):
        found = reader.spans(key, since=since)
        if found:
            spans[key] = found
        tell(n / len(keys))
    inputs = [each for each in _inputs(reader) if each.at >= since]
    events = (event for each in inputs if (event := _event(reader, each)) is not None)
    return Recorded(spans, tuple(events), tuple(map(_as_made, reader.silences())))


def _as_made(spec: QuietSpec) -> QuietSpec:
    """Let a silence hold nobody before it was made."""
    if spec.starts_at is None or spec.created_at is None:
        return spec
    return replace(spec, starts_at=max(spec.starts_at, spec.created_at))


def _inputs(reader: Reader) -> Iterator[Input]:
    after = 0
    while page := reader.inputs(after=after, limit=_PAGE):
        yield from page
        after = page[-1].position


def _event(reader: Reader, given: Input) -> Deed | Adoption | None:
    """Make of *given* what a replay can repeat; None where there is nothing to."""
    if given.kind in _ADOPTED:
        removed, added = (tuple(given.data.get(name, ())) for name in ("removed", "added"))
        is_start = given.kind == "start"
        found = Adoption(given.at, removed, added, is_start=is_start)
        return found if removed or added or is_start else None
    action = _action(given.kind, given.data)
    if action is None:
        return None
    ticket = _meant(reader, given.data["ticket"])
    if ticket is None:
        return None
    other = given.data.get("duplicate_of")
    named = _meant(reader, other) if other is not None else None
    return Deed(given.at, Actor("user", given.actor), action, ticket, named)


def _meant(reader: Reader, number: int) -> Meant | None:
    """Say which ticket that was; None where it is about no check."""
    ticket = reader.ticket(number)
    if ticket is None or ticket.check is None:
        return None
    return Meant(ticket.check, ticket.subject, ticket.created_at)


def _action(kind: str, data: dict[str, Any]) -> Action | None:
    match kind:
        case "ticket.comment":
            return Comment(data["body"], data["visibility"])
        case "ticket.reopen":
            return Reopen()
        case "ticket.resolve":
            until = data.get("until")
            return Resolve(
                code=Code(data["code"]),
                summary=data.get("summary", ""),
                duplicate_of=data.get("duplicate_of"),
                until=datetime.fromisoformat(until) if isinstance(until, str) else until,
            )
        case _:
            return None
