"""What is wrong with receivers that each key by itself cannot tell: names that refer to others."""

from __future__ import annotations

from collections.abc import Iterator

from fettled.config.crosscheck import Tree, known, listed, mappings, named, unique
from fettled.config.faults import Path
from fettled.config.problems import Problem
from fettled.config.scalars import as_text


def receiver_problems(data: Tree) -> Iterator[Problem]:
    """Yield what is wrong."""
    receivers = list(mappings(data, "receivers"))
    names = list(named(receivers, "name"))
    yield from unique(names, "name")
    there = [text for text, _ in names]
    yield from known(named(receivers, "fallback"), there, "receiver")
    for path, receiver in receivers:
        fallback = as_text(receiver.get("fallback"))
        if fallback is not None and fallback == as_text(receiver.get("name")):
            yield Problem((*path, "fallback"), "is the receiver itself; name another one")
    personal = _personal(receivers)
    for path, receiver in receivers:
        name, fallback = as_text(receiver.get("name")), as_text(receiver.get("fallback"))
        if fallback in personal and name not in personal:
            message = "is for persons, and this one tells none; name another one"
            yield Problem((*path, "fallback"), message)
    notified = list(listed(mappings(data, "access", "teams"), "notify"))
    yield from known(notified, there, "receiver")
    for text, path in notified:
        if text in personal:
            message = "is for persons, who are told by their `contacts`; name another one"
            yield Problem(path, message)
    if data.get("access") is not None:
        teams = [text for text, _ in named(mappings(data, "access", "teams"), "name")]
        yield from known(listed(receivers, "teams"), teams, "team")


def _personal(receivers: list[tuple[Path, Tree]]) -> set[str | None]:
    """Name the receivers that tell persons."""
    given = (each for _, each in receivers if as_text(each.get("audience")) == "person")
    return {as_text(each.get("name")) for each in given} - {None}
