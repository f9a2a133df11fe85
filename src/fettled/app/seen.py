"""Finding a ticket that a caller may see, in the unit that goes on with it."""

from __future__ import annotations

from fettled.app.tickets import find
from fettled.core.errors import NotFoundError
from fettled.core.permissions import Principal, sees
from fettled.core.tickets import Ticket
from fettled.ports import Reader


def seen(reader: Reader, ref: str, who: Principal) -> Ticket:
    """
    The ticket that *ref* names, if *who* may know of it.

    Raises:
        NotFoundError: there is none, or it is not theirs to see; in the same words.
    """
    try:
        ticket = find(reader, ref)
    except NotFoundError:
        ticket = None
    if ticket is None or not sees(who, ticket):
        msg = "there is no such ticket"
        raise NotFoundError(msg)
    return ticket
