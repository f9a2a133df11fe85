"""
What becomes of the tickets of many: roll-ups, and the tickets of what is above.

Each function gives the change of one ticket, with its checklist and with the tickets that
it takes in. Where an outage belongs was decided by `cascade`; how members come to be
well again is `checklist`'s.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fettled.core import lifecycle
from fettled.core.around import Group, Sibling
from fettled.core.cascade import CONFIRMED, Join, RollUp, decide_rollup
from fettled.core.condition import Condition
from fettled.core.context import Context
from fettled.core.gates import Due
from fettled.core.keys import rollup_of, stands_for_many
from fettled.core.lifecycle import then
from fettled.core.policy import priority_of
from fettled.core.reopening import OpenNew, ReopenIt, StayQuiet
from fettled.core.tickets import MONITOR, Change, Member, Resolution, Ticket
from fettled.core.words import Cause, Code, Kind, MemberState, Phase, Source

#: A ticket opened so long before its parent fired is the parent's outage.
JUST_BEFORE = timedelta(minutes=10)


def join(due: Due, placed: Join) -> Change:
    """Put the check onto the checklist of an open ticket."""
    condition, context, ticket = due.condition, due.context, placed.ticket
    member = Member(condition.check, context.subject, context.wall)
    after = replace(ticket, member_count=ticket.member_count + 1)
    data = {"check": condition.check, "reason": condition.reason.value}
    if context.told is not None:
        data |= {"message": condition.message, "kind": context.told.kind}
    change = lifecycle.note(after, "member_joined", context.wall, MONITOR, data)
    change = _raised(replace(change, members=(member,)), due)
    if not stands_for_many(ticket.check):
        return change
    withdrawn = replace(change.ticket, kept_open=False, recovered_at=None)
    if ticket.recovered_at is None:
        return replace(change, ticket=withdrawn)
    told = lifecycle.note(withdrawn, "recovery_withdrawn", context.wall, MONITOR, data)
    return then(change, told)


def _raised(change: Change, due: Due) -> Change:
    """Raise the ticket that takes an alarm in to what the alarm is worth."""
    told, ticket = due.context.told, change.ticket
    if told is None or ticket.priority_by_person or ticket.source is not Source.HEALTH_MONITOR:
        return change
    wanted = priority_of(due.policy, told.kind, told.priority)
    if wanted.rank <= ticket.priority.rank:
        return change
    data = {"from": ticket.priority.value, "to": wanted.value}
    raised = replace(ticket, priority=wanted, level=None)
    return then(change, lifecycle.note(raised, "priority_changed", due.context.wall, MONITOR, data))


def roll_up(due: Due, placed: RollUp) -> StayQuiet | Change:
    """Open or reopen the ticket of a group, with all of *placed* on its checklist."""
    group, context = placed.group, due.context
    data: dict[str, Any] = {
        "group": group.name,
        "check": due.condition.check,
        "reason": due.condition.reason.value,
        "members": sorted(each.check for each in placed.members),
    }
    base = group.of_parent or group.ticket
    if group.of_parent is not None:
        change = _rekeyed(due, group, group.of_parent, data)
    elif base is None:
        change = _opened(due, group, placed, data, previous=None)
    else:
        answer = decide_rollup(due, group, base)
        if isinstance(answer, StayQuiet) and group.line is None:
            # What gates a roll-up gates its members; this one was none of them.
            answer = OpenNew()
        match answer:
            case StayQuiet():
                return answer
            case ReopenIt(cause):
                change = lifecycle.reopened(base, cause, context.wall, MONITOR, data)
            case OpenNew():
                change = _opened(due, group, placed, data, previous=base.number)
            case _:  # it is open: the caller would have joined it
                change = Change(base, ())
    known = () if change.is_new else group.lines()
    change = _with_members(change, placed.members, known, context.wall)
    first = min(_firsts(placed, context), default=context.wall)
    key = rollup_of(group.name)
    belief = group.belief or Condition(key)
    return replace(change, beliefs=(_firing(belief, context.wall, first),))


def _firsts(placed: RollUp, context: Context) -> list[datetime]:
    return [each.condition.first or context.wall for each in placed.members]


def _firing(belief: Condition, at: datetime, first: datetime) -> Condition:
    if belief.phase is Phase.FIRING:
        return belief
    healthy_until = at if belief.phase is Phase.HEALTHY else belief.healthy_until
    return replace(belief, phase=Phase.FIRING, since=at, first=first, healthy_until=healthy_until)


def _opened(
    due: Due, group: Group, placed: RollUp, data: dict[str, Any], previous: int | None
) -> Change:
    kind = Kind.MULTIPLE_DEVICES_OFFLINE
    return lifecycle.opened(
        check=rollup_of(group.name),
        subject=group.name,
        kind=kind,
        priority=priority_of(due.policy, kind, None),
        at=due.context.wall,
        occurred_at=min(_firsts(placed, due.context)),
        data=data,
        previous=previous,
        labels={},
        team=due.context.team,
    )


def _rekeyed(due: Due, group: Group, ticket: Ticket, data: dict[str, Any]) -> Change:
    """Take the parent's ticket, just resolved, for what is still down behind it."""
    turned = replace(
        lifecycle.with_kind(ticket, Kind.MULTIPLE_DEVICES_OFFLINE), check=rollup_of(group.name)
    )
    change = lifecycle.reopened(turned, Cause.STILL_UNHEALTHY, due.context.wall, MONITOR, data)
    told = {"members": data["members"]}
    return then(
        change,
        lifecycle.note(change.ticket, "parent_recovered", due.context.wall, MONITOR, told),
    )


def take_over(due: Due, rollup: Ticket, kind: str, data: dict[str, Any]) -> Change:
    """Make the open roll-up of its children the ticket of the parent, which is down now."""
    context, change = due.context, None
    turned = replace(
        lifecycle.with_kind(rollup, kind),
        check=due.condition.check,
        open_key=due.condition.check,
        subject=context.subject,
        # The spell that a person waited for has come, and what had recovered is down again.
        kept_open=False,
        recovered_at=None,
    )
    wanted = priority_of(due.policy, kind, due.condition.priority)
    if not turned.priority_by_person and wanted.rank > turned.priority.rank:
        raised = {"from": turned.priority.value, "to": wanted.value}
        turned = replace(turned, priority=wanted)
        # Told like any other raise: whoever snoozed it is to hear of it.
        further = lifecycle.note(turned, "priority_changed", context.wall, MONITOR, raised)
        change, turned = then(change, further), further.ticket
    change = then(change, lifecycle.note(turned, "parent_failed", context.wall, MONITOR, data))
    if rollup.recovered_at is not None:
        because = {"reason": due.condition.reason.value}
        ticket = change.ticket
        withdrawn = lifecycle.note(ticket, "recovery_withdrawn", context.wall, MONITOR, because)
        change = then(change, withdrawn)
    over = replace(
        Condition(rollup_of(context.subject)),
        phase=Phase.HEALTHY,
        since=context.wall,
    )
    return replace(change, beliefs=(over,))


def absorb(change: Change, due: Due) -> Change:
    """Take in what is reached through a check that is down and failed because of it."""
    since = due.condition.up_until or due.context.first_failure(due.condition)
    just_before = due.context.wall - JUST_BEFORE
    # A label's group may hold a parent and what is reached through it.
    there = {member.check for member in change.members}
    taken = tuple(
        each
        for each in due.around.below()
        if each.ticket is not None
        and each.ticket.is_open
        and each.condition.phase in CONFIRMED
        and each.is_free
        and not each.is_member
        and each.check not in there
        and (_failed_at(each, each.ticket) > since or _opened_at(each, due) >= just_before)
    )
    children = due.around.children_rollup()
    is_other = children is not None and children.number != change.ticket.number
    if not taken and not is_other:
        return change
    known = () if change.is_new else due.around.lines(change.ticket.number)
    change = _with_members(change, taken, known, due.context.wall)
    if children is None or not is_other:
        return change
    return _with_checklist(change, children, due, known)


def _failed_at(each: Sibling, ticket: Ticket) -> datetime:
    """Say when its present outage began; its ticket may be older, and reopened."""
    return each.condition.first or ticket.occurred_at or ticket.created_at


def _opened_at(each: Sibling, due: Due) -> datetime:
    """Say when its ticket was opened for the present outage: when it fired, if not later."""
    fired = each.condition.since
    at = due.context.wall if fired is None else due.wall_of(fired)
    return at if each.ticket is None else max(at, each.ticket.created_at)


def _with_checklist(
    change: Change, children: Ticket, due: Due, known: tuple[Member, ...]
) -> Change:
    """Take in the roll-up of its children, line by line, where the parent has its own ticket."""
    there = {line.check for line in (*known, *change.members)}
    at = due.context.wall
    lines = [line for line in due.around.lines(children.number) if line.check not in there]
    moved = tuple(replace(line, joined_at=at) for line in lines)
    ticket = replace(
        change.ticket,
        member_count=change.ticket.member_count + len(moved),
        done_count=change.ticket.done_count
        + sum(line.state is not MemberState.DOWN for line in moved),
    )
    over = replace(Condition(rollup_of(due.context.subject)), phase=Phase.HEALTHY, since=at)
    return replace(
        change,
        ticket=ticket,
        members=change.members + moved,
        merged=(*change.merged, children),
        beliefs=(*change.beliefs, over),
    )


def _with_members(
    change: Change, siblings: tuple[Sibling, ...], known: tuple[Member, ...], at: datetime
) -> Change:
    """Put *siblings* onto the checklist; their tickets are merged, or kept beside it."""
    lines = {line.check: line for line in known}
    count, done = change.ticket.member_count, change.ticket.done_count
    members, merged = [], []
    for each in siblings:
        own = each.ticket if each.ticket is not None and each.ticket.is_open else None
        is_kept = own is not None and (own.touched or own.source is not Source.HEALTH_MONITOR)
        if own is not None:
            merged.append(own)
        state = MemberState.EXCUSED if is_kept else MemberState.DOWN
        before = lines.get(each.check)
        was_done = before is not None and before.state is not MemberState.DOWN
        count += before is None
        done += (state is not MemberState.DOWN) - was_done
        number = own.number if own is not None else None
        members.append(Member(each.check, each.subject, at, state, ticket=number))
    ticket = replace(change.ticket, member_count=count, done_count=done)
    return replace(
        change,
        ticket=ticket,
        members=change.members + tuple(members),
        merged=change.merged + tuple(merged),
    )


def merge(own: Ticket, into: int, at: datetime) -> Change:
    """Resolve *own* as merged into another ticket; one that people work on is kept, linked."""
    if own.touched or own.source is not Source.HEALTH_MONITOR:
        return lifecycle.note(own, "linked", at, MONITOR, {"ticket": into})
    resolution = Resolution(Code.MERGED, at, MONITOR)
    change = lifecycle.resolved(replace(own, merged_into=into), resolution, {"into": into})
    return replace(change, entries=tuple(replace(e, event="merged") for e in change.entries))
