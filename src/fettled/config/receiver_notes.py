"""
What of people and receivers is legal and tells nobody: steps, contacts, receivers, links.

Told by `check-config` and at every load, never refused: whoever reads the timeline needs no
receiver, and a telephone number may be there for people to read.
"""

from __future__ import annotations

from collections.abc import Iterator

from fettled.config.escalation import EscalationStep, steps_of
from fettled.config.faults import Path
from fettled.config.people import Access, User
from fettled.config.problems import Problem
from fettled.config.receivers import is_worded
from fettled.config.schema import Settings

_IN_JSON = "it is told in JSON, which has no links: give it a template or a body"
_NO_RECEIVER = (
    "there are no receivers: each step is on the timeline and among the actions, and nobody is told"
)


def receiver_notes(settings: Settings) -> Iterator[Problem]:
    """Yield what tells nobody."""
    access = settings.access or Access()
    personal = {each.name for each in settings.receivers if each.audience == "person"}
    yield from _useless(settings, access)
    yield from _linkless(settings)
    yield from _unread(access, personal)
    given = settings.escalation
    if steps_of(given) and not settings.receivers:
        # Whoever writes a chain expects a telephone to ring.
        yield Problem(("escalation",), _NO_RECEIVER)
        return
    base: Path = ("escalation",) if isinstance(given, list) else ("escalation", "steps")
    for index, step in enumerate(steps_of(given)):
        if (why := _untold(step, access, personal)) is not None:
            yield Problem((*base, index, "to"), why)


def may_reach(step: EscalationStep, access: Access) -> list[User]:
    """Name the users that a step may be for, whoever is on call then."""
    name = step.to
    for schedule in access.schedules:
        if schedule.name == name:
            turns = [schedule.rotation, *(layer.rotation for layer in schedule.layers)]
            members = {member for turn in turns if turn is not None for member in turn.members}
            members |= {each.member for each in schedule.overrides}
            return [user for user in access.users if user.name in members]
    return [user for user in access.users if name in {user.name, *user.teams} or name in user.roles]


def _useless(settings: Settings, access: Access) -> Iterator[Problem]:
    """Receivers for a team or for persons that nobody refers to."""
    notified = {name for team in access.teams for name in team.notify}
    contacts = {name for user in access.users for name in user.contacts}
    for index, receiver in enumerate(settings.receivers):
        path: Path = ("receivers", index, "audience")
        if receiver.audience == "team" and receiver.name not in notified:
            yield Problem(path, "no team names it in `notify`, so it is told nothing")
        if receiver.audience == "person" and receiver.name not in contacts:
            yield Problem(path, "no user has a contact of its name, so it tells nobody")


def _linkless(settings: Settings) -> Iterator[Problem]:
    """Receivers that ask for links and get none."""
    for index, receiver in enumerate(settings.receivers):
        path: Path = ("receivers", index, "links")
        if receiver.links and not is_worded(receiver):
            yield Problem(path, _IN_JSON)
        elif receiver.links and settings.server.public_url is None:
            yield Problem(path, "without server.public_url there are no links")


def _unread(access: Access, personal: set[str]) -> Iterator[Problem]:
    """Contacts that no receiver carries: for people to read, or a slip; each name once."""
    told: set[str] = set()
    for index, user in enumerate(access.users):
        for name in user.contacts:
            if personal and name not in personal | told:
                told.add(name)
                path: Path = ("access", "users", index, "contacts", name)
                message = "no receiver for persons is called that: it is for people to read only"
                yield Problem(path, message, at="key")


def _untold(step: EscalationStep, access: Access, personal: set[str]) -> str | None:
    """Say why a step may tell nobody although it finds somebody; None where it tells all."""
    if any(team.name == step.to and team.notify for team in access.teams):
        return None
    found = may_reach(step, access)
    without = [user for user in found if not personal & user.contacts.keys()]
    if not without:
        return None  # that it finds nobody is told elsewhere
    if len(without) == len(found):
        return "nobody whom it may reach has a contact that a receiver carries"
    some = f"{len(without)} of {len(found)} whom it may reach"
    return f"{some} have no contact that a receiver carries"
