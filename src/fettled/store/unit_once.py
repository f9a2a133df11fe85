"""The ports `OnceReader` and `OnceUnit`, over one connection."""

from __future__ import annotations

from datetime import datetime

from fettled.ports.once import KeptAnswer
from fettled.store import sql_once
from fettled.store.link import Link


class OnceReading:
    """What can be asked."""

    _lock: bool
    _link: Link

    def kept_answer(self, caller: str, key: str) -> KeptAnswer | None:
        """Give what is kept of a request."""
        return sql_once.kept_answer(self._link, caller, key, lock=self._lock)

    def kept_answers(self, caller: str, *, limit: int) -> int:
        """How many a caller has, up to *limit*."""
        return sql_once.kept_answers(self._link, caller, limit=limit)


class OnceWriting(OnceReading):
    """What can be written."""

    def put_answer(self, kept: KeptAnswer) -> None:
        """Insert or overwrite what is kept of a request."""
        sql_once.put_answer(self._link, kept)

    def forget_answers(self, before: datetime, *, limit: int) -> int:
        """Delete what is older."""
        return sql_once.forget_answers(self._link, before, limit=limit)
