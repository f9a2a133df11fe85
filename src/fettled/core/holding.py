"""
Every gate that holds a check now, each in words: for `explain`, which tells them all.

A decision needs only the first. The same functions are asked here (`gates`, `cascade`,
`reopening`), one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from fettled.core import gates, reopening, rollup
from fettled.core.around import Above
from fettled.core.cascade import STEPS, RollUp, is_down
from fettled.core.gates import Due
from fettled.core.quiet import Rule
from fettled.core.reopening import Case, StayQuiet
from fettled.core.tickets import Ticket
from fettled.core.words import Gate, Phase


@dataclass(frozen=True, slots=True)
class Held:
    """
    A gate that holds.

    Attributes:
        until: wall time; None: until something else happens.
        because: what it is, in words.
        names: what it is called or who holds it: a rule's id, a check, `#42`.
        is_over: it has lifted, and ends with the next look.
    """

    gate: Gate
    until: datetime | None
    because: str
    names: str | None = None
    is_over: bool = False


#: What a wait is for, by its gate.
_WAITS = {
    Gate.PRIMARY: "it waits for a look at the primary check of its subject",
    Gate.PARENT: "it waits until what it is reached through, or what shares that, is decided",
    Gate.SETTLING: "it waits until what is down with it is decided, or what came back has settled",
    Gate.VERIFY: "what it belongs to was resolved by a person, whose word is being verified",
    Gate.ACCEPTED: "what it belongs to was accepted as it is",
}


def asks_for_ticket(due: Due) -> bool:
    """Whether it is down for long enough, and nothing stands for it."""
    ticket, condition = due.context.ticket, due.condition
    if (ticket is not None and ticket.is_open) or due.context.membership is not None:
        return False
    if condition.phase is Phase.FLAPPING:
        return due.firing_for >= due.policy.flap.ticket_after
    return condition.phase is Phase.FIRING


def all_holding(due: Due, rules: Sequence[Rule]) -> tuple[Held, ...]:
    """Name every gate that holds, in the order in which they are asked; each cause once."""
    found = [*_own(due), *_quiet(due, rules), *_network(due), *_above(due)]
    if asks_for_ticket(due):
        told = {held.gate for held in found}
        for held in (*_history(due), *_waits(due)):
            if held.gate not in told:
                told.add(held.gate)
                found.append(held)
        gate = due.condition.gate
        if gate is not None and gate not in {held.gate for held in found}:
            over = "held it at the last look, and has lifted since: the next look ends it"
            found.append(Held(gate, None, over, is_over=True))
    else:
        settling = gates.settling(due)
        found += [_settling(settling)] if settling is not None else []
    return tuple(found)


def _own(due: Due) -> Iterator[Held]:
    if not due.policy.publish:
        yield Held(Gate.OBSERVE_ONLY, None, "`publish` is false: it is observed only")
    elif due.condition.gate is Gate.OBSERVE_ONLY and due.policy.on_publish == "new_only":
        because = "it was down already when publishing was switched on; its next outage counts"
        yield Held(Gate.OBSERVE_ONLY, None, because)


def _quiet(due: Due, rules: Sequence[Rule]) -> Iterator[Held]:
    at = due.context.wall
    for rule in rules:
        by = f" ({rule.author})" if rule.author else ""
        because = f"{rule.reason or 'no reason was given'}{by}"
        yield Held(rule.gate, rule.until(at), because, rule.id)
    told = {rule.gate for rule in rules}
    for each in due.around.quiet(at):
        if each.gate not in told:
            yield Held(each.gate, each.until, "a rule says so")


def _network(due: Due) -> Iterator[Held]:
    if due.around.is_isolated():
        yield Held(Gate.ISOLATION, None, "the monitor is cut off from what this check needs")


def _above(due: Due) -> Iterator[Held]:
    primary = due.around.primary()
    if primary is not None and is_down(primary.condition):
        yield Held(Gate.PRIMARY, None, _is_down(primary), primary.check)
    down = list(takewhile(lambda each: is_down(each.condition), due.around.ancestors()))
    if down:
        with_ticket = [each for each in down if each.standing is not None]
        topmost = (with_ticket or down)[-1]
        yield Held(Gate.PARENT, None, _is_down(topmost), topmost.check)


def _is_down(above: Above) -> str:
    ticket = f", which is #{above.standing.number}" if above.standing is not None else ""
    return f"{above.check} is down ({above.condition.reason}){ticket}"


def _waits(due: Due) -> Iterator[Held]:
    for step in STEPS:
        placed = step(due)
        if isinstance(placed, StayQuiet):
            if step is gates.settling:
                yield _settling(placed)
            else:
                yield Held(placed.gate, placed.until, _WAITS.get(placed.gate, "it waits"))
        elif isinstance(placed, RollUp):
            yield from _of_group(due, placed)
            return
        elif placed is not None:
            return  # it belongs to another ticket, which the next look puts it on


def _of_group(due: Due, placed: RollUp) -> Iterator[Held]:
    """Say what holds the ticket of a group, and so its members."""
    answer, ticket = rollup.roll_up(due, placed), placed.group.ticket
    if isinstance(answer, StayQuiet):
        because = how_resolved(ticket) if ticket is not None else _WAITS[answer.gate]
        name = f"#{ticket.number}" if ticket is not None else None
        yield Held(answer.gate, answer.until, because, name)


def _settling(held: StayQuiet) -> Held:
    because = "what it hangs from has only just come back, or a maintenance window has ended"
    return Held(held.gate, held.until, because)


def _history(due: Due) -> Iterator[Held]:
    ticket = due.context.ticket
    if ticket is None:
        return
    answer = reopening.decide(case_of(due, ticket))
    if isinstance(answer, StayQuiet):
        yield Held(answer.gate, answer.until, how_resolved(ticket), f"#{ticket.number}")


def case_of(due: Due, ticket: Ticket) -> Case:
    """Make the case that the six rules would judge, if it failed now."""
    condition, wall = due.condition, due.context.wall
    is_well = condition.phase in {Phase.HEALTHY, Phase.UNKNOWN}
    return Case(
        ticket=ticket,
        policy=due.policy,
        first=wall if is_well or condition.first is None else condition.first,
        healthy_until=wall if condition.phase is Phase.HEALTHY else condition.healthy_until,
        at=wall,
        now=wall,
        duplicate_is_open=due.context.duplicate_is_open,
    )


def how_resolved(ticket: Ticket) -> str:
    """Say how *ticket* was resolved, and by whom."""
    resolution = ticket.resolution
    if resolution is None:
        return f"#{ticket.number} is {ticket.status}"
    by = resolution.by.name or resolution.by.type
    other = f" of #{resolution.duplicate_of}" if resolution.duplicate_of is not None else ""
    said = f": {resolution.summary}" if resolution.summary else ""
    return f"#{ticket.number} was resolved as {resolution.code}{other} by {by}{said}"
