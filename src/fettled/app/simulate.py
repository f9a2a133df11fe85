"""
What a replay or a rehearsal comes to: tickets and totals, and two of them set side by side.

Values only, from the changes that were applied. How they came about is `replay`'s and
`rehearsal`'s; how they are printed, the command line's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fettled.app.judging import entries_of, totals
from fettled.app.replay import stories
from fettled.core.tickets import Change, Entry, Ticket
from fettled.core.words import Source

COUNTED = ("opened", "reopened", "resolved", "merged")


@dataclass(frozen=True, slots=True)
class Story:
    """One simulated ticket as it is in the end, and all that was written about it."""

    ticket: Ticket
    entries: tuple[Entry, ...]

    @property
    def ended(self) -> datetime | None:
        """When it was resolved; None while it is open."""
        return self.ticket.resolved_at


@dataclass(frozen=True, slots=True)
class Simulated:
    """Everything that came of it; *left_out*: people's actions without a ticket to be done on."""

    stories: tuple[Story, ...]
    totals: dict[str, int]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Detected:
    """A ticket that both have; *gained*: how much sooner the second one has it."""

    before: Story
    after: Story
    gained: timedelta


@dataclass(frozen=True, slots=True)
class Difference:
    """Two outcomes side by side: what only one of them has, and what both have."""

    only_before: tuple[Story, ...] = ()
    only_after: tuple[Story, ...] = ()
    both: tuple[Detected, ...] = field(default=())

    @property
    def gained(self) -> timedelta:
        """How much sooner the second one has what both have, all in all."""
        return sum((each.gained for each in self.both), timedelta())


def simulated(changes: Sequence[Change], gated: int, left_out: int = 0) -> Simulated:
    """Sum up what *changes* did to the monitor's tickets; people's are nobody's prediction."""
    changes = [each for each in changes if each.ticket.source is Source.HEALTH_MONITOR]
    counted = totals(entries_of(changes))
    figures = {name: counted[name] for name in COUNTED} | {"gated": gated}
    told = tuple(
        Story(some[-1].ticket, tuple(entry for change in some for entry in change.entries))
        for _, some in sorted(stories(changes).items())
    )
    return Simulated(told, figures, left_out)


def compare(before: Simulated, after: Simulated) -> Difference:
    """Pair the tickets about the same thing whose lives overlap, in the order of their opening."""
    left = list(after.stories)
    only_before: list[Story] = []
    both: list[Detected] = []
    for story in before.stories:
        twin = next((other for other in left if _is_same(story, other)), None)
        if twin is None:
            only_before.append(story)
            continue
        left.remove(twin)
        gained = story.ticket.created_at - twin.ticket.created_at
        both.append(Detected(story, twin, gained))
    return Difference(tuple(only_before), tuple(left), tuple(both))


def _is_same(one: Story, other: Story) -> bool:
    if one.ticket.check != other.ticket.check:
        return False
    return _begins_before_end_of(one, other) and _begins_before_end_of(other, one)


def _begins_before_end_of(one: Story, other: Story) -> bool:
    began = one.ticket.occurred_at or one.ticket.created_at
    return other.ended is None or began <= other.ended


def as_json(result: Simulated, compared: tuple[Simulated, Difference] | None) -> dict[str, Any]:
    """Give the document that `--json` prints: exactly three members."""
    return {
        "totals": result.totals,
        "tickets": [story_json(story) for story in result.stories],
        "compared_with": None if compared is None else _compared_json(*compared),
    }


def _compared_json(before: Simulated, difference: Difference) -> dict[str, Any]:
    return {
        "totals": before.totals,
        "only_before": [story_json(story) for story in difference.only_before],
        "only_after": [story_json(story) for story in difference.only_after],
        "detection": [
            {
                "check": each.after.ticket.check,
                "before": each.before.ticket.number,
                "after": each.after.ticket.number,
                "minutes_gained": minutes(each.gained),
            }
            for each in difference.both
            if each.gained
        ],
        "minutes_gained": minutes(difference.gained),
    }


def story_json(story: Story) -> dict[str, Any]:
    """Describe one ticket with its marks."""
    ticket = story.ticket
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "check": ticket.check,
        "kind": str(ticket.kind),
        "priority": str(ticket.priority),
        "status": str(ticket.status),
        "occurred_at": written(ticket.occurred_at),
        "opened_at": written(ticket.created_at),
        "resolved_at": written(ticket.resolved_at),
        "reopen_count": ticket.reopen_count,
        "member_count": ticket.member_count,
        "merged_into": ticket.merged_into,
        "events": [_event(entry) for entry in marks(story.entries)],
    }


def marks(entries: Iterable[Entry]) -> list[Entry]:
    """Keep the entries that say how the ticket opened, came back and was resolved."""
    return [entry for entry in entries if entry.event in {"opened", "reopened", "resolved"}]


def _event(entry: Entry) -> dict[str, Any]:
    why = entry.data.get("cause") or entry.data.get("code")
    return {
        "event": entry.event,
        "at": written(entry.at),
        "why": None if why is None else str(why),
    }


def written(at: datetime | None) -> str | None:
    """Write a time as the API does."""
    if at is None:
        return None
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def minutes(span: timedelta) -> float:
    """Give *span* in minutes, to the hundredth."""
    return round(span / timedelta(minutes=1), 2)
