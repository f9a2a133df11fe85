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

from fettled.app.deeds import Deed, Meant, read_deed
from fettled.app.removals import DELETED
from fettled.core.spans import Span
from fettled.ports import Input, QuietSpec, Reader

#: Inputs to read at a time.
_PAGE = 1000
_ADOPTED = frozenset({"start", "reload"})


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
    known = _Tickets(reader, inputs)
    events = (event for each in inputs if (event := _event(known, each)) is not None)
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


def _event(tickets: _Tickets, given: Input) -> Deed | Adoption | None:
    """Make of *given* what a replay can repeat; None where there is nothing to."""
    if given.kind in _ADOPTED:
        removed, added = (tuple(given.data.get(name, ())) for name in ("removed", "added"))
        is_start = given.kind == "start"
        found = Adoption(given.at, removed, added, is_start=is_start)
        return found if removed or added or is_start else None
    return read_deed(given, tickets.meant)


class _Tickets:
    """Which tickets the log is about: those that are there, and those that were deleted."""

    def __init__(self, reader: Reader, inputs: Iterable[Input]) -> None:
        self._reader = reader
        self._gone: dict[int, Meant] = {}
        self._filed: set[int] = set()
        for each in inputs:
            if each.kind == DELETED and "check" in each.data:
                self._gone[each.data["ticket"]] = _as_deleted(each.data)
            elif each.kind == "ticket.create":
                self._filed.add(each.data["ticket"])

    def meant(self, number: int) -> Meant | None:
        """Say which ticket that was; None where a replay has none such."""
        ticket = self._reader.ticket(number)
        found = self._gone.get(number)
        if ticket is not None:
            found = Meant(ticket.check, ticket.subject, ticket.created_at, number)
        if found is not None and found.check is None and number not in self._filed:
            return None  # somebody filed it before the stretch that is read
        return found


def _as_deleted(data: dict[str, Any]) -> Meant:
    at = data["created_at"]
    opened_at = datetime.fromisoformat(at) if isinstance(at, str) else at
    return Meant(data["check"], data["subject"], opened_at, data["ticket"])
