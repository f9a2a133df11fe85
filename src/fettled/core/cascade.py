"""
One outage, one ticket: what is held by, or belongs to, the outage of something else.

`place` walks the tables of engine.md's "Parent and primary" and "Cascade and roll-up",
once no other gate holds: a check that is down waits for what it is reached through, joins
that one's ticket, is rolled up with its siblings, or stands alone (None), and the six
rules decide. What becomes of the tickets then is `rollup`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from fettled.core import reopening
from fettled.core.around import Above, Group, Sibling
from fettled.core.condition import Condition
from fettled.core.gates import FAR_UP, Due, settling
from fettled.core.keys import ISOLATION, stands_for_many
from fettled.core.policy import Policy, priority_of
from fettled.core.reopening import ReopenIt, StayQuiet
from fettled.core.tickets import Ticket
from fettled.core.words import Gate, MemberState, Phase, Source, Verdict

#: How long one that is down waits for a parent that is not decided yet.
LONGEST_PENDING = timedelta(minutes=5)
#: A look that was asked for takes its timeout, and a moment to begin.
ASKING = timedelta(seconds=1)
#: A group this small is wholly down by accident.
LEAST_WHOLE_GROUP = 3
#: So many undecided siblings are worth waiting for.
UNDECIDED = 2
#: Periods of the group that failures of one cause may be apart.
PERIODS_APART = 2

#: The phases of an outage that is confirmed, and not over.
CONFIRMED = frozenset({Phase.FIRING, Phase.PENDING_RESOLVE, Phase.FLAPPING})
#: What an ancestor without a ticket waits for; it may get one yet.
_WAITS = frozenset({Gate.PRIMARY, Gate.PARENT, Gate.ISOLATION, Gate.VERIFY, Gate.SETTLING})


@dataclass(frozen=True, slots=True)
class Join:
    """It becomes a member of this open ticket; *gate* names why it gets none of its own."""

    ticket: Ticket
    gate: Gate | None = None


@dataclass(frozen=True, slots=True)
class RollUp:
    """These are one outage: one ticket for the group, opened or reopened."""

    group: Group
    members: tuple[Sibling, ...]


Placement = StayQuiet | Join | RollUp


def is_down(condition: Condition) -> bool:
    """Whether its outage is confirmed, and not over."""
    return condition.phase in CONFIRMED and condition.bad is Verdict.DOWN


def place(due: Due) -> Placement | None:
    """Say where the outage of a check belongs; None: it stands for itself."""
    return next((placed for step in STEPS if (placed := step(due)) is not None), None)


def _by_primary(due: Due) -> StayQuiet | None:
    primary = due.around.primary()
    if primary is None:
        return None
    held = _waiting(due, primary, Gate.PRIMARY)
    if held is None and is_down(primary.condition):
        held = StayQuiet(Gate.PRIMARY)
    return held or _pending(due, primary, Gate.PRIMARY)


def _waiting(due: Due, above: Above, gate: Gate) -> StayQuiet | None:
    """Hold until what is above was looked at since this began to fail, or cannot be."""
    is_fresh = above.looked is not None and above.looked > due.context.first_failure(due.condition)
    patience = above.patience + ASKING if above.patience else timedelta()
    if is_fresh or due.waiting_for >= patience:
        return None
    return StayQuiet(gate, due.wall_of(due.waiting_from) + patience)


def _pending(due: Due, above: Above, gate: Gate) -> StayQuiet | None:
    condition = above.condition
    is_going_down = condition.phase is Phase.PENDING_OPEN and condition.verdict is Verdict.DOWN
    if not is_going_down or due.waiting_for >= LONGEST_PENDING:
        return None
    return StayQuiet(gate, due.wall_of(due.waiting_from) + LONGEST_PENDING)


def _by_parent(due: Due) -> Placement | None:
    parent = next(iter(due.around.ancestors()), None)
    if parent is None:
        return None
    held = _waiting(due, parent, Gate.PARENT)
    if held is not None:
        return held
    down = tuple(_down(due))
    if not down:
        return _pending(due, parent, Gate.PARENT)
    for each in reversed(down):  # the topmost that has one
        if each.standing is not None:
            return Join(each.standing, Gate.PARENT)
    return None if _has_no_ticket_to_come(down) else StayQuiet(Gate.PARENT)


def _down(due: Due) -> Iterator[Above]:
    """Yield what is down above it without a gap, as far up as anybody has to look."""
    for each in islice(due.around.ancestors(), FAR_UP):
        if not is_down(each.condition):
            return
        yield each
        if each.standing is not None and each.standing.check != each.check:
            return  # it is a line of the topmost's ticket


def _has_no_ticket_to_come(down: tuple[Above, ...]) -> bool:
    """Whether each is silenced, observed only or accepted, and does not wait for anything."""
    gates = [each.condition.gate for each in down]
    return all(gate is not None and gate not in _WAITS for gate in gates)


def _by_blackout(due: Due) -> Join | None:
    ticket = due.around.blackout()
    return Join(ticket) if ticket is not None else None


def _by_list(due: Due) -> Placement | None:
    group = due.around.left_on()
    if group is None:
        return None
    answer = _unfinished(due, group)
    # A blackout's ticket is opened again by what sees the blackout, not by a member.
    is_ours = group.ticket is None or group.ticket.check != ISOLATION
    if is_ours or isinstance(answer, StayQuiet):
        return answer
    return StayQuiet(Gate.ISOLATION) if group.gate is Gate.ISOLATION else None


def _by_group(due: Due) -> Placement | None:
    if due.around.primary() is not None or not due.policy.cascade.enabled:
        return None
    held = _by_own_ticket(due)
    if held is not None:
        return held
    # Down behind a parent that is down and gets no ticket: the children are one, not many.
    must_roll_up = next(_down(due), None) is not None
    for group in due.around.groups():
        placed = _in_group(due, group, must_roll_up=must_roll_up)
        if placed is not None:
            return placed
        must_roll_up = False
    return None


def _by_subject(due: Due) -> Placement | None:
    """
    An alarm is evidence for what the monitor opened for its subject: nobody needs a second.

    What people filed may be about anything, and is theirs to resolve: it takes in none.
    """
    told = due.context.told
    if told is None or not told.attaches:
        return None
    held = _by_own_ticket(due)
    if held is not None:
        return held
    wanted = priority_of(due.policy, told.kind, told.priority)
    for ticket in due.around.of_subject():
        if ticket.source is not Source.HEALTH_MONITOR or stands_for_many(ticket.check):
            continue
        # Whoever lowered its priority would have to find a critical alarm in it: that gets
        # its own. Any other is raised by it, which ends a snooze.
        if not ticket.priority_by_person or ticket.priority.rank >= wanted.rank:
            return Join(ticket)
    return None


#: In this order; the first that has an answer decides.
STEPS: tuple[Callable[[Due], Placement | None], ...] = (
    _by_subject,
    _by_primary,
    _by_parent,
    _by_blackout,
    settling,
    _by_list,
    _by_group,
)


def _by_own_ticket(due: Due) -> StayQuiet | None:
    """What its own ticket gates joins no group."""
    ticket = due.context.ticket
    if ticket is None:
        return None
    answer = reopening.decide(
        reopening.Case(
            ticket=ticket,
            policy=due.policy,
            first=due.context.first_failure(due.condition),
            healthy_until=due.condition.healthy_until,
            at=due.context.wall,
            now=due.context.now,
            duplicate_is_open=due.context.duplicate_is_open,
        )
    )
    return answer if isinstance(answer, StayQuiet) else None


def _in_group(due: Due, group: Group, *, must_roll_up: bool) -> Placement | None:
    if group.ticket is not None and group.ticket.is_open:
        return _still_accepted(due) or Join(group.ticket)
    answer = _unfinished(due, group)
    if answer is not None or is_straggler(group):
        return answer
    return _vote(due, group, must_roll_up=must_roll_up)


def _still_accepted(due: Due) -> StayQuiet | None:
    """What a person accepted with an earlier roll-up is no line of the next one."""
    gate, until = due.condition.gate, due.condition.gate_until
    if gate is not Gate.ACCEPTED or (until is not None and due.context.wall >= until):
        return None
    return StayQuiet(gate, until)


def is_straggler(group: Group) -> bool:
    """Whether a roll-up was resolved around it; it gets its own ticket back."""
    return group.line is not None and group.line.state is MemberState.DOWN


def _vote(due: Due, group: Group, *, must_roll_up: bool) -> Placement | None:
    if due.condition.phase is not Phase.FIRING and not must_roll_up:
        return None
    siblings = group.siblings()
    near = tuple(_near(due, group, siblings))
    if must_roll_up or is_met(due.policy, group, len(near)):
        return RollUp(group, near)
    hold = due.policy.cascade.hold
    pending = group.pending + sum(each.is_undecided for each in siblings)
    if pending < UNDECIDED or due.waiting_for >= hold:
        return None
    return StayQuiet(group.gate, due.wall_of(due.waiting_from) + hold)


def is_met(policy: Policy, group: Group, count: int) -> bool:
    """Whether *count* of *group* are enough to be one outage."""
    rule = policy.cascade
    if count >= rule.max_count:
        return True
    if count >= rule.min_count and count >= rule.min_ratio * group.size:
        return True
    return count >= LEAST_WHOLE_GROUP and count == group.size


def _unfinished(due: Due, group: Group) -> Placement | None:
    """A person resolved the roll-up while members are down: its rules are theirs."""
    ticket, belief = group.ticket, group.belief
    if ticket is None or belief is None or belief.phase is not Phase.FIRING:
        return None
    if group.line is None or group.line.state is MemberState.RECOVERED:
        return None
    answer = decide_rollup(due, group, ticket)
    if isinstance(answer, StayQuiet):
        return answer
    if isinstance(answer, ReopenIt):
        return RollUp(group, (myself_of(due),))
    return None


def myself_of(due: Due) -> Sibling:
    """Give the check itself, as one of its group."""
    return Sibling(due.condition.check, due.context.subject, due.condition)


def decide_rollup(due: Due, group: Group, ticket: Ticket) -> reopening.Decision:
    """Ask the six rules about the ticket of a roll-up."""
    belief = group.belief
    return reopening.decide(
        reopening.Case(
            ticket=ticket,
            policy=due.policy,
            first=due.context.first_failure(due.condition),
            healthy_until=belief.healthy_until if belief is not None else None,
            at=due.context.wall,
            now=due.context.now,
            duplicate_is_open=group.is_duplicate,
        )
    )


def _near(due: Due, group: Group, siblings: tuple[Sibling, ...]) -> Iterator[Sibling]:
    """The largest set of eligible siblings, itself among them, that began within the window."""
    myself = myself_of(due)
    window = max(due.policy.cascade.window, PERIODS_APART * group.longest)
    mine = _start(myself, group, due)
    others = [
        (_start(each, group, due), each)
        for each in siblings
        if not each.is_undecided and each.is_free and not each.is_member and not each.is_straggler
    ]
    others = [(at, each) for at, each in others if abs(at - mine) <= window]
    begins = sorted({mine, *(at for at, _ in others if mine - window <= at <= mine)})
    best: list[Sibling] = []
    for begin in begins:
        inside = [each for at, each in others if begin <= at <= begin + window]
        best = max(best, inside, key=len)
    yield myself
    yield from best


def _start(each: Sibling, group: Group, due: Due) -> datetime:
    first = each.condition.first or due.context.wall
    # What was down when the parent came back counts as one start.
    return first if group.restarted is None else max(first, group.restarted)
