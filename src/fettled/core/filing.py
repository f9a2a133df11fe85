"""
Tickets that people file, and the edits of their fields, as changes.

The fields that hold a choice are judged by the API's models and the catalogue before they
come here; here is what one field means for another, and what lands on the timeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from fettled.core import lifecycle
from fettled.core.actions import Assign
from fettled.core.effects import Moment
from fettled.core.errors import InvalidError
from fettled.core.keys import open_key_of
from fettled.core.lines import is_one_line
from fettled.core.moves import act
from fettled.core.priorities import OF_LEVEL, judge
from fettled.core.tickets import SORTED_BY, Actor, Change, Entry, Ticket
from fettled.core.words import Impact, Kind, Level, Priority, Source, Urgency

#: A reporter's clock may run a little ahead of ours.
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class NewTicket:
    """What a person, or a program for one, says of an incident; see `Ticket` for the fields."""

    title: str
    description: str = ""
    kind: str = Kind.USER_REPORT.value
    source: Source = Source.API
    priority: Priority | None = None
    level: Level | None = None
    severity: str | None = None
    impact: Impact | None = None
    urgency: Urgency | None = None
    category: str | None = None
    ownership: str | None = None
    region: str | None = None
    project: str | None = None
    application: str | None = None
    service_interrupted: bool | None = None
    occurred_at: datetime | None = None
    subject: str | None = None
    filed_for: str | None = None
    team: str | None = None
    assignee: str | None = None
    shift: str | None = None
    reporter: str | None = None
    deduplication_key: str | None = None
    labels: dict[str, str] = field(default_factory=dict)


#: What somebody who files a ticket says of it, and may correct, just as it is.
_DETAILS = ("level", *SORTED_BY, "occurred_at", "subject")
#: What an edit may change; whoever holds the ticket, and its status, are changed by actions.
EDITABLE = ("title", "description", "kind", "priority", *_DETAILS, "labels")


def filed(new: NewTicket, actor: Actor, at: datetime) -> Change:
    """
    Make the ticket that *actor* files, and give it to whom it is for.

    Raises:
        InvalidError: fields contradict one another, or the fault lies in the future.
    """
    _check_title(new.title)
    _check_occurred(new.occurred_at, at)
    priority = judge(new.priority, new.level, new.impact, new.urgency)
    ticket = Ticket(
        title=new.title.strip(),
        kind=new.kind,
        source=new.source,
        priority=priority,
        created_at=at,
        updated_at=at,
        priority_by_person=new.priority is not None or new.level is not None,
        open_key=open_key_of(None, new.deduplication_key),
        touched=True,
        **{name: getattr(new, name) for name in _AS_GIVEN},
    )
    told: dict[str, Any] = {"kind": new.kind, "priority": priority.value}
    if new.subject is not None:
        told["subject"] = new.subject
    change = Change(ticket, (Entry("opened", at, actor, told),))
    if new.assignee is None and new.shift is None and new.team is None:
        return change
    given = Assign(new.assignee, new.team, new.shift)
    return lifecycle.then(change, _done(act(change.ticket, given, Moment(actor, at))))


_AS_GIVEN = ("description", *_DETAILS, "filed_for", "reporter", "labels", "deduplication_key")


def edited(ticket: Ticket, wanted: Mapping[str, Any], actor: Actor, at: datetime) -> Change | None:
    """
    Change fields of *ticket*; None where it is as *wanted* already.

    A description has an entry of its own on the timeline, and so has a priority; the
    other fields share one.

    Args:
        ticket: as it is.
        wanted: new values by name, of `EDITABLE`.
        actor: who.
        at: when.

    Raises:
        ConflictError: the ticket is closed.
        InvalidError: a field cannot be taken.
    """
    lifecycle.refuse_closed(ticket)
    if "title" in wanted:
        _check_title(wanted["title"])
        wanted = {**wanted, "title": wanted["title"].strip()}
    _check_occurred(wanted.get("occurred_at"), at)
    _check_subject(ticket, wanted)
    news = {name: value for name, value in wanted.items() if value != getattr(ticket, name)}
    news = {**news, **_priority(ticket, wanted, news)}
    if not news:
        return None
    change: Change | None = None
    after = replace(ticket, touched=True)
    for event, names in _told_by(news):
        after = replace(after, **{name: news[name] for name in names})
        data: dict[str, Any]
        if event == "fields_edited":
            data = {name: {"from": getattr(ticket, name), "to": news[name]} for name in names}
        else:
            data = {"from": getattr(ticket, names[0]), "to": news[names[0]]}
        told = lifecycle.note(after, event, at, actor, data) if event else Change(after, ())
        change = lifecycle.then(change, told)
        after = change.ticket
    return change


def _told_by(news: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Give each event with the fields that it tells of."""
    rest = [name for name in EDITABLE if name in news and name not in {"description", "priority"}]
    silent = [name for name in news if name not in EDITABLE]
    events = [("", silent), ("fields_edited", rest)]
    events += [("description_edited", ["description"] if "description" in news else [])]
    events += [("priority_changed", ["priority"] if "priority" in news else [])]
    return [(event, names) for event, names in events if names]


def _priority(ticket: Ticket, wanted: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """Tell what follows for priority and level from what is *wanted*."""
    if wanted.get("priority") is not None or wanted.get("level") is not None:
        level = wanted.get("level")
        priority = judge(wanted.get("priority"), level, None, None)
        if level is None and ticket.level is not None and OF_LEVEL[Level(ticket.level)] is priority:
            level = ticket.level  # still true
        after: dict[str, Any] = {"priority": priority, "level": level}
    elif {"impact", "urgency"} & set(news) and _is_derived(ticket):
        both = {name: news.get(name, getattr(ticket, name)) for name in ("impact", "urgency")}
        impact, urgency = both["impact"], both["urgency"]
        after = {
            "priority": judge(None, None, impact and Impact(impact), urgency and Urgency(urgency))
        }
        return {name: value for name, value in after.items() if value != ticket.priority}
    else:
        return {}
    found = {name: value for name, value in after.items() if value != getattr(ticket, name)}
    if "priority" in found:
        found["priority_by_person"] = True
    return found


def _is_derived(ticket: Ticket) -> bool:
    """Whether its priority came from impact and urgency, and follows them."""
    return not ticket.priority_by_person and ticket.source is not Source.HEALTH_MONITOR


def _check_title(title: str) -> None:
    if not title.strip():
        msg = "a ticket needs a title"
        raise InvalidError(msg, "title")
    if not is_one_line(title):
        msg = "must be one line, without control characters"
        raise InvalidError(msg, "title")


def _check_occurred(occurred: datetime | None, at: datetime) -> None:
    if occurred is not None and occurred > at + _AHEAD:
        msg = "lies in the future"
        raise InvalidError(msg, "occurred_at")


def _check_subject(ticket: Ticket, wanted: Mapping[str, Any]) -> None:
    moved = "subject" in wanted and wanted["subject"] != ticket.subject
    if moved and ticket.check is not None:
        msg = "is the monitor's to say: this ticket is about a check"
        raise InvalidError(msg, "subject")


def _done(change: Change | None) -> Change:
    if change is None:
        msg = "a new ticket is held by nobody"
        raise AssertionError(msg)
    return change
