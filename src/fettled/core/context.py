"""What surrounds a decision: handed in, so that the decision itself reads nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from fettled.core.alarms import Told
from fettled.core.around import ALONE, Around
from fettled.core.condition import Condition
from fettled.core.phases import Sight
from fettled.core.tickets import Membership, Ticket


@dataclass(frozen=True, slots=True)
class Context:
    """
    What a decision needs besides the condition and the observation.

    Attributes:
        sight: the check's timing and the evidence just before.
        wall: wall time of the evidence, by which the decision is timed.
        now: wall time at which it is taken; later than that for evidence that was held.
        ticket: the condition's open ticket, else its newest, else None.
        subject: the subject's key, for the title of a new ticket.
        membership: its line on the open ticket of many that stands for it, as far as is known.
        duplicate_is_open: see `reopening.Case`.
        around: what stands around the check.
        is_unaware: something behind it has an open ticket that may be its own outage.
        told: of an alarm, what its ticket is to say.
    """

    sight: Sight
    wall: datetime
    now: datetime
    subject: str
    ticket: Ticket | None = None
    membership: Membership | None = None
    duplicate_is_open: bool = False
    labels: dict[str, str] = field(default_factory=dict)
    team: str | None = None
    around: Around = ALONE
    is_unaware: bool = False
    told: Told | None = None

    def to_wall(self, at: datetime | None) -> datetime | None:
        """Tell a time of the observations' clock in wall time."""
        return None if at is None else at + self.sight.offset

    def first_failure(self, condition: Condition) -> datetime:
        """When the present spell began, in wall time."""
        return self.wall if condition.first is None else condition.first
