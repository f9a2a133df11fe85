"""
The escalation chain: which step of it is due for a ticket that nobody has started.

Values and the table of what a due step comes to; who a step's name means, and the writing
of what was told, are `fettled.app.escalation`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fettled.core.tickets import Ticket
from fettled.core.words import Priority, Status

#: In these nobody has taken a ticket up yet.
UNATTENDED = frozenset({Status.OPEN, Status.ASSIGNED})

#: How soon a ticket is looked at again that somebody works on, waits with, or snoozed: should
#: that be undone before its time, the chain goes on this much later at most.
LOOK_AGAIN = timedelta(minutes=1)
#: A step that is told later than this was late because nothing ran: what follows keeps its
#: distance to it, and is not told all at once.
_LATE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Step:
    """
    Whom to tell, and how long after the opening.

    Attributes:
        to: the name of a schedule, team, user or role.
        priorities, teams, kinds: of the tickets that it is for; empty for all.
    """

    after: timedelta
    to: str
    priorities: frozenset[Priority] = frozenset()
    teams: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()

    def means(self, ticket: Ticket) -> bool:
        """Whether it is for *ticket*."""
        return (
            (not self.priorities or ticket.priority in self.priorities)
            and (not self.teams or ticket.team in self.teams)
            and (not self.kinds or ticket.kind in self.kinds)
        )


@dataclass(frozen=True, slots=True)
class Chain:
    """Steps in order; *repeat* after the last one they begin again."""

    steps: tuple[Step, ...] = ()
    repeat: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """
    How far the chain of a ticket has come.

    Attributes:
        round: of the repetitions, from 0.
        step: the next one, from 0.
        due_at: when it is to be looked at; wall time.
    """

    ticket: int
    due_at: datetime
    step: int = 0
    round: int = 0


def begin(chain: Chain, ticket: int, at: datetime) -> Stage | None:
    """Begin at *at*; None for a chain without steps."""
    return Stage(ticket, at + chain.steps[0].after) if chain.steps else None


@dataclass(frozen=True, slots=True)
class Due:
    """
    What a due stage comes to.

    Attributes:
        tell: the step that is to be told now; None for none.
        at: the stage of that step.
        stage: where the chain goes on if *tell* reaches somebody; None: it is over.
        at_once: where it goes on if nobody is reached: the step after, without waiting.
    """

    tell: Step | None
    at: Stage
    stage: Stage | None
    at_once: Stage | None = None


def judge(chain: Chain, stage: Stage, ticket: Ticket | None, now: datetime) -> Due:
    """Say what is to be done about *stage*, which is due at *now*."""
    if ticket is None or not ticket.is_open:
        return Due(None, stage, None)
    if (again := _quiet_until(ticket, now)) is not None:
        return Due(None, stage, replace(stage, due_at=again))
    here: Stage | None = _inside(chain, stage)
    # Each step is met at most once: a round in which none is for the ticket comes to a wait.
    for _ in chain.steps:
        if here is None or here.due_at > now:
            return Due(None, stage, here)
        step = chain.steps[here.step]
        following = _after(chain, here, now)
        if step.means(ticket):
            sooner = following
            if following is not None and following.round == here.round:
                sooner = replace(following, due_at=now)
            return Due(step, here, following, sooner)
        here = following
    return Due(None, stage, here)


def upcoming(chain: Chain, stage: Stage, ticket: Ticket) -> tuple[datetime, Step] | None:
    """Say which step for *ticket* comes next if nobody does anything, and when."""
    here: Stage | None = _inside(chain, stage)
    for _ in range(2 * len(chain.steps)):  # the rest of this round, and the next one
        if here is None:
            return None
        step = chain.steps[here.step]
        if step.means(ticket):
            return here.due_at, step
        here = _after(chain, here, here.due_at)
    return None


def _quiet_until(ticket: Ticket, now: datetime) -> datetime | None:
    """When to look again at a ticket that the chain stands still for; None: it does not."""
    snooze, again = ticket.snooze, now + LOOK_AGAIN
    if snooze is not None and snooze.until is not None and snooze.until > now:
        return min(snooze.until, again)
    is_quiet = snooze is not None and snooze.on_change
    return again if is_quiet or ticket.status not in UNATTENDED else None


def _inside(chain: Chain, stage: Stage) -> Stage | None:
    """Give *stage*, or the next round's where the chain has become shorter."""
    if not chain.steps:
        return None
    if stage.step < len(chain.steps):
        return stage
    last = replace(stage, step=len(chain.steps) - 1)
    return _after(chain, last, stage.due_at)


def _after(chain: Chain, stage: Stage, now: datetime) -> Stage | None:
    """Give the stage after *stage*, which was due and is met at *now*."""
    base = stage.due_at if now - stage.due_at <= _LATE else now
    following = stage.step + 1
    if following < len(chain.steps):
        wait = chain.steps[following].after - chain.steps[stage.step].after
        return replace(stage, step=following, due_at=base + max(wait, timedelta()))
    if chain.repeat is None:
        return None
    return replace(stage, step=0, round=stage.round + 1, due_at=base + chain.repeat)
