"""What is answered about alarms from outside, as models: for the API's description only."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fettled.core.alarms import Form
from fettled.web.answers import Shape


class AlarmAnswer(Shape):
    """
    What became of one alarm.

    `rule` and `subject` are null where no rule matched; `wanted` is the subject that the rule
    asked for, where there is none of that key; `because` says why it counts for nothing, or not
    yet, and is empty where it does.
    """

    alarm: str
    status: Literal["firing", "resolved"]
    check: str
    rule: str | None
    subject: str | None
    wanted: str | None
    because: str


class AlertsAnswer(Shape):
    """
    What became of a push: how many count, and the first hundred of them.

    `because` says why nothing at all was done, and is empty where it was.
    """

    source: str
    taken: int
    ignored: int
    because: str
    alarms: list[AlarmAnswer]


class SourceAnswer(Shape):
    """A source of alarms, and how many of its alarms are what."""

    name: str
    format: Form
    subject: str
    rules: list[str]
    firing: int
    unsure: int
    resolved: int
    max_alarms: int
    heard_at: datetime | None
