"""A desk full of tickets of every sort, and the plainest way to find some of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from fettled.core.sla_values import UNTOUCHED, Clocks, Reading, State
from fettled.core.tickets import Change, Member, Resolution, Ticket
from fettled.core.words import Code, Impact, Level, Priority, Severity, Source, Status
from fettled.ports import Place, Sort, SortKey, TicketFilter, Viewer
from tickets_for import ANN, NOW, entry, new_ticket

WORDS = [
    "door",
    "printer",
    "offline",
    "Zürich",
    "pump",
    "café",
    "Łódź",
    "42",
    "door-7",
    "off",
    "offices",
    "øst",
    "東京",
    "pumpe",
]
FEW_WORDS = {
    "kind": ("device_offline", "service_down", "leak"),
    "subject": ("door-1", "door-2", "pump"),
    "team": ("network", "n1"),
    "assignee": ("ann", "bob"),
    "reporter": ("ann", "cy"),
    "shift": ("nights",),
    "application": ("till", "web"),
    "region": ("north",),
    "project": ("p1", "p2"),
    "category": ("hardware", "other"),
}
#: Closed vocabularies.
CLOSED = {
    "status": tuple(Status),
    "priority": tuple(Priority),
    "source": tuple(Source),
    "level": tuple(Level),
    "severity": tuple(Severity),
    "impact": tuple(Impact),
    "sla": tuple(State),
}
_LEVELS = {"critical": "P1", "high": "P2", "medium": "P3", "low": "P4"}
SPAN = timedelta(days=30)
LABELS = {"site": ("oslo", "bergen"), "floor": ("1", "2")}
MEMBERS = ("door-1", "m-1", "m-2")


def change(random: Random) -> Change:
    """Make a ticket; some of its members share a subject."""
    status = random.choice(CLOSED["status"])
    opened = NOW + random.random() * SPAN
    over = status in {Status.RESOLVED, Status.CLOSED}
    resolved = opened + random.random() * SPAN if over else None
    fields: dict[str, Any] = {
        name: random.choice((*words, None)) for name, words in FEW_WORDS.items() if name != "kind"
    }
    for name in ("level", "severity", "impact"):
        fields[name] = random.choice((*map(str, CLOSED[name]), None, None))
    ticket = new_ticket(
        None,
        **fields,
        title=" ".join(random.sample(WORDS, 2)),
        description=" ".join(random.sample(WORDS, 2)),
        kind=random.choice(FEW_WORDS["kind"]),
        source=random.choice(CLOSED["source"]),
        status=status,
        priority=random.choice(CLOSED["priority"]),
        created_at=opened,
        updated_at=resolved or opened + random.random() * SPAN,
        resolved_at=resolved,
        closed_at=resolved if status is Status.CLOSED else None,
        resolution=Resolution(Code.FIXED, resolved, ANN, random.choice(WORDS))
        if resolved
        else None,
        escalation_level=random.choice((0, 0, 1, 2)),
        sla=_clocks(random) if not over else UNTOUCHED,
        labels={key: random.choice(some) for key, some in LABELS.items() if random.random() < 0.7},
    )
    some = [Member(f"{key}/{n}", key, NOW) for key in MEMBERS for n in (1, 2)]
    members = tuple(random.sample(some, 3)) if random.random() < 0.3 else ()
    return Change(replace(ticket, member_count=len(members)), (entry(),), members)


def _clocks(random: Random) -> Clocks:
    """Make running clocks, or none."""
    state = random.choice((*State, None))
    if state is None:
        return UNTOUCHED
    due = NOW + random.choice((1, 2, 3)) * timedelta(days=1)
    return Clocks(1, response=Reading(due, State.GREEN), resolution=Reading(due + SPAN, state))


def some_filter(random: Random) -> TicketFilter:
    """Make a filter of up to three fields; sometimes of one who may not see all."""
    values: dict[str, Callable[[], object]] = {
        name: lambda words=words: frozenset(
            map(str, random.sample(words, random.choice((1, 1, 2))))
        )
        for name, words in {**FEW_WORDS, **CLOSED}.items()
        if len(words) > 1
    }
    values |= {
        "member": lambda: frozenset(random.sample(MEMBERS, 2)),
        "label": lambda: frozenset(random.sample(("site=oslo", "site=bergen", "floor=1"), 2)),
        "overdue": lambda: random.random() < 0.5,
        "escalation_level": lambda: frozenset(random.sample((0, 1, 2), 2)),
        "q": lambda: " ".join(
            random.sample((*WORDS, "CAFE", "zur", "do", "("), random.choice((1, 2)))
        ),
        "viewer": lambda: Viewer(
            random.choice(("ann", "x")), frozenset(["n1"]), frozenset(["nights"])
        ),
    }
    for name in ("opened_from", "opened_until", "resolved_from", "resolved_until", "updated_since"):
        values[name] = lambda: NOW + random.random() * SPAN
    chosen = random.sample(sorted(values), random.choice((0, 1, 1, 2, 3)))
    return TicketFilter(**{name: values[name]() for name in chosen})


def some_sort(random: Random, which: TicketFilter) -> Sort:
    """Make an order that can be had with that filter."""
    key = SortKey.NUMBER if which.q is not None else random.choice(tuple(SortKey))
    return Sort(key, random.random() < 0.5)


Lines = dict[int, tuple[Member, ...]]


def plainly(tickets: list[Ticket], lines: Lines, which: TicketFilter, sort: Sort) -> list[int]:
    """Find them by looking at every ticket."""
    found = [one for one in tickets if _matches(one, lines.get(one.number, ()), which)]
    if sort.key is SortKey.DUE:
        never = [one.number for one in found if one.sla.due_at is None]
        places = {one.number: order_of(sort.place_of(one)) for one in found if one.sla.due_at}
        first = sorted(places, key=places.__getitem__, reverse=sort.descending)
        return [*first, *sorted(never, reverse=sort.descending)]
    places = {one.number: order_of(sort.place_of(one)) for one in found}
    return sorted(places, key=places.__getitem__, reverse=sort.descending)


def order_of(place: Place) -> tuple[Any, ...]:
    """Make of a place what can be compared."""
    return (place.number,) if place.key is None else (place.key, place.number)


def _matches(ticket: Ticket, lines: tuple[Member, ...], which: TicketFilter) -> bool:
    names = ("status", "source", "priority", *FEW_WORDS, "severity", "impact", "escalation_level")
    if any(
        (words := getattr(which, name)) and getattr(ticket, name) not in words for name in names
    ):
        return False
    viewer = which.viewer
    return (
        (not which.level or (ticket.level or _LEVELS[ticket.priority]) in which.level)
        and (not which.member or any(line.subject in which.member for line in lines))
        and (not which.sla or ticket.sla.state in which.sla)
        and (which.overdue is None or (ticket.sla.state is State.RED) == which.overdue)
        and _has_labels(ticket, which.label)
        and _is_between(ticket.created_at, which.opened_from, which.opened_until)
        and _is_between(ticket.resolved_at, which.resolved_from, which.resolved_until)
        and _is_between(ticket.updated_at, which.updated_since, None)
        and (which.q is None or has_words(ticket, which.q))
        and (
            viewer is None
            or viewer.name in {ticket.assignee, ticket.reporter}
            or ticket.team in viewer.teams
            or ticket.shift in viewer.shifts
        )
    )


def _is_between(at: Any, since: Any, until: Any) -> bool:
    if since is None and until is None:
        return True
    return at is not None and (since is None or at >= since) and (until is None or at < until)


def _has_labels(ticket: Ticket, wanted: frozenset[str]) -> bool:
    given = {f"{key}={value}" for key, value in ticket.labels.items()}
    keys = {label.partition("=")[0] for label in wanted}
    return all(any(label.startswith(f"{key}=") for label in wanted & given) for key in keys)


def has_words(ticket: Ticket, q: str) -> bool:
    """Whether all words are there; letter by letter, and so in another way than the store's."""
    summary = "" if ticket.resolution is None else ticket.resolution.summary
    texts = (ticket.title, ticket.description, ticket.subject or "", summary)
    there, asked = _split(" ".join(texts)), _split(q)
    return (
        bool(asked)
        and all(word in there for word in asked[:-1])
        and any(word.startswith(asked[-1]) for word in there)
    )


def _split(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text)
    letters = [char for char in plain if not unicodedata.category(char).startswith("M")]
    return "".join(char.casefold() if char.isalnum() else " " for char in letters).split()
