"""
What the daemon holds in memory of one check: a copy of the store's truth, and what is newer.

Only the event loop touches it. `condition` and `ticket` advance after COMMIT and never
before; `expected` may be ahead, and says what to decide next and when to look again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

from fettled.core.condition import Condition
from fettled.core.flap import Stretch
from fettled.core.observations import Observation
from fettled.core.spans import Span, begin, extend
from fettled.core.tickets import Member, Ticket
from fettled.core.words import Phase
from fettled.ports import CheckSpec, Heartbeat, SubjectSpec

_DUE = frozenset({Phase.FIRING, Phase.FLAPPING})
#: Spans that wait for the store, per check; at a flip a minute this is four hours.
MOST_HELD = 256
#: Alarms of a subject that its page shows.
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Held:
    """
    Observations that wait to be decided, with what surrounded the first of them.

    Attributes:
        offset: wall time less the daemon's clock, when they were made.
        took: how long the newest of them took.
    """

    span: Span
    stretch: Stretch | None
    offset: timedelta
    took: timedelta


@dataclass(slots=True)
class Watch:
    """One check, watched."""

    spec: CheckSpec
    subject: SubjectSpec
    condition: Condition
    ticket: Ticket | None = None
    beat: Heartbeat | None = None
    #: Its line on an open ticket of many, and that ticket's number.
    standing: tuple[int, Member] | None = None
    expected: Condition = field(init=False)
    #: The newest observation, unknown ones included.
    seen: Observation | None = None
    stretch: Stretch | None = None
    span: Span | None = None
    saved: Span | None = None
    finished: list[Span] = field(default_factory=list)
    #: Something else changed its ticket: what is seen next begins a span.
    is_cut: bool = False
    #: Nearly always empty; as a list, since an empty deque takes 700 bytes more.
    held: list[Held] = field(default_factory=list)
    is_deciding: bool = False
    #: The store may have changed without our being told: what is seen next is decided there.
    is_doubted: bool = False
    #: Something behind it has an open ticket of its own: its next look is to take that in.
    is_unaware: bool = False
    #: Removed or renamed: what is still under way for it is dropped.
    is_retired: bool = False

    def __post_init__(self) -> None:
        self.expected = self.condition

    def remember(self, seen: Observation, *, is_edge: bool = False) -> None:
        """
        Add *seen* to the history; an edge begins a span, so that its instant is kept.

        Inside a span only the first and the last instant are, and a replay must find what
        happened when it happened. So does what follows on something that came from outside.
        """
        self.seen = seen
        longer = None
        is_edge, self.is_cut = is_edge or self.is_cut, False
        if self.span is not None and not is_edge:
            longer = extend(self.span, seen, self.spec.timeout)
        if longer is None and self.span is not None and self.span is not self.saved:
            # While the store is down this is bounded by forgetting the oldest history.
            self.finished = [*self.finished, self.span][-MOST_HELD:]
        self.span = longer or begin(seen)

    def unsaved(self) -> list[Span]:
        """The history that the store does not have yet."""
        if self.span is None or self.span is self.saved:
            return list(self.finished)
        return [*self.finished, self.span]

    def mark_saved(self, spans: Iterable[Span]) -> None:
        """Note that *spans* were committed."""
        stored = {span.order: span for span in spans}
        self.finished = [span for span in self.finished if stored.get(span.order) is not span]
        if self.span is not None and stored.get(self.span.order) is self.span:
            self.saved = self.span

    def hold(self, seen: Observation, offset: timedelta) -> None:
        """Keep *seen* until it can be decided; runs of the same are one entry."""
        if self.held:
            newest = self.held[-1]
            longer = extend(newest.span, seen, self.spec.timeout)
            if longer is not None:
                self.held[-1] = Held(longer, newest.stretch, newest.offset, seen.took)
                return
        if len(self.held) >= MOST_HELD:
            del self.held[0]
        self.held.append(Held(begin(seen), self.stretch, offset, seen.took))


def shown(watches: Iterable[Watch]) -> list[Watch]:
    """
    Give those that a page about their subject shows: all checks, and the alarms that fire.

    A source's own subject may have thousands of alarms, nearly all of them over.
    """
    watches = list(watches)
    checks = [watch for watch in watches if watch.spec.alarm is None]
    alarms = (watch for watch in watches if watch.spec.alarm is not None)
    fire = (watch for watch in alarms if watch.condition.phase is not Phase.HEALTHY)
    return [*checks, *islice(fire, MOST_SHOWN)]


def worst(watches: Iterable[Watch]) -> Condition | None:
    """Give the belief that speaks for them: the primary's, which comes first, or the worst."""
    watches = list(watches)
    if watches and watches[0].spec.alarm is None:
        return watches[0].condition
    return min((watch.condition for watch in watches), key=_by_severity, default=None)


_SEVERITY = (Phase.FIRING, Phase.FLAPPING, Phase.PENDING_RESOLVE, Phase.PENDING_OPEN)


def _by_severity(condition: Condition) -> int:
    phase = condition.phase
    return _SEVERITY.index(phase) if phase in _SEVERITY else len(_SEVERITY)


def is_unwell(watch: Watch) -> bool:
    """Whether it is down, and has no ticket of its own nor a line on another's."""
    has_own = watch.ticket is not None and watch.ticket.is_open
    return watch.condition.phase in _DUE and not has_own and watch.standing is None
