"""
What is wrong with receivers that each key by itself cannot tell.

Names that refer to others, and addresses that are missing or of no use to the notifier: what
making one would refuse is told here with its place.
"""

from __future__ import annotations

from collections.abc import Iterator

from fettled.config.crosscheck import Tree, known, listed, mapping, mappings, named, unique
from fettled.config.faults import Path
from fettled.config.problems import Problem
from fettled.config.scalars import as_text
from fettled.notify.apprise_road import CONTACT, LACKS_CONTACT, NEEDS_CONTACT
from fettled.notify.mail import NOBODY
from fettled.notify.mailbox import address_of


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
    for path, receiver in receivers:
        is_personal = as_text(receiver.get("name")) in personal
        yield from _addressed(path, receiver, is_personal=is_personal)
    yield from _contacts(data, receivers)
    if data.get("access") is not None:
        teams = [text for text, _ in named(mappings(data, "access", "teams"), "name")]
        yield from known(listed(receivers, "teams"), teams, "team")


def _personal(receivers: list[tuple[Path, Tree]]) -> set[str | None]:
    """Name the receivers that tell persons."""
    given = (each for _, each in receivers if as_text(each.get("audience")) == "person")
    return {as_text(each.get("name")) for each in given} - {None}


def _addressed(path: Path, receiver: Tree, *, is_personal: bool) -> Iterator[Problem]:
    """Judge whether it tells somebody: at an address of its own, or at each person's."""
    if receiver.get("type") == "email" and not is_personal and not receiver.get("to"):
        yield Problem((*path, "to"), NOBODY, is_missing="to" not in receiver)
    url = as_text(receiver.get("url"))
    if receiver.get("type") == "apprise" and url and (CONTACT in url) != is_personal:
        yield Problem((*path, "url"), LACKS_CONTACT if is_personal else NEEDS_CONTACT)


def _contacts(data: Tree, receivers: list[tuple[Path, Tree]]) -> Iterator[Problem]:
    """Judge the contacts that mails would be sent to."""
    mailed = {
        as_text(each.get("name"))
        for _, each in receivers
        if each.get("type") == "email" and as_text(each.get("audience")) == "person"
    }
    for path, user in mappings(data, "access", "users"):
        for name, contact in mapping(user.get("contacts")).items():
            if name not in mailed or (text := as_text(contact)) is None:
                continue
            try:
                address_of(text)
            except ValueError as error:
                yield Problem((*path, "contacts", name), str(error))
