"""The `tickets:` section: what the house wants of people's work on tickets."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from fettled.probes.options import Options, PositiveDuration


class TicketSettings(Options):
    """How tickets are worked on."""

    reopen_to: Literal["open", "in_progress"] | None = Field(
        None,
        description="Status that a person's reopening leads to; default: the one before the"
        " resolution, or open if nobody holds the ticket.",
    )
    close_after: PositiveDuration = Field(
        timedelta(days=7),
        description="When a resolved ticket closes by itself; never before the longest finite"
        " `reopen_window` has passed.",
    )
    escalate_enterprise: bool = Field(
        default=True,
        description="Whether impact `enterprise` escalates at once, to the parent team.",
    )
