"""
What is wrong with workflows that each key by itself cannot tell: names of others, and fields.

A text that names a field which there is not, or a team that nobody knows, would fail at the
moment it is needed; it is told when the file is read.
"""

from __future__ import annotations

from collections.abc import Iterator

from fettled.config.crosscheck import Tree, known, listed, mapping, mappings, named, unique
from fettled.config.faults import Path, suggest
from fettled.config.problems import Problem
from fettled.config.scalars import as_text
from fettled.core.fields import NAMES, unknown_in
from fettled.core.words import Kind

_Items = list[tuple[Path, Tree]]

#: Where names of people stand, by what each is.
OWNERS = {"team": "teams", "user": "users", "schedule": "schedules"}
_WILD = set("*?[")
#: Texts that may name fields, by step; "" is the step's value itself, where it is text.
_TEXTS = {
    "comment": ("", "body"),
    "escalate": ("reason",),
    "open_ticket": ("", "title", "description", "deduplication_key"),
    "resolve_ticket": ("", "summary", "deduplication_key"),
}


def workflow_problems(data: Tree) -> Iterator[Problem]:
    """Yield what is wrong."""
    workflows = list(mappings(data, "workflows"))
    if not workflows:
        return
    yield from unique(_names(data), "name")
    asked = [((*path, "if"), mapping(each.get("if"))) for path, each in workflows]
    steps = [
        ((*path, *place), step) for path, each in workflows for place, step in mappings(each, "do")
    ]
    yield from _kinds(asked, steps)
    yield from _owners(data, asked, steps)
    receivers = [text for text, _ in named(mappings(data, "receivers"), "name")]
    yield from known(named(steps, "webhook"), receivers, "receiver")
    yield from _rooms(data, steps)
    subjects = [text for text, _ in named(mappings(data, "targets"), "subject")]
    yield from known(named(_under(steps, "open_ticket"), "subject"), subjects, "subject")
    for word, keys in _TEXTS.items():
        for text, path in _texts(steps, word, keys):
            yield from _fields(text, path)


def _rooms(data: Tree, steps: _Items) -> Iterator[Problem]:
    """What a workflow tells is nobody's own ticket, so that no person's lane is meant."""
    persons = {
        text
        for text, path in named(mappings(data, "receivers"), "name")
        if as_text(data["receivers"][path[1]].get("audience")) == "person"
    }
    for text, path in named(steps, "webhook"):
        if text in persons:
            yield Problem(path, "is for persons, each of their own tickets: name another receiver")


def _names(data: Tree) -> Iterator[tuple[str, Path]]:
    """Give the name of each workflow, those too that are named by their place."""
    for path, each in mappings(data, "workflows"):
        name = as_text(each.get("name"))
        if name is None:
            yield f"workflow-{int(path[-1]) + 1}", path
        else:
            yield name, (*path, "name")


def _kinds(asked: _Items, steps: _Items) -> Iterator[Problem]:
    """Callers may give any kind; one that is nearly one of ours is a slip of the pen."""
    there = {*Kind, *(text for text, _ in named(_under(steps, "open_ticket"), "kind"))}
    for text, path in listed(asked, "kind"):
        near = suggest(text, list(Kind))
        if near and text not in there and not _WILD & set(text):
            yield Problem(path, f"is no kind of ours{near}")


def _owners(data: Tree, asked: _Items, steps: _Items) -> Iterator[Problem]:
    if data.get("access") is None:
        return
    names = {
        what: [text for text, _ in named(mappings(data, "access", section), "name")]
        for what, section in OWNERS.items()
    }
    yield from known(listed(asked, "team"), names["team"], "team")
    for text, path in named(steps, "assign"):
        meant = [what for what, some in names.items() if text in some]
        if len(meant) > 1:
            which = " and of a ".join(meant)
            yield Problem(path, f"is the name of a {which}; write which, such as {{team: NAME}}")
        elif not meant:
            near = suggest(text, [name for some in names.values() for name in some])
            yield Problem(path, f"there is no team, user or schedule of that name{near}")
    yield from known(named(steps, "escalate"), names["team"], "team")
    for word in ("assign", "escalate", "open_ticket"):
        inside = _under(steps, word)
        yield from known(named(inside, "team"), names["team"], "team")
        yield from known(named(inside, "assignee"), names["user"], "user")
    yield from known(named(_under(steps, "assign"), "shift"), names["schedule"], "schedule")


def _under(steps: _Items, word: str) -> _Items:
    return [((*path, word), mapping(step.get(word))) for path, step in steps]


def _texts(steps: _Items, word: str, keys: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    if "" in keys:
        yield from named(steps, word)
    inside = _under(steps, word)
    for key in filter(None, keys):
        yield from named(inside, key)
    if word == "open_ticket":
        for path, step in inside:
            labels = mapping(step.get("labels"))
            for name, value in labels.items():
                if text := as_text(value):
                    yield text, (*path, "labels", name)


def _fields(text: str, path: Path) -> Iterator[Problem]:
    for found in unknown_in(text):
        if len(found) == 1:
            yield Problem(
                path, f"has a lone {found}; write {found}{found} for the character itself"
            )
        else:
            near = suggest(found.strip("{}"), NAMES)
            yield Problem(path, f"names a field that there is not{near}; see the reference for all")
        return
