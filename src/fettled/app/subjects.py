"""The present state of every subject, read from memory: it never waits for the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fettled.app.memory import Memory
from fettled.app.views import CheckView, SubjectView
from fettled.app.watch import Watch, shown, worst
from fettled.core.condition import Condition
from fettled.core.observations import Reason
from fettled.core.words import Verdict


class Subjects:
    """Answers what is watched, and how it stands."""

    def __init__(self, memory: Memory, next_at: Callable[[str], datetime | None]) -> None:
        self._memory = memory
        self._next_at = next_at

    def all(self) -> list[SubjectView]:
        """All subjects, by key, also those without a check."""
        return [self.get(key) for key in self._memory.subjects()]

    def get(self, key: str) -> SubjectView:
        """
        One subject.

        Raises:
            NotFoundError: nothing of that key is watched.
        """
        watches = self._memory.of_subject(key)
        subject = self._memory.specs[key]
        belief = worst(watches) or Condition(key)
        opened = [w.ticket.number for w in watches if w.ticket is not None and w.ticket.is_open]
        opened += [w.standing[0] for w in watches if w.standing is not None]
        return SubjectView(
            id=self._memory.subject_ids.get(key, 0),
            key=key,
            name=subject.name,
            type=subject.type,
            phase=belief.phase,
            since=belief.since,
            parent=subject.parent,
            labels=subject.labels,
            team=subject.team,
            checks=tuple(self._check(watch) for watch in shown(watches)),
            ticket=next(iter(opened), None),
            runbook=subject.runbook,
        )

    def key_of(self, ident: int) -> str | None:
        """Find the key of the subject with that number."""
        found = (key for key, number in self._memory.subject_ids.items() if number == ident)
        return next(found, None)

    def _check(self, watch: Watch) -> CheckView:
        condition, seen = watch.condition, watch.seen
        return CheckView(
            name=watch.spec.name,
            type=watch.spec.type,
            phase=condition.phase,
            verdict=seen.verdict if seen is not None else Verdict.UNKNOWN,
            reason=seen.reason if seen is not None else Reason.NO_EVIDENCE,
            message=seen.message if seen is not None else "",
            last_at=_last_at(watch),
            next_at=self._next_at(watch.spec.key),
            gate=condition.gate,
            gate_until=condition.gate_until,
        )


def _last_at(watch: Watch) -> datetime | None:
    """When evidence last came: of a heartbeat that is the beat, not that we looked for one."""
    if watch.spec.heartbeat is not None:
        return watch.beat.last_seen if watch.beat is not None else None
    return watch.seen.started if watch.seen is not None else None
