"""
Texts of the configuration that name fields of a ticket, such as `{ticket.number}`.

A closed list of names, each put in as it is, once: what a ticket holds is never read as
names again, and nothing but text can be reached. `{{` and `}}` are the braces themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

#: Fields of the ticket, in the API's shape, that a text may name.
_OF_TICKET = (
    "number",
    "reference",
    "title",
    "kind",
    "source",
    "status",
    "priority",
    "level",
    "severity",
    "impact",
    "urgency",
    "category",
    "region",
    "project",
    "application",
    "team",
    "assignee",
    "shift",
    "reporter",
    "deduplication_key",
)
#: All that a text may name, but for labels: `{label.site}`.
NAMES = (
    *(f"ticket.{name}" for name in _OF_TICKET),
    "subject",
    "subject.name",
    "subject.type",
    "event",
    "workflow",
)
LABEL = "label."

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def facts_of(ticket: Mapping[str, Any], event: str, workflow: str = "") -> dict[str, str]:
    """Give what texts about *ticket*, in the API's shape, may name; what is not there is empty."""
    facts = {f"ticket.{name}": _text(ticket.get(name)) for name in _OF_TICKET}
    subject = ticket.get("subject")
    of_subject = subject if isinstance(subject, Mapping) else {}
    facts["subject"] = _text(of_subject.get("key"))
    facts["subject.name"] = _text(of_subject.get("name"))
    facts["subject.type"] = _text(of_subject.get("type"))
    facts["event"], facts["workflow"] = event, workflow
    labels = ticket.get("labels")
    if isinstance(labels, Mapping):
        facts |= {f"{LABEL}{name}": _text(value) for name, value in labels.items()}
    return facts


def fill(text: str, facts: Mapping[str, str]) -> str:
    """Put the fields that *text* names in their places."""

    def put(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return found[0][0]
        return facts.get(name, "")

    return _PIECE.sub(put, text)


def unknown_in(text: str) -> Iterator[str]:
    """Yield what stands in braces in *text* and is no field, and each brace that has no other."""
    for found in _PIECE.finditer(text):
        name = found[1]
        if (name is None and len(found[0]) == 1) or (name is not None and not _is_known(name)):
            yield found[0]


def _is_known(name: str) -> bool:
    return name in NAMES or (name.startswith(LABEL) and len(name) > len(LABEL))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
