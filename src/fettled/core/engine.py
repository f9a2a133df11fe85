"""
One observation in; the next belief, and what becomes of the ticket, out.

`step` is the whole engine for one check. The daemon, its recovery and the tests call
this same function: in memory, where most observations change nothing and the same
object comes back, and inside the transaction for everything else.

There is no other way in which the monitor opens, reopens or resolves: both are asked
on every accepted observation, so a gate that lifts or a crash can lose nothing.
"""

from __future__ import annotations

from fettled.core import phases
from fettled.core.checklist import fits
from fettled.core.condition import Condition
from fettled.core.context import Context
from fettled.core.copies import replace
from fettled.core.gates import observed
from fettled.core.keys import stands_for_many
from fettled.core.lifecycle import then
from fettled.core.observations import Observation
from fettled.core.policy import Policy, priority_of
from fettled.core.ticketing import ensure_resolved, ensure_ticket, tell_ticket
from fettled.core.tickets import Change, Membership, Ticket
from fettled.core.words import Phase, Verdict


def step(
    condition: Condition, seen: Observation, policy: Policy, context: Context
) -> tuple[Condition, Change | None]:
    """
    Advance *condition* by *seen*, and decide about its ticket.

    Unknown is evidence of nothing, and old news is no news: both change nothing. Where
    nothing changes, *condition* itself is returned, with None.
    """
    if is_quiet(condition, seen, policy, context.ticket, context.membership):
        return condition, None
    after = phases.advance(condition, seen, policy, context.sight)
    after, change = _settle(condition, after, seen, policy, context)
    if change is None and after == condition:
        return condition, None
    return replace(after, order=seen.order), change


def is_quiet(
    condition: Condition,
    seen: Observation,
    policy: Policy,
    ticket: Ticket | None,
    membership: Membership | None = None,
) -> bool:
    """
    Whether *seen* is no evidence, or says again what is believed and the ticket fits.

    Most observations are; what surrounds them need not even be looked up.
    """
    if seen.verdict is Verdict.UNKNOWN or seen.order <= condition.order:
        return True
    if seen.verdict is not condition.verdict or seen.reason is not condition.reason:
        return False
    if membership is not None:
        if not fits(condition, membership):
            return False
        if condition.phase is Phase.FIRING and (ticket is None or ticket.open_key is None):
            # What held it before it joined is told no longer; a parent's outage still does.
            is_gated = condition.gate is not None and stands_for_many(membership.ticket.check)
            told = seen.kind == condition.kind and seen.priority is condition.priority
            return told and not is_gated
    if condition.phase is Phase.HEALTHY:
        return ticket is None or ticket.open_key is None
    return (
        condition.phase is Phase.FIRING
        and ticket is not None
        and ticket.open_key is not None
        and ticket.kind == seen.kind == condition.kind
        and seen.priority is condition.priority
        and condition.gate is None
        and ticket.priority.rank >= priority_of(policy, ticket.kind, seen.priority).rank
    )


def _settle(
    before: Condition, after: Condition, seen: Observation, policy: Policy, context: Context
) -> tuple[Condition, Change | None]:
    change = tell_ticket(before, after, policy, context)
    if change is not None:
        context = replace(context, ticket=change.ticket)
    if _asks_for_ticket(after, seen, policy):
        after, further = ensure_ticket(before, after, seen, policy, context)
    elif after.phase is Phase.HEALTHY and seen.verdict is Verdict.UP:
        further = ensure_resolved(before, after, seen, policy, context)
    else:
        has_ticket = context.ticket is not None and context.ticket.is_open
        stands = has_ticket or context.membership is not None
        after, further = after if stands else observed(after, policy), None
    return after, then(change, further) if further is not None else change


def _asks_for_ticket(condition: Condition, seen: Observation, policy: Policy) -> bool:
    if seen.verdict is Verdict.UP:
        return False
    if condition.phase is Phase.FIRING:
        return True
    return (
        condition.phase is Phase.FLAPPING
        and condition.since is not None
        and seen.started - condition.since >= policy.flap.ticket_after
    )


def resolved_by_person(condition: Condition) -> Condition:
    """Let a person's resolution empty the flip history: they start anew from here."""
    return replace(condition, flips=()) if condition.flips else condition
