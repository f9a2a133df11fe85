"""
Receivers at hand: what each is owed, whether it can be reached, and what it never got.

What is due is told by `fettled.app.deliver`; here people look at that, and set right what
went wrong. No answer has a URL, a secret or a header in it: nothing here knows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import partial
from time import perf_counter

from fettled.app.deliver import Deliverer
from fettled.app.sample import sample
from fettled.core.deliveries import Tried
from fettled.core.errors import ConflictError, InvalidError, NotFoundError
from fettled.core.holds import HeldBy
from fettled.core.pacing import Due
from fettled.core.routing import Receiver
from fettled.core.tickets import Actor
from fettled.ports import (
    Backlog,
    Clock,
    DeskReader,
    DeskStore,
    DeskUnit,
    Disabled,
    Letter,
    Settled,
    TicketAction,
)
from fettled.ports.deliveries import Waiting

#: A sample's deadline, however long a receiver's own is: somebody waits for the answer.
LONGEST_TEST = timedelta(seconds=60)
#: What is owed to a receiver that is not configured any more is given up after so long. It
#: is longer than all tries take, so that a slip in the file costs nothing that was not lost.
ORPHANED = timedelta(days=4)
#: How long a dead letter can be sent again.
KEPT = timedelta(days=30)
#: Deliveries that one unit changes, so that nobody waits for the writer.
_UNIT = 200

# Named here, since the method `list` hides the type below itself.
Views = list["ReceiverView"]
Letters = list[Letter]
Waits = list[Waiting]


@dataclass(frozen=True, slots=True)
class ReceiverView:
    """
    A receiver as people see it.

    Attributes:
        backlog: what it is still to be told; None: nothing.
        dead_letters: how many can be sent again.
        last: what came of its last try; None: there was none.
        next_at: when something is tried next; None: nothing is, or all of it is being tried.
        held_by: why that is not tried before; None: nothing but the time holds it.
        is_late: something should have been told more than a minute ago.
    """

    receiver: Receiver
    disabled: Disabled | None
    backlog: Backlog | None
    dead_letters: int
    last: Settled | None
    next_at: datetime | None = None
    held_by: HeldBy | None = None
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Tested:
    """What came back when a receiver was sent a sample of that id."""

    receiver: str
    id: str
    tried: Tried
    seconds: float


class Receivers:
    """The desk at which receivers are looked at."""

    def __init__(self, store: DeskStore, clock: Clock, deliverer: Deliverer) -> None:
        self._store = store
        self._clock = clock
        self._deliverer = deliverer
        self._testing: set[str] = set()

    async def get(self, name: str) -> ReceiverView:
        """Show one; NotFoundError for what is not configured."""
        receiver = self._known(name)
        return (await self._views([receiver]))[0]

    async def test(self, name: str, by: Actor) -> Tested:
        """
        Send a sample, and say what came back; neither tickets nor what is owed are touched.

        Raises:
            NotFoundError: it is not configured.
            ConflictError: it is being tried already.
        """
        self._known(name)
        if name in self._testing:
            msg = f"{name} is being sent a sample already: wait for what comes of that"
            raise ConflictError(msg)
        self._testing.add(name)
        try:
            at = self._clock.wall()
            told = {"receiver": name}
            await self._store.write(lambda unit: unit.log_input("receiver.test", at, by, told))
            telling = sample(name, at, by)
            began = perf_counter()
            tried = await self._deliverer.knock(name, telling, LONGEST_TEST)
            return Tested(name, telling.newest.id, tried, perf_counter() - began)
        finally:
            self._testing.discard(name)

    async def enable(self, name: str, by: Actor) -> ReceiverView:
        """Tell one again from now on; what it missed stays a dead letter until it is resent."""
        self._known(name)
        at = self._clock.wall()
        if await self._store.write(partial(_enable, name, at, by)):
            await self._deliverer.read_disabled()
        return await self.get(name)

    async def letters(
        self, receiver: str | None, ticket: int | None, before: int | None, limit: int
    ) -> Letters:
        """
        List dead letters, the newest first, with numbers below *before*.

        Raises:
            InvalidError: there is no such receiver, and nothing was ever for one.
        """

        def ask(reader: DeskReader) -> tuple[Letters, set[str]]:
            found = reader.dead_letters(receiver, before=before, limit=limit, ticket=ticket)
            return found, set() if found else set(reader.dead_letter_counts())

        found, others = await self._store.read(ask)
        known = others | self._deliverer.receivers.keys()
        if not found and receiver is not None and receiver not in known:
            raise InvalidError(_nobody(receiver, known), "receiver")
        return found

    async def resend(self, number: int, by: Actor) -> None:
        """
        Try a dead letter again from now on, with all its tries and under its id.

        Raises:
            NotFoundError: there is none of that number, or it is too old.
            ConflictError: its receiver is told nothing.
        """
        letter = await self._store.read(lambda reader: reader.dead_letter(number))
        if letter is None:
            raise NotFoundError(_no_letter(number))
        if letter.receiver not in self._deliverer.receivers:
            msg = f"{letter.receiver} is not configured any more: nothing can be sent to it"
            raise ConflictError(msg)
        at = self._clock.wall()
        if not await self._store.write(partial(_resend_one, letter, at, by)):
            raise NotFoundError(_no_letter(number))
        self._deliverer.wake()

    async def resend_all(self, name: str, by: Actor) -> int:
        """
        Try all dead letters of a receiver again, the oldest first; how many.

        Raises:
            NotFoundError: it is not configured.
            ConflictError: it is told nothing.
        """
        self._known(name)
        numbers: list[int] = []
        before: int | None = None
        while True:
            found = await self.letters(name, None, before, _UNIT)
            numbers += [letter.number for letter in found]
            if len(found) < _UNIT:
                break
            before = numbers[-1]
        at, done = self._clock.wall(), 0
        # In the order in which they happened, so that none overtakes one of its ticket.
        numbers.reverse()
        for start in range(0, len(numbers), _UNIT):
            some = numbers[start : start + _UNIT]
            done += await self._store.write(partial(_resend_some, name, some, at, by))
        self._deliverer.wake()
        return done

    async def forget(self) -> None:
        """Give up what nobody takes any more, and let go of dead letters that are old."""
        now = self._clock.wall()
        keep = tuple(self._deliverer.receivers)
        while await self._store.write(partial(_give_up_old, now, keep)) >= _UNIT:
            pass
        while await self._store.write(partial(_let_go, now)) >= _UNIT:
            pass

    # Last, as it hides the builtin for what follows it in the class.
    async def list(self, after: str, limit: int) -> Views:
        """Those whose names come after *after*, by name."""
        receivers = self._deliverer.receivers
        names = sorted(name for name in receivers if name > after)[:limit]
        return await self._views([receivers[name] for name in names])

    def held(self, action: TicketAction) -> TicketAction:
        """Say of a delivery until when it is held, beyond the time at which it was due."""
        if action.due_at is None or action.calm is None:
            return action
        if action.target not in self._deliverer.receivers:
            return replace(action, due_at=None, held_by=HeldBy.NOT_CONFIGURED)
        due = Due(action.number, action.calm, action.at)
        held = self._deliverer.hold(action.target, due, action.due_at)
        return action if held is None else replace(action, due_at=held.until, held_by=held.by)

    async def _views(self, receivers: Sequence[Receiver]) -> Views:
        tries = {each.name: self._deliverer.last_try(each.name) for each in receivers}
        gathered = {name: self._deliverer.gathered(name) for name in tries}

        def ask(reader: DeskReader) -> tuple[Views, dict[str, Waits]]:
            made = views(reader, receivers, tries)
            owed = [each.receiver.name for each in made if each.backlog is not None]
            return made, {name: reader.waiting(name, gathered[name]) for name in owed}

        made, waiting = await self._store.read(ask)
        # Joined here: lanes are the event loop's.
        return [self._ahead(each, waiting.get(each.receiver.name, [])) for each in made]

    def _ahead(self, view: ReceiverView, waiting: Waits) -> ReceiverView:
        """Say when something of what waits is tried next, and whether any of it is late."""
        name, soonest = view.receiver.name, None
        for each in waiting:
            if each.due_at is None:
                continue
            due = Due(0, each.calm, each.at)
            held = self._deliverer.hold(name, due, each.due_at)
            at = (each.due_at, None) if held is None else (held.until, held.by)
            soonest = at if soonest is None or at[0] < soonest[0] else soonest
        next_at, held_by = soonest or (None, None)
        is_late = any(self._deliverer.is_late(name, Due(0, w.calm, w.at)) for w in waiting)
        return replace(view, next_at=next_at, held_by=held_by, is_late=is_late)

    def _known(self, name: str) -> Receiver:
        receivers = self._deliverer.receivers
        if name not in receivers:
            raise NotFoundError(_nobody(name, receivers))
        return receivers[name]


def views(
    reader: DeskReader, receivers: Sequence[Receiver], tries: Mapping[str, Settled | None]
) -> Views:
    """Join receivers with what the store has of them, and with what this process has seen."""
    disabled = {each.name: each for each in reader.disabled_receivers()}
    backlogs = {each.receiver: each for each in reader.backlogs()}
    letters = reader.dead_letter_counts()
    made: Views = []
    for receiver in receivers:
        name = receiver.name
        ends = [each for each in (tries.get(name), reader.last_settled(name)) if each is not None]
        made.append(
            ReceiverView(
                receiver=receiver,
                disabled=disabled.get(name),
                backlog=backlogs.get(name),
                dead_letters=letters.get(name, 0),
                last=max(ends, key=lambda each: each.at, default=None),
            )
        )
    return made


def _enable(name: str, at: datetime, by: Actor, unit: DeskUnit) -> bool:
    if all(each.name != name for each in unit.disabled_receivers()):
        return False
    unit.enable(name)
    unit.log_input("receiver.enable", at, by, {"receiver": name})
    return True


def _resend_one(letter: Letter, at: datetime, by: Actor, unit: DeskUnit) -> bool:
    _expect_enabled(letter.receiver, unit)
    if not unit.resend(letter.number, at):
        return False
    told = {"ticket": letter.ticket, "receiver": letter.receiver, "dead_letter": letter.number}
    unit.log_input("delivery.resend", at, by, told)
    return True


def _resend_some(name: str, numbers: Sequence[int], at: datetime, by: Actor, unit: DeskUnit) -> int:
    _expect_enabled(name, unit)
    resent = [number for number in numbers if unit.resend(number, at)]
    if resent:
        told = {"receiver": name, "dead_letters": resent}
        unit.log_input("delivery.resend", at, by, told)
    return len(resent)


def _expect_enabled(name: str, unit: DeskUnit) -> None:
    for each in unit.disabled_receivers():
        if each.name == name:
            msg = f"{name} is told nothing since {each.disabled_at:%Y-%m-%d %H:%M} UTC"
            msg += f" ({each.reason}): enable it first"
            raise ConflictError(msg)


def _give_up_old(now: datetime, keep: Sequence[str], unit: DeskUnit) -> int:
    return unit.give_up_old(now - ORPHANED, now, keep=keep, limit=_UNIT)


def _let_go(now: datetime, unit: DeskUnit) -> int:
    return unit.let_go(now - KEPT, limit=_UNIT)


def _nobody(name: str, known: Iterable[str]) -> str:
    known = list(known)
    if lanes := sorted(each for each in known if each.startswith(f"{name}/")):
        return f"{name} is for persons, each with a lane of their own: name one, such as {lanes[0]}"
    close = get_close_matches(name, known, n=1)
    cure = f"did you mean {close[0]}?" if close else "`fettled receivers` names them"
    return f"there is no receiver {name!r}; {cure}"


def _no_letter(number: int) -> str:
    return f"there is no dead letter {number}; it may have been sent again, or be too old"
