"""What is kept of requests with an `Idempotency-Key`, so that none takes effect twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """
    That a caller's request with a key took effect, and what it was answered.

    Attributes:
        caller, key: whose it is; the key as a digest.
        fingerprint: of the whole request, so that the key is not used for another one.
        nonce: of the one attempt that took effect.
        ticket: what it made or changed, where that was a ticket.
        status: None: it took effect, and its answer was not kept.
        headers, body: of the answer.
    """

    caller: str
    key: str
    fingerprint: str
    nonce: str
    created_at: datetime
    ticket: int | None = None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None


class OnceReader(Protocol):
    """What is kept of such requests."""

    def kept_answer(self, caller: str, key: str) -> KeptAnswer | None: ...
    def kept_answers(self, caller: str, *, limit: int) -> int:
        """How many a caller has; counts up to *limit*."""
        ...


class OnceUnit(OnceReader, Protocol):
    """The same, to be written."""

    def put_answer(self, kept: KeptAnswer) -> None:
        """Insert it, or overwrite the one of that caller and key."""
        ...

    def forget_answers(self, before: datetime, *, limit: int) -> int:
        """Delete at most *limit* that are older; how many were."""
        ...
