"""
What stands around a check when a decision is due, beyond its own evidence and ticket.

Values, and the protocol by which a decision asks for them: each answer may cost the store
a statement, so none is prepared that nobody asks for. `ALONE` is a check without
anything around it. What follows from the answers is `gates`', `cascade`'s and `rollup`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from fettled.core.condition import Condition
from fettled.core.reopening import StayQuiet
from fettled.core.tickets import Member, Ticket
from fettled.core.words import Gate


@dataclass(frozen=True, slots=True)
class Above:
    """
    The primary check of the same subject or of one that this is reached through.

    Attributes:
        standing: the open ticket that stands for it: its own, or one it is a member of.
        looked: wall time at which the newest look at it began; None: none since the start.
        patience: how long a look is waited for; zero where it cannot be asked.
    """

    check: str
    condition: Condition
    standing: Ticket | None = None
    looked: datetime | None = None
    patience: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Sibling:
    """
    The primary check of another subject of the same group, or of one below.

    Attributes:
        ticket: its last ticket, open or not.
        is_free: no gate holds it but, maybe, the vote.
        is_member: of an open ticket of many.
        is_straggler: still down since a roll-up of this group was resolved around it.
        is_undecided: its failure is seen, and not decided yet.
    """

    check: str
    subject: str
    condition: Condition
    ticket: Ticket | None = None
    is_free: bool = True
    is_member: bool = False
    is_straggler: bool = False
    is_undecided: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """
    The children of a parent, the subjects of a label's value, or everything.

    Attributes:
        name: the parent's key, `label=value`, or `*`.
        gate: what holds one that waits for the others.
        size: how many subjects it has.
        siblings: asks for the others that are firing; each costs the store some reads.
        pending: how many of the others are not decided yet.
        longest: the longest interval in the group.
        ticket: the last ticket of its roll-up, open or not.
        belief: the roll-up's own condition.
        line: this check's line on *ticket*.
        lines: asks for the whole checklist of the ticket that would be reopened.
        is_duplicate: *ticket* was resolved as a duplicate of one that is open.
        restarted: wall time at which the parent came back, when that was just now: what
            has been down since before counts as one start.
        of_parent: the parent's ticket that was resolved then.
    """

    name: str
    gate: Gate
    size: int
    siblings: Callable[[], tuple[Sibling, ...]] = tuple
    pending: int = 0
    longest: timedelta = timedelta()
    ticket: Ticket | None = None
    belief: Condition | None = None
    line: Member | None = None
    lines: Callable[[], tuple[Member, ...]] = tuple
    is_duplicate: bool = False
    restarted: datetime | None = None
    of_parent: Ticket | None = None


class Around(Protocol):
    """What a decision may ask; times are wall time."""

    def quiet(self, at: datetime) -> tuple[StayQuiet, ...]:
        """The silences and maintenance windows that hold at *at*."""
        ...

    def window_ended(self, at: datetime) -> datetime | None:
        """When the last maintenance window before *at* ended."""
        ...

    def is_isolated(self) -> bool:
        """Whether the monitor is cut off from what this check needs."""
        ...

    def blackout(self) -> Ticket | None:
        """The open ticket that says that everything is unreachable, while that is so."""
        ...

    def primary(self) -> Above | None:
        """The primary check of its subject, for any other one."""
        ...

    def ancestors(self) -> Iterable[Above]:
        """The primaries of what it is reached through, nearest first; each costs some reads."""
        ...

    def groups(self) -> tuple[Group, ...]:
        """Those it belongs to, the parent's first."""
        ...

    def left_on(self) -> Group | None:
        """The list (of the adopted, of a storm, of a blackout) that is over and has it down."""
        ...

    def began(self) -> datetime | None:
        """Since when this process could ask (the daemon's own clock); None: for ever."""
        ...

    def brake(self) -> Group | None:
        """Everything, while too much is being opened."""
        ...

    def children_rollup(self) -> Ticket | None:
        """The open roll-up of what is reached through it."""
        ...

    def below(self) -> tuple[Sibling, ...]:
        """What is reached through it and has an open ticket of its own."""
        ...

    def lines(self, number: int) -> tuple[Member, ...]:
        """The checklist of a ticket."""
        ...

    def of_subject(self) -> tuple[Ticket, ...]:
        """The open tickets about its subject that stand for what is on them, newest first."""
        ...


class _Alone:
    """Nothing around: a lone check of a lone subject."""

    def quiet(self, at: datetime) -> tuple[StayQuiet, ...]:  # noqa: ARG002 - the protocol's
        return ()

    def window_ended(self, at: datetime) -> datetime | None:  # noqa: ARG002 - the protocol's
        return None

    def is_isolated(self) -> bool:
        return False

    def blackout(self) -> Ticket | None:
        return None

    def primary(self) -> Above | None:
        return None

    def ancestors(self) -> tuple[Above, ...]:
        return ()

    def groups(self) -> tuple[Group, ...]:
        return ()

    def left_on(self) -> Group | None:
        return None

    def began(self) -> datetime | None:
        return None

    def brake(self) -> Group | None:
        return None

    def children_rollup(self) -> Ticket | None:
        return None

    def below(self) -> tuple[Sibling, ...]:
        return ()

    def lines(self, number: int) -> tuple[Member, ...]:  # noqa: ARG002 - the protocol's
        return ()

    def of_subject(self) -> tuple[Ticket, ...]:
        return ()


ALONE: Around = _Alone()
