"""
Adopt the standing backlog: gather what is held, and make one ticket of it.

One unit: tickets, members and conditions are committed together. What the ticket looks
like is `fettled.core.backlog`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from fettled.app.deciding import carry_out
from fettled.app.memory import Memory
from fettled.app.watch import Watch
from fettled.core.backlog import Standing, adopt, is_standing
from fettled.core.condition import Condition
from fettled.core.keys import ADOPTED
from fettled.core.tickets import Actor, Change, Ticket
from fettled.ports import CheckSpec, SubjectSpec, UnitOfWork


@dataclass(frozen=True, slots=True)
class Adopted:
    """
    What was adopted.

    Attributes:
        ticket: the list ticket as it is after; None where there is none that is open.
        change: None when there was nothing to adopt.
        conditions: of the checks that were, as they are after, by check.
    """

    ticket: Ticket | None
    change: Change | None
    conditions: dict[str, Condition]


#: A check as it is configured, captured so that a reload meanwhile cannot reach it.
Candidate = tuple[CheckSpec, SubjectSpec]


def candidates(memory: Memory, subjects: Iterable[str]) -> list[Candidate]:
    """
    Name the checks of *subjects* (none: of all) that memory says may be adopted.

    Raises:
        NotFoundError: one of them is not watched.
    """
    named = dict.fromkeys(subjects)
    watches: Iterable[Watch] = memory
    if named:
        watches = [watch for key in named for watch in memory.of_subject(key)]
    return [
        (watch.spec, watch.subject)
        for watch in watches
        if is_standing(watch.condition, watch.spec.policy)
    ]


def adopt_all(
    uow: UnitOfWork, some: list[Candidate], actor: Actor, wall: Callable[[], datetime]
) -> Adopted:
    """Put those of *some* that are still held onto the list ticket."""
    at, standing = wall(), []
    for spec, subject in some:
        condition = uow.condition(spec.key)
        if condition is None or not is_standing(condition, spec.policy):
            continue
        if uow.membership(spec.key) is None:
            standing.append(Standing(condition, subject.key, spec.policy, subject.team))
    listed = uow.last_ticket(ADOPTED)
    change = adopt(standing, listed, uow.condition(ADOPTED), actor, at)
    if change is None:
        return Adopted(listed if listed is not None and listed.is_open else None, None, {})
    (applied,) = carry_out(uow, change, at)
    freed = {
        each.condition.check: replace(each.condition, gate=None, gate_until=None)
        for each in standing
    }
    for check, condition in freed.items():
        uow.put_condition(condition)
        uow.put_gating(check, None, at)
    data = {"ticket": applied.ticket.number, "checks": sorted(freed)}
    uow.log_input("tickets.adopt", at, actor, data)
    return Adopted(applied.ticket, applied, freed)


def remember(memory: Memory, adopted: Adopted) -> None:
    """Let memory show what was committed of the checks; of the ticket it learns by itself."""
    for check, condition in adopted.conditions.items():
        watch = memory.get(check)
        if watch is None:
            continue
        if condition.order >= watch.condition.order:
            memory.believe(watch, condition)
            watch.expected = condition if not watch.is_deciding else watch.expected
