"""
Heartbeat: a device or job that must report by itself, every `period`.

Options only. It is passive: nothing is looked at, so there is no probe; the engine
judges it by the beats that reach `POST /api/v1/heartbeats/{key}`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from fettled.options import Duration, Options, PositiveDuration


class HeartbeatOptions(Options):
    """What is expected of the reporting device or job."""

    type: Literal["heartbeat"]
    period: PositiveDuration = Field(description="How often it must report.")
    grace: Duration = Field(timedelta(), description="Added once to the misses before it is down.")
    misses: Annotated[int, Field(ge=1, le=1000)] = Field(
        2, description="Periods that may pass without a beat."
    )
    resolve_beats: Annotated[int, Field(ge=1, le=1000)] = Field(
        1, description="Beats in a row that count as recovered."
    )


def host(_options: HeartbeatOptions) -> str:
    """Nothing is contacted, so no cap counts it."""
    return ""
