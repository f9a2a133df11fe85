"""A problem: what is wrong at a path of the joined tree, before its place is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fettled.config.faults import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """
    What is wrong.

    Attributes:
        path: in the joined tree.
        message: without the path, and without any value.
        at: whether its key or its value is the place to look at.
        is_missing: the key is not there, so what stands around it is the place.
        first: where the other one stands, of two that must not be alike.
    """

    path: Path
    message: str
    at: Literal["key", "value"] = "value"
    is_missing: bool = False
    first: Path | None = None
