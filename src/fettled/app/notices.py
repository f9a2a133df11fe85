"""
Gathers what people are told of a ticket: what happened, how it stands, what was before.

One short read of the store for each notification, in a reader's thread, whose statements are
as many for a long history as for a short one. While the store is down, what the outbox kept
and what memory knows is told: a notification that says less is better than none. How it is
worded is `fettled.core.notice`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from fettled.app.matter import is_matter, may_see
from fettled.app.memory import Memory
from fettled.app.notice_words import (
    Ahead,
    Local,
    happened,
    next_step,
    overdue,
    owner,
)
from fettled.core.chain import Chain, Stage
from fettled.core.changes import ChangeMarker, around
from fettled.core.condition import Condition
from fettled.core.deliveries import Delivery
from fettled.core.errors import StoreDownError
from fettled.core.event_words import code_in_words, facts_of
from fettled.core.keys import stands_for_many
from fettled.core.links import LinkType
from fettled.core.notice import RECENT_DAYS, Before, Facts, Notice, notice
from fettled.core.permissions import Permission, permissions_of
from fettled.core.reopened import reopened
from fettled.core.routing import Receiver
from fettled.core.tickets import Ticket
from fettled.core.told_ticket import read_time, told_ticket
from fettled.core.whose import whose
from fettled.core.words import Cause, Source, Verdict
from fettled.ports import Clock, DeskReader, DeskStore, Directory
from fettled.ports.notices import Turn

#: What is looked at of a fault's past: more of it would not be told.
_TICKETS, _TURNS = 60, 200
_CHANGES = 5
_RECENT = timedelta(days=RECENT_DAYS)


@dataclass(frozen=True, slots=True)
class Terms:
    """
    What a house says of its notifications.

    Attributes:
        url_of: the API's address of the ticket of a number; empty where nobody said how we are
            reached.
        written: writes a time for people, in their zone, given what time it is.
        chain: by which tickets that nobody starts go up.
    """

    url_of: Callable[[int], str]
    written: Callable[[datetime, datetime], str]
    chain: Chain = field(default_factory=Chain)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store knows beyond the events."""

    ticket: Ticket | None
    condition: Condition | None
    turns: Sequence[Turn]
    changes: Sequence[ChangeMarker]
    stage: Stage | None


_NOTHING = _Known(None, None, (), (), None)


class Notices:
    """
    Words for those who are told.

    Args:
        people: who there is.
        terms: asked for each notification, as a reload may change them.
    """

    def __init__(
        self,
        store: DeskStore,
        clock: Clock,
        memory: Memory,
        people: Directory,
        terms: Callable[[], Terms],
    ) -> None:
        self._store = store
        self._clock = clock
        self._memory = memory
        self._people = people
        self._terms = terms

    async def of(
        self,
        deliveries: tuple[Delivery, ...],
        *,
        is_late: bool,
        receiver: Receiver,
        earlier: int | None = None,
    ) -> Notice:
        """
        Word *deliveries*, of one ticket and in order, for *receiver*.

        *earlier* is how many there are beside the newest, where not all of them are given.

        Of several, or of late ones, the ticket is told as it is now, with the newest event;
        one that is not the receiver's matter any more, as it was at that event.
        """
        newest = deliveries[-1]
        told = told_ticket(newest)
        above = tuple(self._memory.topology.lineage(told.subject or ""))
        now, terms = self._clock.wall(), self._terms()
        try:
            known = await self._store.read(partial(_read, told=told, above=above, now=now))
        except StoreDownError:
            known = _NOTHING
        known = self._fit(known, deliveries, told, receiver)
        local = partial(_written, terms, now)
        # Somebody who reads of it late must not be told how it was once.
        more = len(deliveries) - 1 if earlier is None else earlier
        is_stale = is_late or more > 0
        shown = (known.ticket or told) if is_stale else told
        ahead = Ahead(known.ticket or told, terms.chain, known.stage, self._people, now)
        facts = self._facts(newest, shown, known, ahead, receiver.user, local)
        turns = [(turn.event, turn.at) for turn in known.turns if turn.ticket == told.number]
        facts = replace(
            facts,
            is_late=is_late,
            more=more,
            reopened=reopened(deliveries, turns) if more else None,
            url=terms.url_of(told.number),
        )
        return notice(facts, local)

    def _fit(
        self, known: _Known, deliveries: tuple[Delivery, ...], told: Ticket, receiver: Receiver
    ) -> _Known:
        """Leave of what is known what *receiver* may be told."""
        people = self._people
        seen = {turn.ticket: turn.whose for turn in known.turns if turn.ticket != told.number}
        others = {number for number, of in seen.items() if may_see(people, receiver, of)}
        now = known.ticket
        if now is None or is_matter(people, receiver, whose(now), whose(told).mark):
            own = {told.number}
            return replace(known, turns=[t for t in known.turns if t.ticket in own | others])
        first, last = deliveries[0].at, deliveries[-1].at
        turns = [
            turn
            for turn in known.turns
            if turn.ticket in others or (turn.ticket == told.number and first <= turn.at <= last)
        ]
        return replace(_NOTHING, turns=turns)

    def _facts(  # noqa: PLR0917 -- what is told, and what it is told by
        self,
        newest: Delivery,
        shown: Ticket,
        known: _Known,
        ahead: Ahead,
        person: str | None,
        local: Local,
    ) -> Facts:
        now, since = ahead.now, _since(newest, shown, known)
        spec = self._memory.specs.get(shown.subject or "")
        bare = facts_of(newest, shown, now, sees_all=self._sees_all(person))
        return replace(
            bare,
            reference=ahead.ticket.reference,
            happened=happened(newest, local),
            since=since,
            last_good=known.condition.up_until if known.condition is not None else None,
            reason=bare.reason or _reason(known.condition),
            times=_times(known.turns, now),
            before=_before(known.turns, since, shown),
            runbook=spec.runbook if spec is not None else "",
            changes=tuple(f"{each.title}, {local(each.at)}" for each in known.changes),
            owner=owner(ahead.ticket, self._people, now, person),
            overdue=overdue(ahead.ticket, now, local),
            next_step=next_step(ahead, newest, local),
        )

    def _sees_all(self, person: str | None) -> bool:
        """Whether who is told may read internal comments; a room may."""
        if person is None:
            return True
        known = self._people.user(person)
        roles = known.roles if known is not None else frozenset()
        return Permission.TICKET_COMMENT_INTERNAL in permissions_of(roles)


def _written(terms: Terms, now: datetime, at: datetime) -> str:
    return terms.written(at, now)


def _read(reader: DeskReader, *, told: Ticket, above: tuple[str, ...], now: datetime) -> _Known:
    """Ask all there is to ask, in one look at the store."""
    ticket = reader.ticket(told.number)
    about = ticket or told
    check, turns = about.check, list[Turn]()
    if check is not None:
        turns = reader.turns(check, tickets=_TICKETS, limit=_TURNS)
    elif about.subject is not None:
        turns = reader.turns_alike(about.subject, about.kind, tickets=_TICKETS, limit=_TURNS)
    is_own = check is not None and not stands_for_many(check)
    links = reader.links_of([about.number]).get(about.number, ())
    linked = [each.name for each in links if each.type is LinkType.APPLICATION]
    begun = next((turn.at for turn in turns if turn.event != "resolved"), about.occurred_at)
    changes = reader.changes_around(
        around(replace(about, occurred_at=begun), above, linked, now), limit=_CHANGES
    )
    return _Known(
        ticket=ticket,
        condition=reader.condition(check) if check is not None and is_own else None,
        turns=turns,
        changes=changes,
        stage=reader.escalation(about.number) if about.is_open else None,
    )


def _since(newest: Delivery, shown: Ticket, known: _Known) -> datetime | None:
    """Say when this spell began: a ticket that was reopened began long before it."""
    data = newest.payload.get("data")
    first = read_time(data.get("first_failure")) if isinstance(data, dict) else None
    if first is not None:
        return first
    begins = [t for t in known.turns if t.ticket == shown.number and t.event != "resolved"]
    if begins and shown.reopen_count:
        return read_time(begins[0].data.get("first_failure")) or begins[0].at
    if shown.occurred_at is None and shown.source is not Source.HEALTH_MONITOR:
        return shown.created_at
    return shown.occurred_at


def _reason(condition: Condition | None) -> str:
    """Say what is wrong with it now, in the probe's own words."""
    if condition is None or condition.verdict not in {Verdict.DOWN, Verdict.DEGRADED}:
        return ""
    return condition.message or condition.reason.replace("_", " ")


def _times(turns: Sequence[Turn], now: datetime) -> int:
    """Count how often the fault came lately; that it was not gone after all is no new one."""
    return sum(turn.at > now - _RECENT and _is_onset(turn) for turn in turns)


def _is_onset(turn: Turn) -> bool:
    return turn.event == "opened" or (
        turn.event == "reopened" and turn.data.get("cause") == Cause.RELAPSE
    )


def _before(turns: Sequence[Turn], since: datetime | None, shown: Ticket) -> Before | None:
    """Find how it ended the last time, before the present spell began."""
    present = shown.resolution.at if shown.resolution is not None else None
    for turn in turns:
        is_this = turn.ticket == shown.number and turn.at == present
        if turn.event == "resolved" and not is_this and (since is None or turn.at <= since):
            code = code_in_words(str(turn.data.get("code") or ""))
            return Before(turn.ticket, turn.at, code, str(turn.data.get("summary") or ""))
    return None
