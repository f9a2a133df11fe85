"""
The ports `Reader` and `UnitOfWork`, over one connection.

Only hands each call to the module of its subject; a unit's single-row reads lock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from fettled.core.condition import Condition
from fettled.core.spans import Span
from fettled.core.tickets import Change, Entry, Member, Membership, Ticket
from fettled.core.words import Gate
from fettled.ports import (
    Gating,
    Heartbeat,
    Input,
    KnownCheck,
    OutboxEvent,
    Place,
    QuietSpec,
    Sort,
    Subject,
    SubjectSpec,
    TicketAction,
    TicketFilter,
    Token,
)
from fettled.store import (
    sql_actions,
    sql_changes,
    sql_checks,
    sql_conditions,
    sql_due,
    sql_fleet,
    sql_maintenances,
    sql_members,
    sql_owing,
    sql_search,
    sql_silences,
    sql_subject_events,
    sql_tickets,
)
from fettled.store.following import Following, stamped
from fettled.store.link import Link
from fettled.store.unit_alarms import AlarmsReading, AlarmsWriting
from fettled.store.unit_audit import AuditAnswers, AuditWork
from fettled.store.unit_catalogue import CatalogueReading, CatalogueWriting
from fettled.store.unit_deliveries import DeliveriesReading, DeliveriesWriting
from fettled.store.unit_feed import FeedReading
from fettled.store.unit_files import FilesReading, FilesWriting
from fettled.store.unit_notices import NoticesReading
from fettled.store.unit_once import OnceReading, OnceWriting
from fettled.store.unit_people import PeopleReads, PeopleWrites
from fettled.store.unit_search import SearchQueries
from fettled.store.unit_signed_links import SignedLinksReading, SignedLinksWriting
from fettled.store.unit_sla import SqlSlaReader, SqlSlaUnit
from fettled.store.unit_workflows import WorkflowsReading, WorkflowsWriting


class SqlReader(
    SqlSlaReader,
    CatalogueReading,
    PeopleReads,
    FilesReading,
    AuditAnswers,
    OnceReading,
    FeedReading,
    SearchQueries,
    DeliveriesReading,
    AlarmsReading,
    WorkflowsReading,
    NoticesReading,
    SignedLinksReading,
):
    """What can be asked of the store."""

    _lock = False

    def __init__(self, link: Link) -> None:
        self._link = link

    def condition(self, check: str) -> Condition | None:
        """One condition."""
        return sql_conditions.condition(self._link, check, lock=self._lock)

    def conditions(self) -> list[Condition]:
        """Every condition."""
        return sql_conditions.every_condition(self._link)

    def ticket(self, number: int) -> Ticket | None:
        """One ticket."""
        return sql_tickets.ticket(self._link, number, lock=self._lock)

    def last_ticket(self, check: str) -> Ticket | None:
        """The newest ticket of the condition, open or not."""
        return sql_tickets.last_ticket(self._link, check, lock=self._lock)

    def ticket_of_key(self, key: str) -> Ticket | None:
        """The open ticket of a caller's key, else the one resolved last."""
        return sql_tickets.ticket_of_key(self._link, key, lock=self._lock)

    def last_tickets(self) -> dict[str, Ticket]:
        """The newest ticket of every condition that has one, by check."""
        return sql_tickets.last_tickets(self._link)

    def membership(self, check: str) -> Membership | None:
        """Its line on the newest open ticket that stands for its outage."""
        return sql_members.membership(self._link, check, lock=self._lock)

    def memberships(self) -> dict[str, Membership]:
        """`membership` of every check that has one, by check."""
        return sql_members.memberships(self._link)

    def members(self, number: int) -> list[Member]:
        """The checklist of a ticket."""
        return sql_members.members_of(self._link, number)

    def line(self, number: int, check: str) -> Member | None:
        """One line of a checklist."""
        return sql_members.line(self._link, number, check)

    def left_on(self, check: str) -> Membership | None:
        """Its line on the newest list that is over and has it down."""
        return sql_members.left_on(self._link, check)

    def still_down(self, number: int, *, since: datetime) -> int:
        """How many lines of a checklist are down and were not healthy after *since*."""
        return sql_members.still_down(self._link, number, since)

    def memberships_of(self, check: str, *, since: datetime) -> list[Membership]:
        """On which tickets it was a member that were not over before *since*."""
        return sql_members.memberships_of(self._link, check, since)

    def gatings(self, check: str, *, since: datetime) -> list[Gating]:
        """The gates that held it since then, in order."""
        return sql_members.gatings_since(self._link, check, since)

    def openings(self, *, since: datetime, limit: int) -> int:
        """How many tickets were opened or reopened since then, up to *limit*."""
        return sql_members.openings(self._link, since, limit)

    def tickets(self, which: TicketFilter, *, before: int | None, limit: int) -> list[Ticket]:
        """Newest first, with numbers below *before*."""
        after = None if before is None else Place(before)
        return sql_search.search(self._link, which, sort=Sort(), after=after, limit=limit)

    def ticket_of_uuid(self, uuid: str) -> int | None:
        """The number of the ticket with that uuid."""
        return sql_tickets.ticket_of_uuid(self._link, uuid)

    def holds_over(self, at: datetime, limit: int) -> list[int]:
        """Pending tickets whose hold is over."""
        return sql_due.holds_over(self._link, at, limit)

    def snoozes_over(self, at: datetime, limit: int) -> list[int]:
        """Tickets whose snooze is over."""
        return sql_due.snoozes_over(self._link, at, limit)

    def resolved_before(self, at: datetime, limit: int) -> list[int]:
        """Resolved tickets, the oldest resolution first."""
        return sql_due.resolved_before(self._link, at, limit)

    def actions(self, ticket: int, *, after: int, limit: int) -> list[TicketAction]:
        """A ticket's actions numbered above *after*, in order."""
        return sql_actions.actions_of(self._link, ticket, after=after, limit=limit)

    def tickets_of_subject(self, subject: str, *, since: datetime) -> list[Ticket]:
        """Tickets about a subject that were not over before *since*."""
        return sql_tickets.tickets_of_subject(self._link, subject, since)

    def standing_for(self, subject: str) -> list[Ticket]:
        """Open tickets about a subject that a membership can be of."""
        return sql_members.standing_for(self._link, subject)

    def ticket_counts(self) -> dict[tuple[str, str, str, str], int]:
        """How many by (status, priority, kind, source)."""
        return sql_tickets.counts(self._link)

    def timeline(self, number: int, *, after: int, limit: int) -> list[Entry]:
        """Entries with a sequence number above *after*, in order."""
        return sql_tickets.entries(self._link, number, after=after, limit=limit)

    def spans(self, check: str, *, since: datetime) -> list[Span]:
        """Spans that reach to *since* or later, in order."""
        return sql_conditions.spans_since(self._link, check, since)

    def subjects(self) -> list[Subject]:
        """Every subject, the removed ones too."""
        return sql_fleet.every_subject(self._link)

    def heartbeats(self) -> dict[str, Heartbeat]:
        """Every heartbeat, by check."""
        return sql_conditions.every_heartbeat(self._link)

    def checks(self) -> dict[str, KnownCheck]:
        """Every check of the configuration, by key."""
        return sql_checks.every_check(self._link)

    def inputs(self, *, after: int, limit: int) -> list[Input]:
        """Read a piece of the log of inputs."""
        return sql_fleet.every_input(self._link, after=after, limit=limit)

    def inputs_of(self, kinds: Collection[str], *, since: datetime) -> list[Input]:
        """Those of some kinds since then."""
        return sql_fleet.inputs_of(self._link, kinds, since)

    def figure(self, name: str) -> int | None:
        """A single figure that was kept by name."""
        return sql_fleet.figure(self._link, name)

    def silences(self) -> list[QuietSpec]:
        """Every silence and maintenance window that people made."""
        return sql_silences.every_silence(self._link)

    def token(self, token_id: str) -> Token | None:
        """One token."""
        return sql_fleet.token(self._link, token_id)

    def token_count(self) -> int:
        """How many tokens there are."""
        return sql_fleet.token_count(self._link)

    def outbox(self, *, after: int, limit: int) -> list[OutboxEvent]:
        """Events at positions above *after*, in order."""
        return sql_fleet.events(self._link, after=after, limit=limit)


class SqlUnit(
    SqlReader,
    SqlSlaUnit,
    CatalogueWriting,
    PeopleWrites,
    FilesWriting,
    AuditWork,
    OnceWriting,
    DeliveriesWriting,
    AlarmsWriting,
    WorkflowsWriting,
    SignedLinksWriting,
):
    """
    Reads that decide, and writes that commit together.

    Many checks are decided in one unit, and many of them ask for the same: what was read
    once stays as it is until the unit itself writes it, since nobody else can.
    """

    _lock = True

    def __init__(self, link: Link, following: Following | None = None) -> None:
        super().__init__(link)
        self._following = following or Following()
        self._conditions: dict[str, Condition | None] = {}
        self._last: dict[str, Ticket | None] = {}

    def condition(self, check: str) -> Condition | None:
        """One condition."""
        if check not in self._conditions:
            self._conditions[check] = super().condition(check)
        return self._conditions[check]

    def last_ticket(self, check: str) -> Ticket | None:
        """The newest ticket of the condition, open or not."""
        if check not in self._last:
            self._last[check] = super().last_ticket(check)
        return self._last[check]

    def put_condition(self, condition: Condition) -> None:
        """Insert or overwrite a condition; a change of phase is owed to those who ask for it."""
        phases = self._following.phases
        if phases is not None:
            before = self.condition(condition.check) or Condition(condition.check)
            event = phases(before, condition) if before.phase is not condition.phase else None
            if event is not None:
                sql_subject_events.owe(self._link, event)
        self._conditions.pop(condition.check, None)
        sql_conditions.put_condition(self._link, condition)

    def apply(self, change: Change) -> Change:
        """Write a change of a ticket whole."""
        if change.is_new:
            self._last.pop(change.ticket.check or "", None)
        else:
            self._last.clear()  # it may have taken over another one's key
        applied = sql_tickets.apply(self._link, stamped(change, self._following.stamp))
        for entry in applied.entries:
            action = self._following.record(applied.ticket, entry)
            if action is not None:
                sql_actions.put_action(self._link, action)
        sql_owing.owe(self._link, applied, self._following)
        return applied

    def delete_ticket(self, number: int) -> None:
        """Delete a ticket and all that hangs from it."""
        self._last.clear()
        sql_tickets.delete(self._link, number)

    def put_action(self, action: TicketAction) -> TicketAction:
        """Insert or overwrite something done for a ticket."""
        return sql_actions.put_action(self._link, action)

    def put_gating(self, check: str, gate: Gate | None, at: datetime) -> None:
        """Note that from *at* on this gate holds it, or none."""
        sql_members.put_gating(self._link, check, gate, at)

    def put_spans(self, spans: Iterable[Span]) -> None:
        """Insert spans, or lengthen those that are there already."""
        sql_conditions.put_spans(self._link, spans)

    def put_heartbeats(self, beats: Iterable[Heartbeat]) -> None:
        """Insert or overwrite heartbeats."""
        sql_conditions.put_heartbeats(self._link, beats)

    def sync_subjects(self, specs: Sequence[SubjectSpec], at: datetime) -> None:
        """Number the new, update the changed, mark the removed."""
        sql_fleet.sync_subjects(self._link, specs, at)

    def rename_subject(self, old: str, new: str) -> None:
        """Carry number, tickets and silences of *old* over to *new*."""
        self._forget_read()
        sql_fleet.rename_subject(self._link, old, new)
        for part in (sql_silences, sql_maintenances, sql_changes):
            part.rename_subject(self._link, old, new)

    def put_checks(self, checks: Iterable[KnownCheck]) -> None:
        """Insert or overwrite what is known of checks."""
        sql_checks.put_checks(self._link, checks)

    def rename_check(self, old: str, new: str) -> None:
        """Carry everything of *old* over to *new*."""
        self._forget_read()
        sql_checks.rename(self._link, old, new)

    def delete_check(self, check: str, at: datetime) -> None:
        """Forget a check, which nothing holds from *at* on; its tickets and history stay."""
        self._forget_read()
        sql_checks.delete_check(self._link, check, at)

    def put_figure(self, name: str, value: int) -> None:
        """Keep a single figure by name."""
        sql_fleet.put_figure(self._link, name, value)

    def put_silence(self, spec: QuietSpec) -> None:
        """Insert or overwrite a silence or maintenance window."""
        sql_silences.put_silence(self._link, spec)

    def forget_silences(self, before: datetime) -> int:
        """Delete those that ended before."""
        return sql_silences.forget_silences(self._link, before)

    def add_token(self, token: Token) -> None:
        """Add a token."""
        sql_fleet.add_token(self._link, token)

    def next_incarnation(self) -> int:
        """Count this start of the daemon."""
        return sql_fleet.next_incarnation(self._link)

    def forget(self, *, spans_before: datetime, outbox_before: datetime, limit: int) -> int:
        """Delete at most *limit* rows of each kind that ended before; how many were."""
        return sql_fleet.forget(
            self._link, spans_before=spans_before, outbox_before=outbox_before, limit=limit
        )

    def _forget_read(self) -> None:
        self._conditions.clear()
        self._last.clear()
