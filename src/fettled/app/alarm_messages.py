"""
Which signed messages of sources were taken in lately: none has its effect twice.

In memory, and for longer than their signatures are believed; not for ever: after a restart
what was signed within the last minutes could be sent once more, by whoever recorded it.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from enum import Enum

from fettled.core.alarms import Message

#: Of one source; beyond it the oldest is forgotten, since to refuse a new one hides an outage.
MOST = 10_000


class Met(Enum):
    """Whether a message was met before: all of it was taken, or only some of it was."""

    NEVER = "never"
    WHOLE = "whole"
    PARTLY = "partly"


class Messages:
    """Those of one source."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, datetime] = OrderedDict()

    def __len__(self) -> int:
        return len(self._until)

    def met(self, message: Message, now: datetime) -> Met:
        """Say whether *message* was met before."""
        if self._holds(message.id, now):
            return Met.WHOLE
        return Met.PARTLY if self._holds(message.attempt, now) else Met.NEVER

    def _holds(self, name: str, now: datetime) -> bool:
        until = self._until.get(name)
        return until is not None and now <= until

    def note(self, message: Message, now: datetime, *, is_whole: bool) -> None:
        """
        Remember *message*.

        Where some of it was refused a further try is welcome, but not the same one: the
        sender's next has a time of its own.
        """
        name = message.id if is_whole else message.attempt
        # A later try of the same message is believed for longer than the first.
        self._until[name] = max(message.until, self._until.get(name, message.until))
        self._until.move_to_end(name)
        while self._until and (len(self._until) > MOST or next(iter(self._until.values())) < now):
            self._until.popitem(last=False)
