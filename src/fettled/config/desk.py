"""The `tickets:` section: what the house wants of people's work on tickets."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from fettled.options import Duration, Options, PositiveDuration

_SHORTEST, _LONGEST = timedelta(days=5), timedelta(days=365)


def _check_retention(kept: timedelta) -> timedelta:
    if not _SHORTEST <= kept <= _LONGEST:
        msg = "must be from 5d to 365d"
        raise ValueError(msg)
    return kept


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
    retention: Annotated[Duration, AfterValidator(_check_retention)] = Field(
        timedelta(days=365),
        description="How long tickets are kept once they are resolved, `5d` to `365d`; never"
        " shorter than until they close. Open ones are always kept.",
    )
