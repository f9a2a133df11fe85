"""
What is whose matter: whether a receiver may be shown a ticket as it is now.

Being told of an event is decided when it happens (`fettled.app.concern`); between that and
the moment at which somebody reads of it, or presses a link, a ticket may have become somebody
else's. A person may be shown what the API would show them. A room has no roles: it may be
shown what it would be told of, and what has not changed hands since it was told.
"""

from __future__ import annotations

from fettled.app.concern import notified, principal
from fettled.core.permissions import sees_names
from fettled.core.routing import Audience, Receiver
from fettled.core.whose import Whose
from fettled.ports import Directory


def may_see(people: Directory, receiver: Receiver, of: Whose) -> bool:
    """Whether *receiver* may be shown a ticket that is *of* those, now."""
    if receiver.user is not None:
        who = principal(people, receiver.user)
        names = {of.assignee, of.reporter}
        return who is not None and sees_names(who, people=names, team=of.team, shift=of.shift)
    if not receiver.filter.admits(of.team, of.labels):
        return False
    return receiver.audience is not Audience.TEAM or receiver.name in notified(people, of.team)


def is_matter(people: Directory, receiver: Receiver, of: Whose, mark: str) -> bool:
    """
    Whether a ticket that *receiver* was told of, when its mark was *mark*, is its matter still.

    A room is also told by escalations, fallbacks and workflows, whatever its filter says: what
    has not changed hands since is its matter still.
    """
    return may_see(people, receiver, of) or (receiver.user is None and of.mark == mark)
