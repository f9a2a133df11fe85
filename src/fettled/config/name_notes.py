"""
Names in workflows and receivers that are legal and yet may be slips of the pen.

Without `access:` any name of a team or a person will do, so that none can be refused; and
callers give tickets whatever kind they like. Told by `check-config` and at every load.
"""

from __future__ import annotations

from collections.abc import Iterator

from fettled.config.crosscheck import Tree, listed, mapping, mappings, named
from fettled.config.faults import Path, suggest
from fettled.config.problems import Problem
from fettled.core.words import Kind

_WILD = set("*?[")
_ANY_NAME = "there is no access:, so nobody is known by this name: it is taken as it is written"


def name_notes(data: Tree) -> Iterator[Problem]:
    """Yield what may be a slip."""
    workflows, receivers = list(mappings(data, "workflows")), list(mappings(data, "receivers"))
    steps = [
        ((*path, *place), step) for path, each in workflows for place, step in mappings(each, "do")
    ]
    if data.get("access") is None:
        asked = [((*path, "if"), mapping(each.get("if"))) for path, each in workflows]
        told: set[str] = set()
        for text, path in [*listed(asked, "team"), *_owners(steps), *listed(receivers, "teams")]:
            if text not in told:
                yield Problem(path, _ANY_NAME)
            told.add(text)
    rules = [
        rule
        for _, source in mappings(data, "alerts", "sources")
        for rule in mappings(source, "rules")
    ]
    opened = [(path, mapping(step.get("open_ticket"))) for path, step in steps]
    there = {*Kind, *(text for text, _ in [*named(opened, "kind"), *named(rules, "kind")])}
    for text, path in listed(receivers, "kinds"):
        near = suggest(text, list(Kind))
        if near and text not in there and not _WILD & set(text):
            yield Problem(path, f"is no kind of ours{near}")


def _owners(steps: list[tuple[Path, Tree]]) -> Iterator[tuple[str, Path]]:
    """Yield the names of whoever is given something."""
    for word in ("assign", "escalate", "open_ticket"):
        inside = [((*path, word), mapping(step.get(word))) for path, step in steps]
        if word != "open_ticket":  # there the text is a title
            yield from named(steps, word)
        for key in ("team", "assignee", "shift"):
            yield from named(inside, key)
