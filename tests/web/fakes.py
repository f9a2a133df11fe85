"""Small fakes that fit the protocols of `fettled.web.keys`, and a store of tokens and silences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fettled.app.backlog import Adopted
from fettled.app.callers import Caller
from fettled.app.health import Figures, Health, assess
from fettled.app.opening import Opened
from fettled.app.signed_links import Refusal, Seen
from fettled.app.views import CheckView, SubjectView
from fettled.core.actions import Action, Comment
from fettled.core.audit import object_of, type_of
from fettled.core.condition import Condition
from fettled.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StaleError,
    StoreDownError,
)
from fettled.core.filing import NewTicket, edited, filed
from fettled.core.observations import Reason
from fettled.core.permissions import Principal, may_act, sees
from fettled.core.quiet import Scope
from fettled.core.statistics import Sums
from fettled.core.tickets import MONITOR, Actor, Change, Entry, Member, Ticket
from fettled.core.words import Gate, Phase, Priority, Source, Status, SubjectType, Verdict
from fettled.ports import (
    AuditFilter,
    Fleet,
    Input,
    Place,
    QuietSpec,
    Sort,
    SortKey,
    SubjectSpec,
    TicketFilter,
    Token,
)
from fettled.ports.search import StatsFilter

AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


#: What silences and windows can name.
WATCHED = Fleet(
    {
        "hub": SubjectSpec("hub", "Hub", SubjectType.INTEGRATION, labels={"site": "oslo"}),
        "door-1": SubjectSpec("door-1", "Door 1", SubjectType.DEVICE, parent="hub"),
    },
    {},
    quiet=(
        QuietSpec(
            id="file-1",
            gate=Gate.SILENCE,
            subject="hub",
            selector={},
            scope=Scope.SUBJECT,
            reason="in the file",
            author="",
            ends_at=AT + timedelta(days=1),
            origin="silences[0]",
        ),
    ),
)
#: A silence and a window that somebody made.
KEPT = tuple(
    QuietSpec(
        id=ident,
        gate=gate,
        subject="door-1",
        selector={},
        scope=Scope.SUBJECT,
        reason="painters",
        author="bob",
        starts_at=AT - timedelta(hours=1),
        ends_at=AT + timedelta(hours=1),
        created_at=AT - timedelta(hours=1),
    )
    for ident, gate in (("s1", Gate.SILENCE), ("w1", Gate.MAINTENANCE_WINDOW))
)


class FakeClock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = AT

    def now(self) -> datetime:
        return self.at

    def wall(self) -> datetime:
        return self.at


class FakeStore:
    """Tokens in a dict; *down* makes everything fail as a store that is down does."""

    def __init__(self) -> None:
        self.tokens: dict[str, Token] = {}
        self.quiet: dict[str, QuietSpec] = {}
        self.logged: list[tuple[str, str, dict[str, Any]]] = []
        self.rows: list[Input] = []
        self.audited: AuditFilter | None = None
        self.down = False
        self.reads = 0
        self.last_commit = 0.0

    async def read(self, ask: Callable[[Any], Any]) -> Any:
        self.reads += 1
        if self.down:
            msg = "secret-path/fettled.db: disk I/O error"
            raise StoreDownError(msg)
        return ask(self)

    async def write(self, unit: Callable[[Any], Any]) -> Any:
        return await self.read(unit)

    def token(self, token_id: str) -> Token | None:
        return self.tokens.get(token_id)

    def token_count(self) -> int:
        return len(self.tokens)

    def silences(self) -> list[QuietSpec]:
        return list(self.quiet.values())

    def put_silence(self, spec: QuietSpec) -> None:
        self.quiet[spec.id] = spec

    def log_input(self, kind: str, at: datetime, actor: Actor | str, data: dict[str, Any]) -> None:
        name = actor if isinstance(actor, str) else actor.name or actor.type
        if not kind.startswith("token."):  # every test begins with some
            self.logged.append((kind, name, data))
        position = len(self.rows) + 1
        about = object_of(kind, data)
        self.rows.append(Input(position, kind, at, name, data, type_of(name), about, "f" * 64))

    def audit(self, which: AuditFilter, *, before: int | None, limit: int) -> list[Input]:
        self.audited = which
        found = [row for row in self.rows if before is None or row.position < before]
        return found[::-1][:limit]

    def tokens_after(self, ident: str, *, limit: int) -> list[Token]:
        found = sorted(self.tokens.values(), key=lambda token: token.id)
        return [token for token in found if token.id > ident][:limit]

    def revoke_token(self, token_id: str) -> bool:
        return self.tokens.pop(token_id, None) is not None

    def add_token(self, token: Token) -> None:
        self.tokens[token.id] = token


def make_ticket(number: int = 42, **fields: object) -> Ticket:
    """Make the ticket of the design's example."""
    ticket = Ticket(
        title="Device offline: door-1",
        kind="device_offline",
        source=Source.HEALTH_MONITOR,
        priority=Priority.HIGH,
        created_at=AT,
        updated_at=AT,
        number=number,
        subject="door-1",
        check="door-1/ping",
        version=3,
    )
    return replace(ticket, **fields)


def make_subject(key: str = "door-1", **fields: object) -> SubjectView:
    """Make a subject with one check."""
    check = CheckView("ping", "icmp", Phase.FIRING, Verdict.DOWN, Reason.TIMEOUT, "", AT, AT)
    view = SubjectView(
        7, key, "Door 1", SubjectType.DEVICE, Phase.FIRING, AT, checks=(check,), ticket=42
    )
    return replace(view, **fields)


class FakeTickets:
    """Tickets in a dict; an action writes down who did it."""

    def __init__(self) -> None:
        self.kept = {42: make_ticket()}
        self.entries = [Entry("opened", AT, MONITOR, {"kind": "device_offline"}, seq=1)]
        self.acts: list[tuple[str, Action, Actor]] = []
        self.members: dict[int, list[Member]] = {}
        self.adopted: list[tuple[tuple[str, ...], Actor]] = []
        self.asked: TicketFilter | None = None
        self.error: Exception | None = None

    async def get(self, ref: str, who: Principal | None = None) -> Ticket:
        if self.error is not None:
            raise self.error
        for ticket in self.kept.values():
            is_it = ref in {str(ticket.number), ticket.reference}
            if is_it and (who is None or sees(who, ticket)):
                return ticket
        msg = "there is no such ticket"
        raise NotFoundError(msg)

    async def timeline(self, ref: str, after: int, limit: int) -> list[Entry]:
        await self.get(ref)
        return [entry for entry in self.entries if entry.seq > after][:limit]

    async def act(self, ref: str, action: Action, caller: Caller) -> Ticket:
        ticket = await self.get(ref, caller.who)
        if caller.who is not None and not may_act(caller.who, ticket, action):
            msg = "your token does not allow that on this ticket"
            raise ForbiddenError(msg)
        if caller.version not in {None, ticket.version}:
            msg = f"#{ticket.number} is at version {ticket.version}"
            raise StaleError(msg)
        if ticket.status is Status.CLOSED:
            msg = f"#{ticket.number} is closed"
            raise ConflictError(msg)
        self.acts.append((ref, action, caller.actor))
        status = ticket.status if isinstance(action, Comment) else Status.RESOLVED
        after = replace(ticket, version=ticket.version + 1, status=status)
        self.kept[ticket.number] = after
        return after

    async def create(self, new: NewTicket, caller: Caller) -> Ticket:
        change = filed(new, caller.actor, AT)
        self.kept[43] = replace(change.ticket, number=43)
        return self.kept[43]

    async def open(
        self, new: NewTicket, caller: Caller, reopen_within: timedelta | None = None
    ) -> Opened:
        return Opened(await self.create(new, caller), is_new=True)

    async def edit(self, ref: str, wanted: Mapping[str, Any], caller: Caller) -> Ticket:
        ticket = await self.get(ref, caller.who)
        change = edited(ticket, wanted, caller.actor, AT)
        after = change.ticket if change is not None else ticket
        self.kept[ticket.number] = after
        return after

    async def delete(self, ref: str, caller: Caller) -> None:
        del self.kept[(await self.get(ref, caller.who)).number]

    async def adopt(self, subjects: Sequence[str], actor: Actor) -> Adopted:
        if unknown := set(subjects) - {"door-1"}:
            msg = f"there is no subject {unknown.pop()!r}"
            raise NotFoundError(msg)
        self.adopted.append((tuple(subjects), actor))
        ticket = self.kept[42]
        return Adopted(ticket, Change(ticket, ()), {"door-1/ping": Condition("door-1/ping")})

    async def list(self, which: TicketFilter, before: int | None, limit: int):
        self.asked = which
        found = sorted(self.kept.values(), key=lambda ticket: -ticket.number)
        return [one for one in found if before is None or one.number < before][:limit]


class FakeSearching:
    """Finds whatever ticket is kept, newest first, and remembers what it was asked for."""

    def __init__(self, tickets: FakeTickets) -> None:
        self._tickets = tickets

    async def find(self, which: TicketFilter, sort: Sort, after: Place | None, limit: int):
        if which.q is not None and sort.key is not SortKey.NUMBER:
            msg = "goes with `q` only as -number or number"
            raise InvalidError(msg, "sort")
        self._tickets.asked, self._tickets.sorted = which, sort
        return await self._tickets.list(which, None if after is None else after.number, limit)

    async def checklists(self, numbers: Sequence[int], most: int) -> dict[int, list[Member]]:
        return {number: self._tickets.members.get(number, [])[:most] for number in numbers}

    async def count(self, _: TicketFilter) -> int | str:
        return len(self._tickets.kept) if len(self._tickets.kept) < 1000 else "1000+"

    async def stats(self, which: StatsFilter) -> Sums:
        self._tickets.added_up = which
        return Sums()


class FakeSubjects:
    """Subjects in a dict."""

    def __init__(self) -> None:
        self.kept = {"door-1": make_subject()}

    def all(self) -> list[SubjectView]:
        return list(self.kept.values())

    def get(self, key: str) -> SubjectView:
        if key not in self.kept:
            msg = f"there is no subject {key}"
            raise NotFoundError(msg)
        return self.kept[key]


class FakeHeartbeats:
    """One heartbeat check, `cron/main`."""

    def __init__(self) -> None:
        self.beats: list[str] = []

    async def beat(self, key: str) -> None:
        if key not in {"cron", "cron/main"}:
            msg = f"there is no heartbeat check {key}"
            raise NotFoundError(msg)
        self.beats.append(key)


class FakeLinks:
    """Links in notifications, of which none was ever made."""

    async def look(self, text: str) -> Seen:
        return Seen(refusal=Refusal.FORGED, because="this is no link of ours")

    use = look


class FakeHealth:
    """Figures that are set by hand."""

    def __init__(self) -> None:
        self.figures = Figures(store_age=0.1, scheduler_age=0.1, loop_lag=0.001)

    def __call__(self) -> Health:
        return assess(self.figures)


DAY = timedelta(days=1)
