"""
What becomes of the ticket: opened, reopened, kept up with the evidence, resolved.

Each function looks at the belief before and after one observation and returns the
change of the ticket, or None. Both `ensure_` functions are level-triggered: they ask
what should be, not what just happened.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from fettled.core import gates, lifecycle, rollup
from fettled.core.alarms import OWNERSHIP, Told
from fettled.core.cascade import Join, RollUp, is_down, is_straggler, myself_of, place
from fettled.core.condition import Condition
from fettled.core.context import Context
from fettled.core.copies import replace
from fettled.core.expiry import read_expiry
from fettled.core.flap import stretched
from fettled.core.gates import Due
from fettled.core.keys import stands_for_many
from fettled.core.lifecycle import then
from fettled.core.observations import Observation
from fettled.core.policy import Policy, priority_of
from fettled.core.priorities import OF_LEVEL
from fettled.core.reopening import Case, Decision, OpenNew, ReopenIt, StayQuiet, decide
from fettled.core.rollup import absorb
from fettled.core.spans import max_gap
from fettled.core.tickets import MONITOR, Change, Resolution, Ticket
from fettled.core.words import Cause, Code, Gate, Kind, Level, Phase, Source

#: From the one to the other a new unhealthy spell has begun, past its debounce.
_WELL = frozenset({Phase.UNKNOWN, Phase.HEALTHY, Phase.PENDING_OPEN})
_UNWELL = frozenset({Phase.FIRING, Phase.FLAPPING})


def tell_ticket(
    before: Condition, after: Condition, policy: Policy, context: Context
) -> Change | None:
    """Note on the open ticket that its subject began to flap, or failed again."""
    ticket = context.ticket
    if ticket is None or not ticket.is_open or before.phase is after.phase:
        return None
    if ticket.source is not Source.HEALTH_MONITOR:
        return None
    change = None
    if after.phase is Phase.FLAPPING:
        flapped = replace(ticket, flap_count=ticket.flap_count + 1)
        data = {"flips": len(after.flips)}
        change = lifecycle.note(flapped, "flapping", context.wall, MONITOR, data)
    if before.phase in _WELL and after.phase in _UNWELL:
        change = _fails_again(change, ticket, after, policy, context)
    return change


def _fails_again(
    change: Change | None, ticket: Ticket, after: Condition, policy: Policy, context: Context
) -> Change | None:
    ticket = change.ticket if change is not None else ticket
    data = {"reason": after.reason.value}
    if ticket.recovered_at is not None:
        failed = replace(ticket, recovered_at=None)
        further = lifecycle.note(failed, "recovery_withdrawn", context.wall, MONITOR, data)
        change, ticket = then(change, further), further.ticket
    if ticket.unstable_since is not None:
        relapses = _relapses(ticket, policy, context.wall)
        failed = replace(ticket, flap_count=ticket.flap_count + 1, relapses=relapses)
        further = lifecycle.note(failed, "relapsed", context.wall, MONITOR, data)
        change, ticket = then(change, further), further.ticket
    if ticket.kept_open:
        # The unhealthy spell the person waited for has come; it resolves as any other.
        kept = replace(ticket, kept_open=False)
        change = Change(kept, change.entries if change is not None else ())
    return change


def ensure_ticket(
    before: Condition, after: Condition, seen: Observation, policy: Policy, context: Context
) -> tuple[Condition, Change | None]:
    """
    Open, reopen or keep up the ticket of a check that is down; or name what forbids it.

    The change may be of another ticket that stands for this outage from now on.
    """
    ticket = context.ticket
    due = Due(after, policy, context, seen.started)
    if ticket is not None and ticket.is_open:
        change = _keep_up(before, after, seen, policy, context)
        if is_down(after):
            change = absorb(change or Change(ticket, ()), due)
            change = change if change.entries or change.members or change.merged else None
        return _held_by(None, after), change
    if context.membership is not None:
        return _as_member(after, due, context.membership.ticket)
    answer = _answer(due)
    if isinstance(answer, StayQuiet):
        return _held_by(answer.gate, after, answer.until), None
    gate, change = answer
    if is_down(after):
        change = absorb(change, due)
    return _held_by(gate, after), change


def _held_by(gate: Gate | None, condition: Condition, until: datetime | None = None) -> Condition:
    if condition.gate is gate and condition.gate_until == until:
        return condition
    return replace(condition, gate=gate, gate_until=until)


def _as_member(after: Condition, due: Due, ticket: Ticket) -> tuple[Condition, Change | None]:
    """Let the ticket that stands for it take in what is behind it, too."""
    change = absorb(Change(ticket, ()), due) if is_down(after) else None
    if stands_for_many(ticket.check):
        after = _held_by(None, after)
    return after, change if change is not None and (change.entries or change.members) else None


def _answer(due: Due) -> StayQuiet | tuple[Gate | None, Change]:
    decision = _decide(due)
    if isinstance(decision, ReopenIt | OpenNew):
        decision = _braked(due, decision)
    match decision:
        case StayQuiet():
            return decision
        case Join(gate=gate):
            return gate, rollup.join(due, decision)
        case RollUp():
            rolled = rollup.roll_up(due, decision)
            return rolled if isinstance(rolled, StayQuiet) else (None, rolled)
        case _:
            return None, _own(due, decision)


def _decide(due: Due) -> Decision | Join | RollUp:
    """Ask the gates, then where the outage belongs, then the six rules."""
    placed = gates.holding(due) or place(due)
    if placed is not None:
        return placed
    context = due.context
    if context.ticket is None:
        return OpenNew()
    return decide(
        Case(
            ticket=context.ticket,
            policy=due.policy,
            first=context.first_failure(due.condition),
            healthy_until=due.condition.healthy_until,
            at=context.wall,
            now=context.now,
            duplicate_is_open=context.duplicate_is_open,
        )
    )


def _braked(due: Due, decision: ReopenIt | OpenNew) -> Decision | Join | RollUp:
    """Put what would be opened onto one ticket, while too much is being opened."""
    if isinstance(decision, ReopenIt) and decision.cause is not Cause.RELAPSE:
        return decision
    everything = due.around.brake()
    if everything is None or is_straggler(everything):
        return decision
    if everything.ticket is not None and everything.ticket.is_open:
        return Join(everything.ticket)
    return RollUp(everything, (myself_of(due),))


def _own(due: Due, decision: Decision) -> Change:
    """Open or reopen the check's own ticket, or take the one that its children have."""
    condition, policy, context = due.condition, due.policy, due.context
    children = context.around.children_rollup() if is_down(condition) else None
    if children is not None:
        kind = _kind(condition)
        return rollup.take_over(due, children, kind, _evidence(condition, context))
    if isinstance(decision, ReopenIt) and context.ticket is not None:
        return _reopen(condition, context.ticket, decision.cause, policy, context)
    return _open(condition, policy, context)


def _evidence(
    condition: Condition, context: Context, *, well_at: datetime | None = None
) -> dict[str, Any]:
    return {
        "check": condition.check,
        "reason": condition.reason.value,
        "message": condition.message,
        "first_failure": _written(_began(condition, context, well_at)),
    }


def _began(condition: Condition, context: Context, well_at: datetime | None) -> datetime:
    """Say when the fault occurred: the source of an alarm knows better than when it came in."""
    seen = context.first_failure(condition)
    told = context.told.occurred_at if context.told is not None else None
    # Of a source that goes on saying when it first fired, that is no start of a relapse.
    if told is None or (well_at is not None and told < well_at):
        return seen
    return min(told, context.wall)  # its clock may be ahead of ours


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _kind(condition: Condition) -> str:
    if condition.phase is Phase.FLAPPING:
        return Kind.UNSTABLE
    return condition.kind or Kind.SERVICE_DOWN


def _open(condition: Condition, policy: Policy, context: Context) -> Change:
    kind = _kind(condition)
    change = lifecycle.opened(
        check=condition.check,
        subject=context.subject,
        kind=kind,
        priority=priority_of(policy, kind, condition.priority),
        at=context.wall,
        occurred_at=_began(condition, context, None),
        data=_evidence(condition, context),
        previous=context.ticket.number if context.ticket is not None else None,
        labels=context.labels,
        team=context.team,
    )
    return Change(_told(_dated(change.ticket, condition), context.told), change.entries)


def _told(ticket: Ticket, told: Told | None) -> Ticket:
    """Let the ticket of an alarm say what its source and its rule say."""
    if told is None:
        return ticket
    return replace(
        ticket,
        title=told.title if ticket.kind != Kind.UNSTABLE else ticket.title,
        description=told.description,
        level=told.level if _is_still(told.level, ticket) else None,
        region=told.region,
        application=told.application,
        ownership=OWNERSHIP,
    )


def _is_still(level: Level | None, ticket: Ticket) -> bool:
    """Whether *level* says what the priority does; a policy may have said another."""
    return level is not None and OF_LEVEL[level] is ticket.priority


def _dated(ticket: Ticket, condition: Condition) -> Ticket:
    """Let a certificate's ticket know when it expires: it is due by that."""
    is_dated = ticket.kind == Kind.CERTIFICATE_EXPIRING
    expires_at = read_expiry(condition.message) if is_dated else None
    if ticket.sla.expires_at == expires_at:
        return ticket
    return replace(ticket, sla=replace(ticket.sla, expires_at=expires_at))


def _relapses(ticket: Ticket, policy: Policy, now: datetime) -> tuple[datetime, ...]:
    window = policy.reopen_budget.window
    kept = (at for at in ticket.relapses if timedelta() <= now - at < window)
    return (*kept, now)


def _reopen(
    condition: Condition, ticket: Ticket, cause: Cause, policy: Policy, context: Context
) -> Change:
    relapses, is_unstable = ticket.relapses, False
    if cause is Cause.RELAPSE:
        relapses = _relapses(ticket, policy, context.wall)
        is_unstable = len(relapses) >= policy.reopen_budget.count
    kind = Kind.UNSTABLE if is_unstable else _kind(condition)
    raised = _raise(_dated(lifecycle.with_kind(ticket, kind), condition), condition, policy)
    well_at = ticket.resolved_at if cause is Cause.RELAPSE else None
    evidence = _evidence(condition, context, well_at=well_at)
    data = {"kind": kind, "priority": raised.priority.value, **evidence}
    change = lifecycle.reopened(raised, cause, context.wall, MONITOR, data)
    since = change.ticket.updated_at if is_unstable else None
    after = replace(change.ticket, relapses=relapses, unstable_since=since)
    return Change(after, change.entries)


def _raise(ticket: Ticket, condition: Condition, policy: Policy) -> Ticket:
    wanted = priority_of(policy, _kind(condition), condition.priority)
    if ticket.priority_by_person or wanted.rank <= ticket.priority.rank:
        return ticket
    return replace(ticket, priority=wanted, level=None)


def _keep_up(
    before: Condition, after: Condition, seen: Observation, policy: Policy, context: Context
) -> Change | None:
    """Let kind and priority follow the evidence, once it has held for `open_after`."""
    ticket = context.ticket
    if ticket is None or ticket.source is not Source.HEALTH_MONITOR:
        return None
    if after.phase is not Phase.FIRING:
        return None
    left_flapping = before.phase is Phase.FLAPPING
    if not left_flapping and not _has_held(after, seen, policy, context):
        return None
    change = None
    kind = _kind(after)
    if ticket.kind != kind and ticket.unstable_since is None:
        data = {"from": ticket.kind, "to": kind, "reason": after.reason.value}
        turned = _dated(lifecycle.with_kind(ticket, kind), after)
        change = lifecycle.note(turned, "kind_changed", context.wall, MONITOR, data)
        ticket = change.ticket
    raised = _raise(ticket, after, policy)
    if raised is not ticket:
        data = {"from": ticket.priority.value, "to": raised.priority.value}
        further = lifecycle.note(raised, "priority_changed", context.wall, MONITOR, data)
        change = then(change, further)
    return change


def _has_held(condition: Condition, seen: Observation, policy: Policy, context: Context) -> bool:
    if condition.changed is None:
        return False
    gap = max_gap(seen.cadence, context.sight.timeout)
    observed = stretched(context.sight.stretch, seen.started, gap)
    return seen.started - max(condition.changed, observed.since) >= policy.open_after


def ensure_resolved(
    before: Condition, after: Condition, seen: Observation, policy: Policy, context: Context
) -> Change | None:
    """Resolve the open ticket of a check that is well, unless somebody wants it kept."""
    ticket = context.ticket
    if ticket is None or not ticket.is_open or ticket.source is not Source.HEALTH_MONITOR:
        return None
    if ticket.kept_open or after.since is None:
        return None
    well_for = seen.started - after.since
    if ticket.unstable_since is not None and well_for < policy.reopen_budget.window:
        return None
    # The first success is where the run that ended here began.
    recovered_at = context.to_wall(before.run_from or after.since)
    if ticket.touched and well_for < policy.touched_grace:
        if ticket.recovered_at is not None:
            return None
        recovered = replace(ticket, recovered_at=recovered_at)
        return lifecycle.note(recovered, "recovered", context.wall, MONITOR)
    recovered_at = ticket.recovered_at or recovered_at
    resolution = Resolution(Code.AUTO_RECOVERED, context.wall, MONITOR)
    return lifecycle.resolved(replace(ticket, recovered_at=recovered_at), resolution)
