"""
What the web needs of the rest, as protocols, and the one place where it is kept.

No logic: the composition root fills `Services`, tests fill it with small fakes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from aiohttp import web

from fettled.app.account import AccountPage
from fettled.app.anybody import Anybody
from fettled.app.backlog import Adopted
from fettled.app.callers import Caller
from fettled.app.explain import Explained
from fettled.app.exports import Dossier
from fettled.app.feed import Stream, Told
from fettled.app.health import Health
from fettled.app.incidents import Incidents
from fettled.app.once import Claim
from fettled.app.opening import Opened
from fettled.app.signed_links import Seen
from fettled.app.silences import Wanted
from fettled.app.tokens import Tokens
from fettled.app.views import QuietState, QuietView, SubjectView
from fettled.core.actions import Action, Comment
from fettled.core.attachments import Attachment
from fettled.core.filing import NewTicket
from fettled.core.permissions import Principal
from fettled.core.sla_values import Clocks
from fettled.core.spans import Span
from fettled.core.statistics import Sums
from fettled.core.tickets import SYSTEM, Actor, Entry, Member, Ticket
from fettled.core.words import Gate
from fettled.ports import AuditFilter, Directory, Input, KeptAnswer, Place, Sort, TicketFilter
from fettled.ports.search import StatsFilter
from fettled.ports.workflows import Listed, none_listed
from fettled.web.keys_alarms import AlarmDesk
from fettled.web.keys_catalogue import CatalogueServices
from fettled.web.keys_machines import Exposition, Heartbeats
from fettled.web.keys_receivers import Receivers


class Tickets(Protocol):
    """The use cases of tickets; *ref* is a number or `INC-...`."""

    async def get(self, ref: str, who: Principal | None = None) -> Ticket:
        """Raise NotFoundError for what does not exist, or is not for *who* to see."""
        ...

    async def timeline(self, ref: str, after: int, limit: int) -> list[Entry]:
        """Entries above *after*, in order; *limit* is at most 201."""
        ...

    async def create(self, new: NewTicket, caller: Caller) -> Ticket:
        """File one; InvalidError names the field."""
        ...

    async def open(
        self, new: NewTicket, caller: Caller, reopen_within: timedelta | None = None
    ) -> Opened:
        """File one unless one of its key is open; ConflictError, InvalidError."""
        ...

    async def act_on_key(self, key: str, action: Action, caller: Caller) -> Ticket:
        """Do *action* to the ticket of a caller's key; as `act`."""
        ...

    async def edit(self, ref: str, wanted: Mapping[str, Any], caller: Caller) -> Ticket:
        """Change fields; answers the ticket as it is then."""
        ...

    async def act(self, ref: str, action: Action, caller: Caller) -> Ticket:
        """Do *action* and answer the ticket as it is then; StaleError if it has changed."""
        ...

    async def adopt(self, subjects: Sequence[str], actor: Actor) -> Adopted:
        """Make one ticket of the standing backlog; NotFoundError for an unknown subject."""
        ...

    # Last, as it hides the builtin for what follows it in the class.
    async def list(self, which: TicketFilter, before: int | None, limit: int) -> list[Ticket]:
        """Newest first, numbers below *before*; *limit* is at most 201 (a page and one more)."""
        ...


class Searching(Protocol):
    """Finding tickets, and what they add up to."""

    async def find(
        self, which: TicketFilter, sort: Sort, after: Place | None, limit: int
    ) -> list[Ticket]:
        """Those that come after a place; *limit* is at most 201 (a page and one more)."""
        ...

    async def checklists(self, numbers: Sequence[int], most: int) -> dict[int, list[Member]]:
        """The first *most* members of those tickets that have any."""
        ...

    async def count(self, which: TicketFilter) -> int | str:
        """How many there are, or `1000+`."""
        ...

    async def stats(self, which: StatsFilter) -> Sums:
        """What the tickets of a stretch of time add up to."""
        ...


class Removals(Protocol):
    """Deleting tickets."""

    async def delete(self, ref: str, caller: Caller) -> None:
        """Delete one; ConflictError where it is neither closed nor a mistake."""
        ...


class Comments(Protocol):
    """What people wrote about tickets; NotFoundError for a ticket that is not theirs to see."""

    async def made(self, after: Ticket, comment: Comment, actor: Actor) -> Entry:
        """The entry of a comment that left its ticket as *after*."""
        ...

    async def list(self, ref: str, who: Principal, after: int, limit: int) -> list[Entry]:
        """Those above *after*, in order."""
        ...


class AttachmentDesk(Protocol):
    """Files on tickets; NotFoundError for a ticket that is not theirs to see."""

    async def get(self, ref: str, who: Principal, ident: int) -> Attachment:
        """Raise NotFoundError for what does not exist."""
        ...

    async def piece(self, ident: int, piece: int) -> bytes | None:
        """A piece of a content, from 0; None behind the last one."""
        ...

    async def expect(self, ref: str, who: Principal) -> None:
        """Refuse at once what `add` would refuse whatever is sent."""
        ...

    async def add(
        self, ref: str, who: Principal, files: Sequence[tuple[str, bytes]]
    ) -> list[Attachment]:
        """Attach all or none; those that are there already are not kept twice."""
        ...

    async def remove(self, ref: str, who: Principal, ident: int) -> None:
        """Remove one; ForbiddenError, ConflictError."""
        ...

    # Last, as it hides the builtin for what follows it in the class.
    async def list(self, ref: str, who: Principal) -> list[Attachment]:
        """All of a ticket's, in order."""
        ...


class Subjects(Protocol):
    """The subjects, from memory."""

    def all(self) -> list[SubjectView]:
        """Every configured subject, in any order."""
        ...

    def get(self, key: str) -> SubjectView:
        """Raise NotFoundError for what is not configured."""
        ...

    def key_of(self, ident: int) -> str | None:
        """Find the key of the subject with that number."""
        ...


class Explainer(Protocol):
    """Why subjects are as they are."""

    async def explain(self, subject: str, who: Principal | None = None) -> Explained:
        """Raise NotFoundError for what is not configured."""
        ...


class Accounts(Protocol):
    """Where down time went."""

    async def page(self, back: timedelta, after: str | None, limit: int) -> AccountPage:
        """Account for *limit* checks whose keys come after *after*."""
        ...


class Histories(Protocol):
    """What was seen."""

    async def of(
        self,
        subject: str,
        check: str | None,
        back: timedelta,
        after: tuple[int, int] | None,
        limit: int,
    ) -> list[Span]:
        """Give stretches of a check, the oldest first; NotFoundError where there is none."""
        ...


class Reload(Protocol):
    """The reading of the configuration."""

    async def __call__(self, *, force: bool = False, by: Actor = SYSTEM) -> list[str]:
        """Read it again for *by*, and answer notes; *force* confirms that what is gone is gone."""
        ...


class Silences(Protocol):
    """Silences and maintenance windows: those of the configuration, and those people make."""

    def get(self, gate: Gate, ident: str) -> QuietView:
        """Raise NotFoundError for what does not exist."""
        ...

    async def add(self, wanted: Wanted, author: str) -> QuietView:
        """Make one; InvalidError names the field."""
        ...

    async def end(self, gate: Gate, ident: str, author: str) -> None:
        """End one now; NotFoundError, or ConflictError for one of the configuration."""
        ...

    # Last, as it hides the builtin for what follows it in the class.
    def list(
        self, gate: Gate, states: frozenset[QuietState], before: str | None, limit: int
    ) -> list[QuietView]:
        """The newest first, those whose `silences.place_of` is below *before*."""
        ...


class Exports(Protocol):
    """Whole tickets, for people to keep; NotFoundError for one that is not theirs to see."""

    async def gather(self, ref: str, who: Principal) -> Dossier:
        """Everything about a ticket but its timeline."""
        ...

    async def entries(self, ticket: Ticket, after: int, who: Principal) -> tuple[list[Entry], int]:
        """A piece of its timeline, as *who* may see it, and where the next one begins; 0: none."""
        ...

    def now(self) -> datetime:
        """The time that is written onto an export."""


class Audit(Protocol):
    """The audit log."""

    async def list(self, which: AuditFilter, before: int | None, limit: int) -> list[Input]:
        """Rows, the newest first, at positions below *before*."""
        ...


class Once(Protocol):
    """Requests that take effect once; see `fettled.app.once`."""

    async def find(self, caller: str, key: str) -> KeptAnswer | None:
        """What was kept of that caller's request."""
        ...

    async def is_full(self, caller: str) -> bool:
        """Whether that caller has too many keys."""
        ...

    def claim(self, caller: str, key: str, fingerprint: str) -> AbstractContextManager[Claim]:
        """Record the key with what is written inside; ConflictError where it is in work."""
        ...

    async def keep(
        self, claim: Claim, status: int, headers: dict[str, str], body: str | None
    ) -> None:
        """Keep the answer."""
        ...


class Feed(Protocol):
    """What happens, told to whoever listens; see `fettled.app.feed`."""

    def listen(self, who: str) -> AbstractContextManager[Stream]:
        """Listen under a name; TooManyError where too many do."""
        ...

    def since(self, last: int) -> AsyncIterator[list[Told] | None]:
        """Tell again what came after that event; None where that cannot be told."""
        ...

    def close(self) -> None:
        """End every stream."""
        ...


class Links(Protocol):
    """The links in notifications; see `fettled.app.signed_links`."""

    async def look(self, text: str) -> Seen:
        """Say what one offers."""
        ...

    async def use(self, text: str) -> Seen:
        """Do what it offers, once."""
        ...


@dataclass(frozen=True, slots=True)
class Settings:
    """
    The web's own part of the configuration.

    Attributes:
        metrics_token: whether GET /metrics needs a token as everything else does.
        public_url: what links to us begin with; empty: they are relative.
        dialects: which foreign APIs are served.
        requests_per_second, requests_burst, requests_at_once: of one caller.
        failed_tries: to prove who one is, a minute.
    """

    version: str
    metrics_token: bool = False
    public_url: str = ""
    dialects: frozenset[str] = frozenset({"equipment", "team_incidents"})
    requests_per_second: int = 200
    requests_burst: int = 1_000
    requests_at_once: int = 64
    failed_tries: int = 10


@dataclass(frozen=True, slots=True)
class Services:
    """
    Everything the handlers call.

    Attributes:
        reload: answers notes; ConfigError if the configuration was refused.
        config: the configuration in force, as JSON, without any secret.
        health: at once, from figures in memory.
        active: how many tickets are open, as they were counted last.
        expose: the metrics, in the form that an Accept header asks for.
        wall: the time on the wall.
        settings: asked on every request, as a reload may change them.
        clocks: what the SLA's clocks of a ticket say now.
        workflows: those in force, each with how it ran last.
        once: for requests with an `Idempotency-Key`; None: they are served as any other.
        feed: what happens; None: nobody can listen.
        alarms: those from outside; None: there are no sources.
    """

    tickets: Tickets
    removals: Removals
    incidents: Incidents
    subjects: Subjects
    explainer: Explainer
    accounts: Accounts
    histories: Histories
    heartbeats: Heartbeats
    tokens: Tokens
    silences: Silences
    catalogue: CatalogueServices
    comments: Comments
    attachments: AttachmentDesk
    exports: Exports
    searching: Searching
    audit: Audit
    receivers: Receivers
    links: Links
    reload: Reload
    config: Callable[[], Awaitable[dict[str, Any]]]
    health: Callable[[], Health]
    expose: Callable[[str], Exposition]
    wall: Callable[[], datetime]
    active: Callable[[], int] = field(default=lambda: 0)
    directory: Directory = field(default_factory=Anybody)
    settings: Callable[[], Settings] = field(default=lambda: Settings(version=""))
    clocks: Callable[[Ticket], Clocks] = field(default=lambda ticket: ticket.sla)
    workflows: Callable[[], Awaitable[Listed]] = none_listed
    once: Once | None = None
    feed: Feed | None = None
    alarms: AlarmDesk | None = None


SERVICES = web.AppKey("services", Services)
