"""
Words for a message on its way: its notice, and the links that go with it.

Only for receivers that are told in words; what a digest says was written with it. What the
words are is `notices`'s, what a link does `signed_links`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from fettled.app.notices import Notices
from fettled.core.deliveries import receiver_label
from fettled.core.errors import StoreDownError
from fettled.core.event_words import event_notice
from fettled.core.routing import Receiver
from fettled.core.subject_events import PHASE_CHANGED
from fettled.core.tickets import OVER_STATUSES, Ticket
from fettled.core.told_ticket import told_ticket
from fettled.ports.notify import Telling


class MakesLinks(Protocol):
    """See `fettled.app.signed_links.SignedLinks.make_links`."""

    async def make_links(
        self, ticket: Ticket, *, receiver: str, person: str | None = None
    ) -> Mapping[str, str]:
        """Make the links of a notification about *ticket*, by action."""
        ...


@dataclass(frozen=True, slots=True)
class Wording:
    """Puts messages into words."""

    notices: Notices
    links: MakesLinks

    async def word(self, receiver: Receiver, telling: Telling) -> Telling:
        """Give *telling* in words, if *receiver* is told in words and it has none yet."""
        if not receiver.in_words or telling.notice is not None:
            return telling
        if telling.newest.event == PHASE_CHANGED:
            return replace(telling, notice=event_notice(telling.newest))
        notice = await self.notices.of(
            telling.deliveries,
            is_late=telling.is_late,
            receiver=receiver,
            earlier=telling.earlier,
        )
        if receiver.links and not _is_over(telling):
            details = (*notice.details, *await self._links(receiver, telling))
            notice = replace(notice, details=details)
        return replace(telling, notice=notice)

    async def _links(self, receiver: Receiver, telling: Telling) -> list[tuple[str, str]]:
        try:
            made = await self.links.make_links(
                told_ticket(telling.newest),
                receiver=receiver_label(receiver.name),
                person=receiver.user,
            )
        except StoreDownError:
            return []  # there is no key yet to sign them with
        # In a room nobody takes it: whoever presses starts it, and it is given to nobody.
        words = _WORDS if receiver.user is not None else _WORDS | {"take": "Start"}
        return [(words[action], url) for action, url in made.items()]


#: What a link is called, by what it does.
_WORDS = {"take": "Take", "snooze": "Snooze"}


def _is_over(telling: Telling) -> bool:
    ticket = telling.newest.payload.get("ticket") or {}
    return ticket.get("status") in OVER_STATUSES
