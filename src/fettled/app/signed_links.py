"""
Links in notifications by which whoever is told takes a ticket, or quiets it, with one press.

What a link offers is done as its person, by the same use case as over the API, and in the
transaction that notes that it was used: two presses at once are one deed, and a kill in
between leaves neither. Looking at one changes nothing, since mail programs and chats fetch
what they show.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import partial

from fettled.app.acting import Acted, perform
from fettled.app.callers import Caller, find
from fettled.app.committing import write_or_doubt
from fettled.app.concern import principal
from fettled.app.desk import Desk
from fettled.app.matter import is_matter
from fettled.app.tickets import Tickets
from fettled.core.actions import Action, SnoozeFor, Start, Take
from fettled.core.effects import Moment
from fettled.core.errors import ConflictError, FettledError, ForbiddenError, NotFoundError
from fettled.core.moves import act
from fettled.core.permissions import may_act
from fettled.core.routing import Receiver
from fettled.core.signed_links import ACTIONS, Offer, read_link, write_link
from fettled.core.tickets import Actor, Ticket
from fettled.core.whose import whose
from fettled.core.words import Phase, Status
from fettled.ports import Clock, DeskReader, DeskStore, DeskUnit, Reader

VALID = timedelta(hours=24)
SNOOZE = timedelta(hours=1)
_KEY = "links"
_AT_ONCE = 500


class Refusal(Enum):
    """Why a link does nothing."""

    FORGED = "forged"
    EXPIRED = "expired"
    USED = "used"
    GONE = "gone"
    FORBIDDEN = "forbidden"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Seen:
    """
    What a link offers, or did.

    Attributes:
        ticket: as it is; None where it is not to be shown.
        refusal, because: why it does nothing, in a sentence.
        is_done: it was done now, or had been by the same person.
    """

    offer: Offer | None = None
    ticket: Ticket | None = None
    refusal: Refusal | None = None
    because: str = ""
    is_done: bool = False


_REFUSED = (NotFoundError, ForbiddenError, ConflictError)


class _UsedError(FettledError):
    """The link did what it was for before."""


class SignedLinks:
    """
    Makes links, tells what they offer, and does it.

    Args:
        desk: the house's rules, for each piece of work.
        base: what addresses begin with; empty: nobody said, and there are no links.
    """

    def __init__(
        self,
        store: DeskStore,
        clock: Clock,
        tickets: Tickets,
        desk: Callable[[], Desk],
        base: Callable[[], str],
    ) -> None:
        self._store = store
        self._clock = clock
        self._tickets = tickets
        self._desk = desk
        self._base = base
        #: The receivers that get links now, by name; the links of others do nothing.
        self.receivers: Mapping[str, Receiver] = {}
        self._key = b""

    async def make_links(
        self, ticket: Ticket, *, receiver: str, person: str | None = None
    ) -> dict[str, str]:
        """
        Make the links of a notification about *ticket*, by action; none without an address.

        Args:
            ticket: as it is told of.
            receiver: who is told.
            person: who that is, where it is one person's own; they will have acted.

        Raises:
            StoreDownError: there is no key yet, and none can be kept.
        """
        base = self._base()
        if not base:
            return {}
        key = await self._have_key()
        expires_at = self._clock.wall() + VALID
        name, is_person = person or receiver, person is not None
        mark = "" if is_person else whose(ticket).mark
        return {
            action: f"{base}/links/"
            + write_link(
                Offer(
                    secrets.token_hex(8), ticket.number, action, name, is_person, expires_at, mark
                ),
                key,
            )
            for action in ACTIONS
        }

    async def look(self, text: str) -> Seen:
        """
        Say what a link offers; changes nothing.

        Raises:
            StoreDownError: that cannot be told now.
        """
        offer = await self._read(text)
        if offer is None:
            return _forged()
        now = self._clock.wall()
        return await self._store.read(partial(self._seen, offer, now))

    async def use(self, text: str) -> Seen:
        """
        Do what a link offers, once.

        Raises:
            StoreDownError: nothing was done.
            StoreUnsureError: it may have been done.
        """
        offer = await self._read(text)
        if offer is None:
            return _forged()
        if offer.expires_at <= self._clock.wall():
            return _expired(offer)
        try:
            acted = await self._tickets.errands.run(self._commit(partial(self._do, offer)))
        except _UsedError:
            return _used(offer)
        except _REFUSED as error:
            return _refused(offer, error)
        return Seen(offer, acted.ticket, is_done=True)

    async def forget(self) -> None:
        """Forget used ones that have expired long ago: a clock that is set back revives none."""
        before = self._clock.wall() - VALID
        while True:
            gone = await self._store.write(lambda unit: unit.forget_links(before, limit=_AT_ONCE))
            if gone < _AT_ONCE:
                return

    async def _have_key(self) -> bytes:
        """Give the key, made when it is first needed; once known it never changes."""
        if not self._key:
            kept = await self._store.read(lambda reader: reader.secret(_KEY))
            if kept is None:
                kept = await self._store.write(partial(_make_key, self._clock.wall()))
            self._key = bytes.fromhex(kept)
        return self._key

    async def _read(self, text: str) -> Offer | None:
        if not self._key and await self._store.read(lambda reader: reader.secret(_KEY)) is None:
            return None  # we have never written one
        return read_link(text, await self._have_key())

    async def _commit(self, unit: Callable[[DeskUnit], Acted]) -> Acted:
        acted = await write_or_doubt(self._store, unit, self._tickets.doubt)
        self._tickets.learn(acted)
        return acted

    def _do(self, offer: Offer, unit: DeskUnit) -> Acted:
        now = self._clock.wall()
        if not unit.use_link(offer.id, now, offer.expires_at):
            raise _UsedError(offer.id)
        caller, action = self._caller(offer), _action(offer, now)
        self._judged(unit, offer, caller, action)
        return perform(
            unit,
            ref=str(offer.ticket),
            action=action,
            caller=caller,
            desk=self._desk(),
            wall=self._clock.wall,
        )

    def _seen(self, offer: Offer, now: datetime, reader: DeskReader) -> Seen:
        """Say what would come of *offer*, by asking what would decide it."""
        if reader.link_used_at(offer.id) is not None:
            return _used(offer)
        if offer.expires_at <= now:
            return _expired(offer)
        try:
            caller, action = self._caller(offer), _action(offer, now)
            ticket = self._judged(reader, offer, caller, action)
            act(ticket, action, Moment(caller.actor, now, Phase.UNKNOWN))
        except _REFUSED as error:
            return _refused(offer, error)
        return Seen(offer, ticket)

    def _caller(self, offer: Offer) -> Caller:
        """Say who acts; what they may is asked now, and not when the link was sent."""
        if not offer.is_person:
            if offer.name not in self.receivers:
                msg = f"the receiver {offer.name} gets no links any more"
                raise ForbiddenError(msg)
            return Caller(Actor("token", offer.name))
        who = principal(self._desk().directory, offer.name)
        if who is None:
            msg = f"{offer.name} is not known here any more"
            raise ForbiddenError(msg)
        return Caller(who.actor, who)

    def _judged(self, reader: Reader, offer: Offer, caller: Caller, action: Action) -> Ticket:
        """Find the ticket, and ask in a link's words whether its person may do that still."""
        ticket = find(reader, str(offer.ticket), caller.who)
        if not offer.is_person and not self._is_matter(offer, ticket):
            # In the words for one that is not there: it is not for this room any more.
            msg = f"there is no ticket {offer.ticket}"
            raise NotFoundError(msg)
        if caller.who is not None and not may_act(caller.who, ticket, action):
            msg = f"{offer.name} may not {offer.action} #{offer.ticket} any more"
            raise ForbiddenError(msg)
        if isinstance(action, Start) and ticket.status is Status.IN_PROGRESS and ticket.assignee:
            msg = f"#{ticket.number} is in progress, and {ticket.assignee} holds it"
            raise ConflictError(msg)
        return ticket

    def _is_matter(self, offer: Offer, ticket: Ticket) -> bool:
        room = self.receivers.get(offer.name)
        people = self._desk().directory
        return room is not None and is_matter(people, room, whose(ticket), offer.mark)


def _action(offer: Offer, now: datetime) -> Action:
    if offer.action != "take":
        return SnoozeFor(until=now + SNOOZE)
    # Who pressed it in a room is not known, and a ticket belongs to persons alone.
    return Take() if offer.is_person else Start()


def _make_key(now: datetime, unit: DeskUnit) -> str:
    unit.put_secret(_KEY, secrets.token_hex(32), now)
    return unit.secret(_KEY) or ""


def _refused(offer: Offer, error: FettledError) -> Seen:
    refusal = Refusal.GONE
    if isinstance(error, ForbiddenError):
        refusal = Refusal.FORBIDDEN
    elif isinstance(error, ConflictError):
        refusal = Refusal.CONFLICT
    return Seen(offer, None, refusal, str(error))


def _forged() -> Seen:
    return Seen(refusal=Refusal.FORGED, because="this is no link of ours, or not the whole of it")


def _expired(offer: Offer) -> Seen:
    return Seen(offer, None, Refusal.EXPIRED, "this link has expired; a newer notification has one")


def _used(offer: Offer) -> Seen:
    because = f"this link was used already, and does nothing more to #{offer.ticket}"
    return Seen(offer, None, Refusal.USED, because)
