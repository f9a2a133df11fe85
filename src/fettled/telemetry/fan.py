"""One event sink that tells several, so that none of them can keep it from the others."""

from __future__ import annotations

from fettled.core.condition import Condition
from fettled.core.isolation import Link
from fettled.core.observations import Observation
from fettled.core.tickets import Change
from fettled.core.words import Phase
from fettled.ports import EventSink


class Fan:
    """
    Tells each of *sinks* in turn.

    They are ours and do not wait, so they are simply called; what one raises is a bug
    and is told to the others as a fault.
    """

    def __init__(self, *sinks: EventSink) -> None:
        self._sinks = sinks

    def observed(self, seen: Observation, phase: Phase) -> None:
        """An observation was taken in."""
        self._tell("observed", seen, phase)

    def phase_changed(self, before: Condition, after: Condition) -> None:
        """A condition entered another phase."""
        self._tell("phase_changed", before, after)

    def gated(self, condition: Condition) -> None:
        """A gate began to hold."""
        self._tell("gated", condition)

    def changed(self, change: Change) -> None:
        """A ticket changed."""
        self._tell("changed", change)

    def isolation_changed(self, link: Link) -> None:
        """What is believed of a network changed."""
        self._tell("isolation_changed", link)

    def faulted(self, where: str, error: BaseException) -> None:
        """Something of our own went wrong and was survived."""
        for sink in self._sinks:
            sink.faulted(where, error)

    def _tell(self, what: str, *facts: object) -> None:
        for sink in self._sinks:
            try:
                getattr(sink, what)(*facts)
            except Exception as error:  # noqa: BLE001 - a listener's bug must not reach the engine
                for other in self._sinks:
                    if other is not sink:
                        other.faulted("listener", error)
