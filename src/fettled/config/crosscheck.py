"""
What two places of the configuration must agree on: names referred to, circles, rivals.

Judges the joined tree as it was read, whatever else is wrong with it, so that these
problems are told together with those of `validation`; what is not of the right shape
is passed over here, since it is told of there. No message repeats a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fettled.config.checks import NEVER_PRIMARY
from fettled.config.faults import Path, show_key, suggest
from fettled.config.names import SUBJECT_KEY
from fettled.config.problems import Problem
from fettled.config.scalars import as_text
from fettled.config.schema import is_loopback, split_listen
from fettled.config.sla import ALWAYS

_KEY = re.compile(SUBJECT_KEY)

Tree = Mapping[str, Any]


def crosscheck(data: Tree) -> Iterator[Problem]:
    """Yield every disagreement in *data*."""
    targets = list(mappings(data, "targets"))
    yield from _subjects(targets)
    yield from _parents(targets)
    yield from _checks(targets)
    yield from _policies(data, targets)
    yield from _teams(data, targets)
    yield from _sla(data)
    yield from _listening(data)


def mapping(value: object) -> Tree:
    """Give *value* if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(data: Tree, *keys: str) -> Iterator[tuple[Path, Tree]]:
    """Yield the mappings of the list under *keys*, each with its path."""
    for key in keys[:-1]:
        data = mapping(data.get(key))
    items = data.get(keys[-1])
    for index, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, dict):
            yield (*keys, index), item


def named(items: Iterable[tuple[Path, Tree]], key: str) -> Iterator[tuple[str, Path]]:
    """Yield the text under *key* of each item that has one, with its path."""
    for path, item in items:
        text = as_text(item.get(key))
        if text:
            yield text, (*path, key)


def listed(items: Iterable[tuple[Path, Tree]], key: str) -> Iterator[tuple[str, Path]]:
    """Yield each text of the list, or the one text, under *key* of each item, with its path."""
    for path, item in items:
        value = item.get(key)
        many = value if isinstance(value, list) else [value]
        for index, each in enumerate(many):
            if text := as_text(each):
                yield text, (*path, key, index) if many is value else (*path, key)


def unique(texts: Iterable[tuple[str, Path]], what: str) -> Iterator[Problem]:
    """Yield each of *texts* that was there before."""
    seen: dict[str, Path] = {}
    for text, path in texts:
        if text in seen:
            message = f"is the {what} of another one too; change one of the two"
            yield Problem(path, message, first=seen[text])
        seen.setdefault(text, path)


def known(texts: Iterable[tuple[str, Path]], among: Iterable[str], what: str) -> Iterator[Problem]:
    """Yield each of *texts* that is not *among* those there are."""
    names = dict.fromkeys(among)
    for text, path in texts:
        if text not in names:
            yield Problem(path, f"there is no {what} of that name{suggest(text, names)}")


def _cycles(above: Mapping[str, str], paths: Mapping[str, Path], word: str) -> Iterator[Problem]:
    """Yield each cycle once, at its first member in the file."""
    done: set[str] = set()
    for start in above:
        trail: dict[str, None] = {}
        name: str | None = start
        while name is not None and name not in done and name not in trail:
            trail[name] = None
            name = above.get(name)
        if name is not None and name in trail:
            members = list(trail)
            members = members[members.index(name) :]
            first = min(members, key=list(above).index)
            turn = members.index(first)
            names = " > ".join(map(show_key, [*members[turn:], *members[:turn], first]))
            yield Problem(paths[first], f"goes in a circle: {names}; remove one {word}")
        done.update(trail)


def _subjects(targets: list[tuple[Path, Tree]]) -> Iterator[Problem]:
    keys = list(named(targets, "subject"))
    yield from unique(keys, "subject")
    former = list(named(targets, "formerly"))
    yield from unique(former, "former key")
    present = {text for text, _ in keys}
    for text, path in former:
        if text in present:
            yield Problem(path, "names a subject that is still there; remove one of the two")


def _parents(targets: list[tuple[Path, Tree]]) -> Iterator[Problem]:
    keys = [text for text, _ in named(targets, "subject")]
    yield from known(named(targets, "parent"), keys, "subject")
    above: dict[str, str] = {}
    paths: dict[str, Path] = {}
    for path, target in targets:
        key, parent = as_text(target.get("subject")), as_text(target.get("parent"))
        # A circle is told by names, so only what can be the name of a subject is in it.
        if key and parent and key not in above and _KEY.fullmatch(key):
            above[key], paths[key] = parent, (*path, "parent")
    yield from _cycles(above, paths, "parent")


def checks_of(path: Path, target: Tree) -> Iterator[tuple[Path, str, Tree]]:
    """Yield the checks of one target: path, name, mapping."""
    if isinstance(target.get("check"), dict):
        yield (*path, "check"), "main", target["check"]
    for name, check in mapping(target.get("checks")).items():
        if isinstance(check, dict):
            yield (*path, "checks", name), name, check


def _checks(targets: list[tuple[Path, Tree]]) -> Iterator[Problem]:
    for path, target in targets:
        if target.get("check") is not None and target.get("checks") is not None:
            message = "stands beside check:; keep checks: alone, with a name for each"
            yield Problem((*path, "checks"), message, at="key")
        primaries = 0
        former: set[str] = set()
        names = set(mapping(target.get("checks"))) or {"main"}
        for place, _, check in checks_of(path, target):
            if check.get("primary") is True:
                primaries += 1
                if check.get("type") in NEVER_PRIMARY:
                    message = "a certificate check is never the primary; remove this line"
                    yield Problem((*place, "primary"), message, at="key")
                elif primaries > 1:
                    message = "is given to a second check; a subject has one primary"
                    yield Problem((*place, "primary"), message, at="key")
            old = as_text(check.get("formerly"))
            if old in names or old in former:
                message = "names a check that is still there, or was named twice; remove it"
                yield Problem((*place, "formerly"), message)
            former.add(old or "")


def _policies(data: Tree, targets: list[tuple[Path, Tree]]) -> Iterator[Problem]:
    policies = mapping(data.get("policies"))
    referred: list[tuple[str, Path]] = []
    above: dict[str, str] = {}

    def refer(holder: Tree, path: Path, key: str) -> None:
        value = holder.get(key)
        if isinstance(value, dict):
            refer(value, (*path, key), "inherit")
        elif (text := as_text(value)) is not None:
            referred.append((text, (*path, key)))

    refer(mapping(data.get("defaults")), ("defaults",), "policy")
    for name, policy in policies.items():
        refer(mapping(policy), ("policies", name), "inherit")
        if (inherited := as_text(mapping(policy).get("inherit"))) is not None:
            above[name] = inherited
    for path, target in targets:
        refer(target, path, "policy")
        for place, _, check in checks_of(path, target):
            refer(check, place, "policy")
    yield from known(referred, policies, "policy")
    yield from _cycles(above, {n: ("policies", n, "inherit") for n in above}, "inherit")


def _teams(data: Tree, targets: list[tuple[Path, Tree]]) -> Iterator[Problem]:
    teams = list(mappings(data, "access", "teams"))
    names = [text for text, _ in named(teams, "name")]
    yield from unique(named(teams, "name"), "name")
    yield from known(named(teams, "parent"), names, "team")
    above: dict[str, str] = {}
    for _, team in teams:
        name, parent = as_text(team.get("name")), as_text(team.get("parent"))
        if name and parent:
            above.setdefault(name, parent)
    paths = {text: (*path[:-1], "parent") for text, path in reversed(list(named(teams, "name")))}
    yield from _cycles(above, paths, "parent")
    users = list(mappings(data, "access", "users"))
    yield from unique(named(users, "name"), "name")
    yield from known(listed(users, "teams"), names, "team")
    yield from known(named(targets, "team"), names, "team under access.teams")


def _sla(data: Tree) -> Iterator[Problem]:
    sla = mapping(data.get("sla"))
    calendars = mapping(sla.get("calendars"))
    if ALWAYS in calendars:
        message = "is the name of the calendar that everybody has; choose another"
        yield Problem(("sla", "calendars", ALWAYS), message, at="key")
    overrides = list(mappings(data, "sla", "overrides"))
    holders: list[tuple[Path, Tree]] = [(("sla",), sla), *overrides]
    for path, holder in tuple(holders):
        for priority, target in mapping(holder.get("targets")).items():
            holders.append(((*path, "targets", priority), mapping(target)))
    yield from known(named(holders, "calendar"), [ALWAYS, *calendars], "calendar")
    names = [text for text, _ in named(mappings(data, "access", "teams"), "name")]
    yield from known(listed(overrides, "teams"), names, "team under access.teams")
    for path, override in overrides:
        if not override.get("teams") and not override.get("labels"):
            message = "means every ticket; add teams: or labels:, or write it under sla.targets"
            yield Problem(path, message)


def _listening(data: Tree) -> Iterator[Problem]:
    listen = mapping(data.get("server")).get("listen")
    if not isinstance(listen, str) or data.get("access") is not None:
        return
    try:
        host, _ = split_listen(listen)
    except ValueError:
        return
    if not is_loopback(host):
        message = "is reachable from elsewhere; add an access: section, or listen on 127.0.0.1"
        yield Problem(("server", "listen"), message)
