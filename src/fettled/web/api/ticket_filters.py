"""
What a list of tickets can be asked for: filters, orders, and where a page begins.

Reading only: what a filter means is `fettled.ports.TicketFilter`'s, what it costs the
store's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import AfterValidator, Field

from fettled.app.callers import viewer_of
from fettled.core.errors import InvalidError
from fettled.core.lines import BREAKS
from fettled.core.links import LinkType
from fettled.core.permissions import Permission
from fettled.core.sla_values import State
from fettled.core.tickets import Ticket
from fettled.core.words import Impact, Level, Priority, Severity, Source, Status
from fettled.ports import Place, Sort, SortKey, TicketFilter
from fettled.web.api.ticket_bodies import Name
from fettled.web.paging import Paged, bad_cursor, read_cursor
from fettled.web.reading import Line, Number, Time
from fettled.web.routes import Call, Model
from fettled.web.saying import Said

#: Whoever means more asks twice.
MOST_VALUES = 100
#: As an assignee: whoever asks.
ME = "me"
T = TypeVar("T")


def _not_too_many(values: frozenset[T]) -> frozenset[T]:
    if len(values) > MOST_VALUES:
        msg = f"must have at most {MOST_VALUES} values"
        raise ValueError(msg)
    return values


def _is_label(text: str) -> str:
    if not text.partition("=")[0] or "=" not in text:
        msg = "must be KEY=VALUE, such as site=oslo"
        raise ValueError(msg)
    return text


def _names_a_link(text: str) -> str:
    kind, _, name = text.partition(":")
    if not name or kind not in set(LinkType):
        msg = f"must be TYPE:NAME, such as asset:Rack 1; types are {', '.join(LinkType)}"
        raise ValueError(msg)
    return text


#: A link by its type and name, such as `asset:Rack 1`.
LinkName = Annotated[
    Line,
    Field(max_length=220),
    AfterValidator(_names_a_link),
    Said(f"^({'|'.join(LinkType)}):[^{BREAKS}]+$"),
]
Label = Annotated[
    Line, Field(max_length=400), AfterValidator(_is_label), Said(f"^[^={BREAKS}]+=[^{BREAKS}]*$")
]
Count = Annotated[Number, Field(ge=0, le=1_000_000)]
Some = Annotated[frozenset[T], AfterValidator(_not_too_many)]
SortName = Literal[
    "-number", "number", "-updated", "updated", "-priority", "priority", "due", "-due"
]


class TicketFilters(Model):
    """Filters; those of several values may be repeated, or list them by commas."""

    status: Some[Status] = frozenset()
    priority: Some[Priority] = frozenset()
    source: Some[Source] = frozenset()
    kind: Some[Name] = frozenset()
    subject: Some[Name] = frozenset()
    member: Some[Name] = frozenset()
    link: Some[LinkName] = frozenset()
    level: Some[Level] = frozenset()
    team: Some[Name] = frozenset()
    assignee: Some[Name] = frozenset()
    reporter: Some[Name] = frozenset()
    shift: Some[Name] = frozenset()
    application: Some[Name] = frozenset()
    region: Some[Name] = frozenset()
    project: Some[Name] = frozenset()
    category: Some[Name] = frozenset()
    deduplication_key: Some[Name] = frozenset()
    severity: Some[Severity] = frozenset()
    impact: Some[Impact] = frozenset()
    escalation_level: Some[Count] = frozenset()
    sla: Some[State] = frozenset()
    overdue: bool | None = None
    label: Some[Label] = frozenset()
    opened_from: Time | None = None
    opened_until: Time | None = None
    resolved_from: Time | None = None
    resolved_until: Time | None = None
    updated_since: Time | None = None
    #: Whatever it holds, it is words; what is none finds nothing. Empty, it is not given:
    #: a form that nobody filled in asks for all.
    q: str | None = None


class TicketsQuery(TicketFilters, Paged):
    """Filters, an order, which page, and whether to count."""

    sort: SortName = "-number"
    counts: bool = False


async def which_tickets(call: Call) -> TicketFilter:
    """Make the filter that the query asks for, narrowed to what the caller may see."""
    query: TicketFilters = call.query
    values: dict[str, Any] = {name: getattr(query, name) for name in TicketFilters.model_fields}
    values["link"] = frozenset(
        (kind, name) for kind, _, name in (each.partition(":") for each in query.link)
    )
    for name in ("status", "priority", "source", "level", "severity", "impact", "sla"):
        values[name] = frozenset(map(str, values[name]))
    if ME in query.assignee:
        values["assignee"] = query.assignee - {ME} | {call.principal.name}
    if query.q is not None and not query.q.strip():
        values["q"] = None
    which = TicketFilter(viewer=viewer_of(call.principal), **values)
    await refuse_unknown(call, {name: getattr(which, name) for name in _PEOPLE})
    return which


#: Filters by what `access:` names, with what each is.
_PEOPLE = {"team": "team", "assignee": "user", "shift": "on-call schedule"}


async def refuse_unknown(call: Call, asked: Mapping[str, frozenset[str]]) -> None:
    """
    Refuse to look for a team, a user or a schedule that never was: it is a slip of the pen.

    Whoever has left still has tickets, and so has a token of no configured user; they are
    found. Callers who may not list people are told nothing of who there is.

    Raises:
        InvalidError: naming the filter and the name.
    """
    people = call.services.directory
    if not people.is_configured or Permission.TICKET_VIEW_ANY not in call.principal.permissions:
        return
    knows = {"team": people.team, "assignee": people.user, "shift": people.schedule}
    for field, what in _PEOPLE.items():
        for name in sorted(asked.get(field, ())):
            if knows[field](name) is not None or name == call.principal.name:
                continue
            of_name = TicketFilter(**{field: frozenset({name})})  # type: ignore[arg-type]  # one of three
            if not await call.services.searching.find(of_name, Sort.parse("-number"), None, 1):
                msg = f"there is no {what} {name!r}"
                raise InvalidError(msg, field)


def write_place(sort: Sort, ticket: Ticket) -> str:
    """Write where *ticket* stands in that order."""
    place = sort.place_of(ticket)
    key = place.key.isoformat() if isinstance(place.key, datetime) else place.key
    return f"{sort} {place.number} {'' if key is None else key}"


def read_place(sort: Sort, cursor: str | None) -> Place | None:
    """
    Read it back; None for the beginning.

    Raises:
        InvalidError: nobody here wrote it, or it is one of another order.
    """
    text = read_cursor(cursor)
    if text is None:
        return None
    name, _, rest = text.partition(" ")
    number, _, key = rest.partition(" ")
    if name not in get_args(SortName) or not (number.isascii() and number.isdigit()):
        raise bad_cursor()
    if name != str(sort) or len(number) > len(str(2**62)) - 1:
        raise bad_cursor()
    try:
        return Place(int(number), _key(sort.key, key))
    except ValueError:
        raise bad_cursor() from None


def _key(by: SortKey, text: str) -> datetime | int | None:
    if by is SortKey.NUMBER or (by is SortKey.DUE and not text):
        return None
    if by is SortKey.PRIORITY:
        return {str(each.rank): each.rank for each in Priority}.get(text, -1)
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        msg = "has no zone"
        raise ValueError(msg)
    return at
