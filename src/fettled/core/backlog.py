"""
The standing backlog: what was down when publishing was switched on, as one list ticket.

Each of those checks is held by the gate `observe_only` until its next healthy spell. A
person may adopt them instead: they become the checklist of one ticket, which counts them
down as a roll-up does. Which checks are held is gathered by `fettled.app.backlog`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fettled.core import lifecycle
from fettled.core.condition import Condition
from fettled.core.keys import ADOPTED
from fettled.core.lifecycle import then, title_of
from fettled.core.policy import Policy, priority_of
from fettled.core.tickets import Actor, Change, Entry, Member, Ticket
from fettled.core.words import Gate, Kind, Phase, Priority, Source

#: Phases in which a check that is held is down, and not about to be well.
DOWN = frozenset({Phase.FIRING, Phase.FLAPPING})


@dataclass(frozen=True, slots=True)
class Standing:
    """
    A check that may be adopted.

    Attributes:
        team: that its own ticket would go to.
    """

    condition: Condition
    subject: str
    policy: Policy
    team: str | None = None

    @property
    def kind(self) -> str:
        """What its own ticket would be of."""
        if self.condition.phase is Phase.FLAPPING:
            return Kind.UNSTABLE
        return self.condition.kind or Kind.SERVICE_DOWN

    @property
    def priority(self) -> Priority:
        """What its own ticket would have."""
        return priority_of(self.policy, self.kind, self.condition.priority)


def is_standing(condition: Condition, policy: Policy) -> bool:
    """Whether *condition* is down and held by nothing but that it was down before."""
    return condition.phase in DOWN and condition.gate is Gate.OBSERVE_ONLY and policy.publish


def adopt(
    some: Sequence[Standing],
    listed: Ticket | None,
    belief: Condition | None,
    actor: Actor,
    at: datetime,
) -> Change | None:
    """
    Put *some* onto *listed*, the newest list ticket, or onto a new one if it is not open.

    *belief* is the list's own condition. None when there is nothing to put.
    """
    if not some:
        return None
    change = _opened(some, listed, actor, at)
    if listed is not None and listed.is_open:
        change = _joined(some, listed, actor, at)
    return replace(change, beliefs=(_firing(belief, some, at),))


def _firing(belief: Condition | None, some: Sequence[Standing], at: datetime) -> Condition:
    """Believe that the list is down, since its first member was."""
    if belief is not None and belief.phase is Phase.FIRING:
        return belief
    # A list that was over was well until now; one that never was has no such instant.
    healthy_until = at if belief is not None else None
    return Condition(
        ADOPTED, phase=Phase.FIRING, since=at, first=_first(some, at), healthy_until=healthy_until
    )


def _first(some: Sequence[Standing], at: datetime) -> datetime:
    began = [each.condition.first for each in some if each.condition.first is not None]
    return min(began, default=at)


def _joined(some: Sequence[Standing], listed: Ticket, actor: Actor, at: datetime) -> Change:
    ticket = _raised(_renamed(listed, some), some)
    change = Change(replace(ticket, member_count=listed.member_count + len(some)), ())
    for each in some:
        told = {"check": each.condition.check, "reason": each.condition.reason.value}
        change = then(change, lifecycle.note(change.ticket, "member_joined", at, actor, told))
    changes = _told_of_changes(listed, change.ticket, at, actor)
    return Change(change.ticket, change.entries + changes, _members(some, at))


def _opened(
    some: Sequence[Standing], previous: Ticket | None, actor: Actor, at: datetime
) -> Change:
    alone = some[0] if len(some) == 1 else None
    kind = alone.kind if alone is not None else Kind.MULTIPLE_DEVICES_OFFLINE
    teams = {each.team for each in some}
    ticket = _raised(
        Ticket(
            title=f"{title_of(kind)}: {alone.subject if alone is not None else _count(len(some))}",
            kind=kind,
            source=Source.HEALTH_MONITOR,
            priority=some[0].priority,
            created_at=at,
            updated_at=at,
            subject=alone.subject if alone is not None else None,
            check=ADOPTED,
            open_key=ADOPTED,
            occurred_at=_first(some, at),
            previous=previous.number if previous is not None else None,
            team=teams.pop() if len(teams) == 1 else None,
            member_count=len(some),
        ),
        some,
    )
    data: dict[str, Any] = {"kind": kind, "priority": ticket.priority.value, "members": len(some)}
    if ticket.previous is not None:
        data["previous"] = ticket.previous
    return Change(ticket, (Entry("opened", at, actor, data),), _members(some, at))


def _members(some: Sequence[Standing], at: datetime) -> tuple[Member, ...]:
    return tuple(Member(each.condition.check, each.subject, joined_at=at) for each in some)


def _renamed(ticket: Ticket, some: Sequence[Standing]) -> Ticket:
    """Let it be about many, and its title say how many unless a person wrote one."""
    many = Kind.MULTIPLE_DEVICES_OFFLINE
    titles = {
        f"{title_of(ticket.kind)}: {ticket.subject}",
        f"{title_of(many)}: {_count(ticket.member_count)}",
    }
    title = ticket.title
    if title in titles:
        title = f"{title_of(many)}: {_count(ticket.member_count + len(some))}"
    return replace(ticket, kind=many, title=title, subject=None)


def _raised(ticket: Ticket, some: Sequence[Standing]) -> Ticket:
    """Give it the highest priority that one of *some* has, or that many at once have."""
    if ticket.priority_by_person:
        return ticket
    wanted = [each.priority for each in some]
    if ticket.kind == Kind.MULTIPLE_DEVICES_OFFLINE:
        wanted += [priority_of(each.policy, ticket.kind, None) for each in some]
    return replace(ticket, priority=max(ticket.priority, *wanted, key=lambda one: one.rank))


def _told_of_changes(
    before: Ticket, after: Ticket, at: datetime, actor: Actor
) -> tuple[Entry, ...]:
    change: Change | None = None
    for event, name in (("kind_changed", "kind"), ("priority_changed", "priority")):
        was, now = str(getattr(before, name)), str(getattr(after, name))
        if was != now:
            told = {"from": was, "to": now}
            change = then(change, lifecycle.note(after, event, at, actor, told))
    return change.entries if change is not None else ()


def _count(checks: int) -> str:
    return f"{checks} checks, adopted"
