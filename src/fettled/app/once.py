"""
Requests that take effect once, however often they are sent: `Idempotency-Key`.

The key is recorded in the transaction of the first thing that the request writes, so a
kill at any instant leaves either both or neither. Around which unit, the caller's context
says: whatever use case a request calls, and however deep, its units are found by it. The
answer is kept by a transaction of its own afterwards; a crash between the two leaves a
request that is known to have taken effect, and (where it made or changed one) its ticket.

Only what took effect is remembered: a refusal is judged anew when it is sent again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from fettled.core.errors import ConflictError, StoreDownError
from fettled.core.tickets import Ticket
from fettled.ports import Clock, DeskStore, DeskUnit, KeptAnswer

T = TypeVar("T")

#: How long a key is remembered.
KEPT = timedelta(hours=24)
#: Of one caller in that time; 5,000 answers of a usual size are 10 MB.
MOST = 5_000
_AT_ONCE = 500


@dataclass(slots=True)
class Claim:
    """
    One attempt of a request, while it is in work.

    Attributes:
        is_open: units of its context are its own; over when the request was answered, since
            timers and tasks that it started live on in its context.
    """

    caller: str
    key: str
    fingerprint: str
    nonce: str
    at: datetime
    is_open: bool = True


_CLAIM: ContextVar[Claim | None] = ContextVar("claim", default=None)


class Once:
    """Who is at what, and what was answered before."""

    def __init__(self, store: DeskStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._busy: set[tuple[str, str]] = set()

    async def find(self, caller: str, key: str) -> KeptAnswer | None:
        """What was kept of it in the last 24 hours; StoreDownError if that cannot be told."""
        kept = await self._store.read(lambda reader: reader.kept_answer(caller, key))
        return kept if kept is not None and not _is_over(kept, self._clock.wall()) else None

    async def is_full(self, caller: str) -> bool:
        """Whether *caller* has as many keys as one may have."""
        return await self._store.read(lambda r: r.kept_answers(caller, limit=MOST)) >= MOST

    @contextmanager
    def claim(self, caller: str, key: str, fingerprint: str) -> Iterator[Claim]:
        """
        Have the first unit that is written in this context record that it took effect.

        Whoever is cancelled leaves the claim open: what was begun goes on to its end
        without its caller, and its units must not be without their key.

        Raises:
            ConflictError: the same key is in work.
        """
        place = (caller, key)
        if place in self._busy:
            raise _in_use()
        claim = Claim(caller, key, fingerprint, secrets.token_hex(8), self._clock.wall())
        self._busy.add(place)
        before = _CLAIM.set(claim)
        try:
            yield claim
        except Exception:  # not BaseException: see above of who is cancelled
            claim.is_open = False
            raise
        else:
            claim.is_open = False
        finally:
            _CLAIM.reset(before)
            self._busy.discard(place)

    async def keep(
        self, claim: Claim, status: int, headers: dict[str, str], body: str | None
    ) -> None:
        """Keep the answer for whoever sends it again; the answer of *claim* is given either way."""
        try:
            await self._store.write(partial(_answered, claim, status, headers, body))
        except StoreDownError:
            return  # that it took effect is recorded

    async def forget(self) -> None:
        """Forget what is older than 24 hours."""
        before = self._clock.wall() - KEPT
        while True:
            gone = await self._store.write(lambda u: u.forget_answers(before, limit=_AT_ONCE))
            if gone < _AT_ONCE:
                return


def around(unit: Callable[[DeskUnit], T]) -> Callable[[DeskUnit], T]:
    """Give *unit*, with the key of the request that it belongs to, if it belongs to one."""
    claim = _CLAIM.get()
    return unit if claim is None or not claim.is_open else partial(_with_key, claim, unit)


def _with_key(claim: Claim, unit: Callable[[DeskUnit], T], uow: DeskUnit) -> T:
    kept = _mine(uow, claim)
    value = unit(uow)
    ticket = _ticket_of(value)
    if kept is None:
        uow.put_answer(replace(_record(claim), ticket=ticket))
    elif ticket is not None and kept.ticket is None:
        uow.put_answer(replace(kept, ticket=ticket))
    return value


def _answered(
    claim: Claim, status: int, headers: dict[str, str], body: str | None, uow: DeskUnit
) -> None:
    kept = _mine(uow, claim) or _record(claim)
    uow.put_answer(replace(kept, status=status, headers=headers, body=body))


def _mine(uow: DeskUnit, claim: Claim) -> KeptAnswer | None:
    """What this attempt has recorded; ConflictError where another one was quicker."""
    kept = uow.kept_answer(claim.caller, claim.key)
    if kept is None or _is_over(kept, claim.at):
        return None
    if kept.nonce != claim.nonce:
        raise _in_use()
    return kept


def _record(claim: Claim) -> KeptAnswer:
    return KeptAnswer(claim.caller, claim.key, claim.fingerprint, claim.nonce, claim.at)


def _ticket_of(value: object) -> int | None:
    """Which ticket a unit made or changed, by what it answers."""
    match value:
        case Ticket(number=number) | object(ticket=Ticket(number=number)):
            return number
        case _:
            return None


def _is_over(kept: KeptAnswer, now: datetime) -> bool:
    return kept.created_at <= now - KEPT


def _in_use() -> ConflictError:
    msg = "a request with this Idempotency-Key is in work: wait for its answer"
    return ConflictError(msg, "Idempotency-Key")
