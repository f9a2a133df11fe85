"""What is wrong with receivers that each key by itself cannot tell: names that refer to others."""

from __future__ import annotations

from collections.abc import Iterator

from fettled.config.crosscheck import Tree, known, listed, mappings, named, unique
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
    yield from known(listed(mappings(data, "access", "teams"), "notify"), there, "receiver")
    if data.get("access") is not None:
        teams = [text for text, _ in named(mappings(data, "access", "teams"), "name")]
        yield from known(listed(receivers, "teams"), teams, "team")
