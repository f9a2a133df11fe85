"""
Judge what a storm of kills left of people's work: the store's rows against what they were told.

As naive as `storm_judge`: it knows what was asked and answered, and no code of the desk.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from crowd import Mark, Own, Person
from stores import rows

#: Event -> which of its data are its author's own words.
_WORDS = {
    "comment_added": "body",
    "held": "reason",
    "escalated": "reason",
    "resolved": "summary",
    "assigned": "assignee",
    "link_added": "name",
    "attachment_added": "name",
}
_LINES = """
    SELECT ticket, event, data, title FROM timeline JOIN tickets ON number = ticket
    WHERE actor_name = '{name}' ORDER BY ticket, seq
"""
#: What is kept beside the timeline, once for each entry that tells of it.
_BESIDE = {
    "attachment_added": "SELECT ticket, name FROM attachments",
    "link_added": "SELECT ticket, name FROM links",
}


def judge_people(url: str, people: list[Person]) -> list[str]:
    """Say everything that somebody was told and that is not so."""
    found = [fault for person in people for fault in person.faults]
    beside = {event: Counter(rows(url, query)) for event, query in _BESIDE.items()}
    audited = Counter(rows(url, "SELECT actor, about FROM inputs WHERE kind LIKE 'ticket.%'"))
    for person in people:
        lines = _lines(url, person.name)
        found += _filed(person, lines)
        found += _said(person, lines)
        for own in person.own.values():
            marks = lines.get(own.number, [])
            deeds = _deeds(own, marks)
            if deeds is None:
                found.append(f"{person.name} was told {own.told}, and #{own.number} says {marks}")
                continue
            found += _kept_beside(own, marks, beside)
            n = audited[person.name, f"ticket:{own.number}"]
            if n != deeds:
                found.append(f"#{own.number} tells of {deeds} deeds, the audit log of {n}")
    return found


def _lines(url: str, name: str) -> dict[int, list[Mark]]:
    lines: dict[int, list[Mark]] = {}
    for number, event, data, title in rows(url, _LINES.format(name=name)):
        words = title if event == "opened" else _read(data).get(_WORDS.get(event, ""), "")
        lines.setdefault(number, []).append((event, words))
    return lines


def _filed(person: Person, lines: dict[int, list[Mark]]) -> list[str]:
    there = Counter(
        words for marks in lines.values() for event, words in marks if event == "opened"
    )
    return _wrong("ticket", person.filed, there)


def _said(person: Person, lines: dict[int, list[Mark]]) -> list[str]:
    there = Counter(
        words
        for number, marks in lines.items()
        if number not in person.own
        for event, words in marks
        if event == "comment_added"
    )
    return _wrong("comment", person.said, there)


def _wrong(what: str, told: dict[str, bool], there: Counter[str]) -> list[str]:
    found = []
    for words, is_certain in told.items():
        if not int(is_certain) <= there[words] <= 1:
            is_told = "was answered" if is_certain else "got no answer"
            found.append(f"the {what} {words!r} {is_told}, and is there {there[words]} times")
    return found + [f"nobody made the {what} {words!r}" for words in there if words not in told]


def _deeds(own: Own, marks: list[Mark]) -> int | None:
    """
    Count the deeds that *marks* tell of; None if they are not what was told, in order.

    What is in doubt is there whole, or not at all.
    """
    at = count = 0
    for group, is_certain in own.told:
        if tuple(marks[at : at + len(group)]) == group:
            at, count = at + len(group), count + 1
        elif is_certain:
            return None
    return count if at == len(marks) else None


def _kept_beside(
    own: Own, marks: list[Mark], beside: dict[str, Counter[tuple[Any, ...]]]
) -> list[str]:
    found = []
    for event, there in beside.items():
        told = [words for name, words in marks if name == event]
        kept = [words for number, words in there.elements() if number == own.number]
        if sorted(told) != sorted(kept):
            found.append(f"#{own.number} tells of {event} {told}, and has {kept}")
    return found


def _read(data: Any) -> dict[str, Any]:
    return dict(json.loads(data) if isinstance(data, str | bytes) else data)
