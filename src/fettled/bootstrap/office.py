"""
The office of one daemon: everything that people's work on tickets needs.

Made once; `go_by` lets it go by other settings after a reload. What looks at targets is
`assembly`'s.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import islice

from fettled import calendar
from fettled.app.audit import Audit
from fettled.app.catalogue import make_catalogue
from fettled.app.desk import Desk
from fettled.app.feed import Feed
from fettled.app.incidents import Incidents
from fettled.app.memory import Memory
from fettled.app.notices import Notices
from fettled.app.once import Once, around
from fettled.app.quiet import Quiet
from fettled.app.removals import Removals
from fettled.app.retention import TicketRetention
from fettled.app.signed_links import SignedLinks
from fettled.app.sla import Sla
from fettled.app.sla_watch import SlaWatch
from fettled.app.sla_windows import QuietWindows
from fettled.app.tending import Tending
from fettled.app.tickets import Tickets
from fettled.app.tokens import Tokens
from fettled.app.workflows import Workflows
from fettled.bootstrap.catalogue import make_catalogue_services
from fettled.bootstrap.files import FileDesks, file_desks
from fettled.bootstrap.notices import make_terms
from fettled.bootstrap.people import make_staff
from fettled.config.catalogue import catalogue_lists
from fettled.config.schema import Settings
from fettled.config.sla import office_hours, sla_rules
from fettled.core.policy import ALWAYS
from fettled.core.words import Status
from fettled.ports import Clock, Directory, EventSink, Fleet
from fettled.ports.workflows import Listed
from fettled.store import SqlStore
from fettled.telemetry.sink import LogSink
from fettled.web.keys_catalogue import CatalogueServices


class OfficeServices(FileDesks):
    """Fields of `fettled.web.keys.Services`."""

    tickets: Tickets
    incidents: Incidents
    removals: Removals
    tokens: Tokens
    directory: Directory
    catalogue: CatalogueServices
    audit: Audit
    workflows: Callable[[], Awaitable[Listed]]
    links: SignedLinks
    once: Once
    feed: Feed


class Office:
    """The parts, over one store and one memory."""

    def __init__(
        self,
        settings: Settings,
        *,
        store: SqlStore,
        clock: Clock,
        memory: Memory,
        quiet: Quiet,
        sink: EventSink,
        feed: Feed,
        log: LogSink,
    ) -> None:
        self._settings = settings
        self._store, self._clock, self._memory, self._sink = store, clock, memory, sink
        self._longest_window = timedelta()
        self._feed = feed
        #: Open tickets, as they were counted last.
        self.active = 0
        self.wake: Callable[[str], object] = str
        self.staff = make_staff(settings, store, clock, memory, sink)
        self.catalogue = make_catalogue()
        self.sla = Sla(clock, QuietWindows(quiet, calendar.runs))
        self.sla_watch = SlaWatch(self.sla, store, clock, memory, sink, quiet)
        store.stamp_by(self.sla.stamp)
        self.once = Once(store, clock)
        store.around = around
        self._tickets = Tickets(store, clock, memory, sink, self._desk)
        self._tickets.wake = self._wake
        #: Words for receivers that want them.
        self.notices = Notices(
            store, clock, memory, self.staff.directory, lambda: self._notice_terms
        )
        self.links = SignedLinks(store, clock, self._tickets, self._desk, self._base)
        self._removals = Removals(store, clock, memory)
        self._tokens = Tokens(store, clock, self.staff.directory.roles_of)
        self.workflows = Workflows(store, clock, self._tickets, self._desk, sink.faulted)
        self.tending = Tending(store, clock, memory, sink, self._close_after)
        self.retention = TicketRetention(store, clock, memory, self._keep, log.tickets_forgotten)
        self.go_by(settings)

    def go_by(self, settings: Settings) -> None:
        """Go by *settings* from now on; people are `staff`'s."""
        self._settings = settings
        self.sla.rules = sla_rules(settings.sla)
        self.sla_watch.rules_changed()
        self.catalogue.configure(catalogue_lists(settings))
        self._hours = office_hours(settings.sla)
        self._notice_terms = make_terms(settings)

    def fleet_changed(self, fleet: Fleet) -> None:
        """Go by *fleet*: a ticket must not close while the monitor may still reopen it."""
        windows = {spec.policy.reopen_window for spec in fleet.checks.values()} - {ALWAYS}
        for source in fleet.sources.values():
            windows |= {rule.policy.reopen_window for rule in source.rules} - {ALWAYS}
        self._longest_window = max(windows, default=timedelta())

    def services(self) -> OfficeServices:
        """Give what the web calls."""
        return OfficeServices(
            tickets=self._tickets,
            incidents=Incidents(self._tickets, self._store, self._clock, self._desk),
            removals=self._removals,
            tokens=self._tokens,
            directory=self.staff.directory,
            catalogue=make_catalogue_services(
                catalogue=self.catalogue,
                store=self._store,
                clock=self._clock,
                memory=self._memory,
                sink=self._sink,
                wake=self._wake,
            ),
            audit=Audit(self._store),
            workflows=self.workflows.listed,
            links=self.links,
            once=self.once,
            feed=self._feed,
            **file_desks(self._store, self._clock, self._memory, self._sink),
        )

    def _desk(self) -> Desk:
        rules = self._settings.tickets
        return Desk(
            directory=self.staff.directory,
            reopen_to=None if rules.reopen_to is None else Status(rules.reopen_to),
            escalates_enterprise=rules.escalate_enterprise,
            next_office=self._next_office,
            check_fields=self.catalogue.check,
            has_subject=lambda key: key in self._memory.specs,
        )

    def _next_office(self, at: datetime) -> datetime | None:
        if self._hours is None:
            return None
        return next((start for start, _ in islice(self._hours(at), 2) if start > at), None)

    def _base(self) -> str:
        return self._settings.server.public_url or ""

    def _wake(self, check: str) -> object:
        return self.wake(check)

    def _close_after(self) -> timedelta:
        return max(self._settings.tickets.close_after, self._longest_window)

    def _keep(self) -> timedelta:
        return max(self._settings.tickets.retention, self._close_after())
