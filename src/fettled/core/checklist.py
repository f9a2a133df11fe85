"""
How a checklist keeps itself: members recover, fail again, or count as done.

A ticket of many resolves when enough of its members are well; nothing is ever inferred to
have recovered. A parent's ticket has a checklist too, and resolves with the parent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from fettled.core import lifecycle
from fettled.core.condition import Condition
from fettled.core.context import Context
from fettled.core.keys import stands_for_many
from fettled.core.lifecycle import then
from fettled.core.policy import Policy
from fettled.core.tickets import MONITOR, Change, Member, Membership, Resolution, Ticket
from fettled.core.words import Code, MemberState, Phase

_DOWN = frozenset({Phase.FIRING, Phase.FLAPPING})


def fits(condition: Condition, membership: Membership) -> bool:
    """Whether the line says what is believed, so that nothing is to be done."""
    state = membership.member.state
    if condition.phase is Phase.HEALTHY:
        return state is MemberState.RECOVERED
    return condition.phase not in _DOWN or state is MemberState.DOWN


def attend(
    condition: Condition, membership: Membership, policy: Policy, context: Context
) -> Change | None:
    """Bring the line of a check up to what is believed of it; None when it says so."""
    if fits(condition, membership):
        return None
    ticket, member = membership.ticket, membership.member
    if condition.phase is Phase.HEALTHY:
        after = replace(member, state=MemberState.RECOVERED, recovered_at=context.wall)
        change = _marked(ticket, (after,), (member,), "member_recovered", context.wall)
        return _resolve_if_done(change, policy, context.wall)
    if member.state is MemberState.EXCUSED and _is_excused(context):
        return None
    after = replace(member, state=MemberState.DOWN, recovered_at=None)
    data = {"reason": condition.reason.value}
    # What a person keeps open of a parent waits for the parent, whatever hangs from it.
    is_kept = ticket.kept_open and not stands_for_many(ticket.check)
    failed = replace(ticket, kept_open=is_kept)
    change = _marked(failed, (after,), (member,), "member_failed", context.wall, data)
    if ticket.recovered_at is None or not stands_for_many(ticket.check):
        return change
    withdrawn = replace(change.ticket, recovered_at=None)
    told = lifecycle.note(withdrawn, "recovery_withdrawn", context.wall, MONITOR, data)
    return then(change, told)


def _is_excused(context: Context) -> bool:
    has_own = context.ticket is not None and context.ticket.is_open
    return has_own or bool(context.around.quiet(context.wall))


def excuse(
    ticket: Ticket, members: Iterable[Member], because: str, policy: Policy, at: datetime
) -> Change | None:
    """Let *members* count as done: removed, silenced, or with a ticket of their own."""
    before = tuple(each for each in members if each.state is MemberState.DOWN)
    if not before:
        return None
    after = tuple(replace(each, state=MemberState.EXCUSED) for each in before)
    change = _marked(ticket, after, before, "member_recovered", at, {"because": because})
    return _resolve_if_done(change, policy, at)


def settle(ticket: Ticket, policy: Policy, at: datetime) -> Change | None:
    """Resolve *ticket* where enough of its members are well, and nobody wants it kept."""
    change = _resolve_if_done(Change(ticket, ()), policy, at)
    return change if change.entries else None


def _marked(  # noqa: PLR0917 - both sides of a line, and what is told of it
    ticket: Ticket,
    after: tuple[Member, ...],
    before: tuple[Member, ...],
    event: str,
    at: datetime,
    data: dict[str, Any] | None = None,
) -> Change:
    done = ticket.done_count
    for new, old in zip(after, before, strict=True):
        done += (new.state is not MemberState.DOWN) - (old.state is not MemberState.DOWN)
    told = {"done": done, "members": ticket.member_count, **(data or {})}
    checks = [member.check for member in after]
    told |= {"check": checks[0]} if len(checks) == 1 else {"checks": checks}
    change = lifecycle.note(replace(ticket, done_count=done), event, at, MONITOR, told)
    return replace(change, members=after)


def is_done(ticket: Ticket, policy: Policy) -> bool:
    """Whether enough of its members are well, or count as such."""
    return ticket.done_count >= policy.cascade.recover_ratio * ticket.member_count


def _resolve_if_done(change: Change, policy: Policy, at: datetime) -> Change:
    ticket = change.ticket
    is_many = stands_for_many(ticket.check) and ticket.is_open and ticket.member_count > 0
    if not is_many or ticket.kept_open or not is_done(ticket, policy):
        return change
    recovered_at = ticket.recovered_at or at
    if ticket.touched and at - recovered_at < policy.touched_grace:
        if ticket.recovered_at is not None:
            return change
        recovered = replace(ticket, recovered_at=recovered_at)
        return then(change, lifecycle.note(recovered, "recovered", at, MONITOR))
    resolution = Resolution(Code.AUTO_RECOVERED, at, MONITOR)
    told = lifecycle.resolved(replace(ticket, recovered_at=recovered_at), resolution)
    belief = Condition(ticket.check or "", phase=Phase.HEALTHY, since=at)
    return then(change, replace(told, beliefs=(belief,)))
