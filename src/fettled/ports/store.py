"""The store: what can be asked of it, what a unit of the writer may do, and how both are run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from fettled.core.condition import Condition
from fettled.core.spans import Span
from fettled.core.tickets import Actor, Change, Entry, Member, Membership, Ticket
from fettled.core.words import Gate
from fettled.ports.fleet import SubjectSpec
from fettled.ports.quiet import QuietSpec
from fettled.ports.records import (
    Gating,
    Heartbeat,
    Input,
    KnownCheck,
    OutboxEvent,
    Subject,
    TicketFilter,
    Token,
)

T = TypeVar("T")


class Reader(Protocol):
    """What can be asked of the store; each call is one statement."""

    def condition(self, check: str) -> Condition | None: ...
    def conditions(self) -> list[Condition]: ...
    def ticket(self, number: int) -> Ticket | None: ...
    def last_ticket(self, check: str) -> Ticket | None:
        """The condition's open ticket, else the one resolved last."""
        ...

    def ticket_of_key(self, key: str) -> Ticket | None:
        """The open ticket of a caller's key, else the one resolved last."""
        ...

    def last_tickets(self) -> dict[str, Ticket]:
        """`last_ticket` of every condition that has one, by check."""
        ...

    def membership(self, check: str) -> Membership | None:
        """Its line on the newest open ticket that stands for its outage (not its blindness)."""
        ...

    def memberships(self) -> dict[str, Membership]:
        """`membership` of every check that has one, by check."""
        ...

    def members(self, number: int) -> list[Member]:
        """The checklist of a ticket, in the order in which they joined."""
        ...

    def line(self, number: int, check: str) -> Member | None:
        """One line of a checklist."""
        ...

    def left_on(self, check: str) -> Membership | None:
        """Its line on the newest list that is over and has it down: see `keys.LISTS`."""
        ...

    def still_down(self, number: int, *, since: datetime) -> int:
        """How many lines of a checklist are down and were not healthy after *since*."""
        ...

    def memberships_of(self, check: str, *, since: datetime) -> list[Membership]:
        """On which tickets, open or not, it was a member that was not over before *since*."""
        ...

    def gatings(self, check: str, *, since: datetime) -> list[Gating]:
        """The gates that held it since then, in order."""
        ...

    def openings(self, *, since: datetime, limit: int) -> int:
        """How many tickets the monitor opened or reopened since then; counts up to *limit*."""
        ...

    def tickets(self, which: TicketFilter, *, before: int | None, limit: int) -> list[Ticket]:
        """Newest first, with numbers below *before*."""
        ...

    def tickets_of_subject(self, subject: str, *, since: datetime) -> list[Ticket]:
        """Those about a subject, open or not, that were not over before *since*."""
        ...

    def standing_for(self, subject: str) -> list[Ticket]:
        """The open tickets about a subject that `membership` can tell of, the newest first."""
        ...

    def ticket_counts(self) -> dict[tuple[str, str, str, str], int]:
        """How many by (status, priority, kind, source)."""
        ...

    def timeline(self, number: int, *, after: int, limit: int) -> list[Entry]:
        """Entries with a sequence number above *after*, in order."""
        ...

    def spans(self, check: str, *, since: datetime) -> list[Span]: ...
    def subjects(self) -> list[Subject]: ...
    def heartbeats(self) -> dict[str, Heartbeat]: ...
    def checks(self) -> dict[str, KnownCheck]:
        """Those of the configuration that was adopted last, by key."""
        ...

    def inputs(self, *, after: int, limit: int) -> list[Input]:
        """The log of other inputs from *after* on, in its order."""
        ...

    def inputs_of(self, kinds: Collection[str], *, since: datetime) -> list[Input]:
        """Those of some kinds since then, in order."""
        ...

    def figure(self, name: str) -> int | None:
        """Give a single figure that was kept by name."""
        ...

    def silences(self) -> list[QuietSpec]:
        """The silences and maintenance windows that people made, the oldest first."""
        ...

    def token(self, token_id: str) -> Token | None: ...
    def token_count(self) -> int: ...
    def outbox(self, *, after: int, limit: int) -> list[OutboxEvent]: ...


class UnitOfWork(Reader, Protocol):
    """
    A unit of the writer: reads that decide, and writes that commit together.

    Runs on the writer's thread, may be run again from its start, and must not wait
    for anything but the store. On PostgreSQL its single-row reads lock the row.
    """

    def put_condition(self, condition: Condition) -> None: ...
    def apply(self, change: Change) -> Change:
        """
        Insert or update the ticket and members, append its entries, write its outbox rows.

        What it is to merge is left to the caller, who needs its number for that.

        Returns:
            The change with the ticket's number, version and sequence numbers.

        Raises:
            ConflictError: another ticket with the same open_key is open.
        """
        ...

    def put_gating(self, check: str, gate: Gate | None, at: datetime) -> None:
        """Note that from *at* on this gate holds it, or none; the one before it ends."""
        ...

    def put_spans(self, spans: Iterable[Span]) -> None:
        """Insert, or lengthen where (check, order) is there already."""
        ...

    def put_heartbeats(self, beats: Iterable[Heartbeat]) -> None: ...
    def log_input(self, kind: str, at: datetime, actor: Actor | str, data: dict[str, Any]) -> None:
        """
        Record an input other than an observation: a person's action, a reload, a start.

        It is audited: never with a secret in it, and never changed. Of an actor that is a
        name alone, the type is taken from `fettled.core.audit.type_of`.
        """
        ...

    def sync_subjects(self, specs: Sequence[SubjectSpec], at: datetime) -> None:
        """Number the new, update the changed, mark the removed."""
        ...

    def rename_subject(self, old: str, new: str) -> None:
        """
        Carry number, tickets and silences of *old* over to *new*.

        A removed subject that went by *new* loses its number to it.
        """
        ...

    def put_checks(self, checks: Iterable[KnownCheck]) -> None: ...
    def rename_check(self, old: str, new: str) -> None:
        """
        Carry condition, tickets, memberships, history and heartbeat of *old* over to *new*.

        What a removed check left at *new* gives way: its history and its lines on
        checklists are forgotten, its tickets belong to no check any more.
        """
        ...

    def delete_check(self, check: str, at: datetime) -> None:
        """
        Forget what is believed and known of a check; its tickets and history stay.

        Nothing holds it from *at* on.
        """
        ...

    def put_figure(self, name: str, value: int) -> None:
        """Keep a single figure by name; names of the store's own are not to be used."""
        ...

    def put_silence(self, spec: QuietSpec) -> None:
        """Insert it, or overwrite the one of that id; where it stands in a file is not kept."""
        ...

    def forget_silences(self, before: datetime) -> int:
        """Delete those that ended before; how many were."""
        ...

    def add_token(self, token: Token) -> None: ...
    def next_incarnation(self) -> int:
        """Count this start of the daemon."""
        ...

    def forget(self, *, spans_before: datetime, outbox_before: datetime, limit: int) -> int:
        """
        Delete at most *limit* rows of each kind that ended before; how many were.

        Gatings are history as spans are, and go with them.
        """
        ...


class Store(Protocol):
    """The SQL store behind one writer thread and a few reader threads."""

    async def write(self, unit: Callable[[UnitOfWork], T]) -> T:
        """
        Run *unit* in the writer's next transaction; answer after COMMIT.

        Raises:
            StoreDownError: nothing of the unit was kept.
            StoreUnsureError: it may have been kept; it is a StoreDownError too.
        """
        ...

    async def read(self, ask: Callable[[Reader], T]) -> T:
        """Run *ask* on a reader's thread."""
        ...

    @property
    def last_commit(self) -> float:
        """When the writer last proved to be alive, in `time.monotonic` seconds."""
        ...
