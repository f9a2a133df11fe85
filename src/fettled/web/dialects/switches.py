"""Switching a foreign API off: its addresses are then as if they had never been."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from fettled.web.keys import Settings


def only_if(name: Literal["equipment", "team_incidents"]) -> Callable[[Settings], bool]:
    """Tell whether the API of that name is served."""
    return lambda settings: name in settings.dialects
