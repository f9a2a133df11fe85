"""What was seen of a check, stretch by stretch: from the store, and what it does not have yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fettled.app.memory import Memory
from fettled.core.errors import NotFoundError
from fettled.core.spans import Span
from fettled.ports import Clock, DeskStore


@dataclass(frozen=True, slots=True)
class Histories:
    """Answers for the checks that are watched."""

    store: DeskStore
    clock: Clock
    memory: Memory

    async def of(
        self,
        subject: str,
        check: str | None,
        back: timedelta,
        after: tuple[int, int] | None,
        limit: int,
    ) -> list[Span]:
        """
        Give the stretches of the last *back* whose order is above *after*, the oldest first.

        Args:
            subject: whose.
            check: its name; None: the primary one.
            back: how far back.
            after: where the page before ended.
            limit: how many at most.

        Raises:
            NotFoundError: nothing of that name is watched.
        """
        named = (w for w in self.memory.of_subject(subject) if check in {None, w.spec.name})
        watch = next(named, None)
        if watch is None:
            msg = f"{subject} has no check {check!r}" if check else f"{subject} has no check"
            raise NotFoundError(msg)
        key, since, unsaved = watch.spec.key, self.clock.wall() - back, watch.unsaved()
        stored = await self.store.read(
            lambda reader: reader.history(key, since=since, after=after, limit=limit)
        )
        found = {span.order: span for span in stored}
        for span in unsaved:
            if span.last >= since and (after is None or span.order > after):
                found[span.order] = span
        return [found[order] for order in sorted(found)][:limit]
