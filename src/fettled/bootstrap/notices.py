"""What the words of notifications go by, as one configuration has it."""

from __future__ import annotations

from datetime import datetime

from fettled import calendar
from fettled.app.notices import Terms
from fettled.config.escalation import make_chain
from fettled.config.schema import Settings

#: Where programs find a ticket. There is no page of one that a person could be sent to.
TICKET = "/api/v1/tickets/{number}"


def make_terms(settings: Settings) -> Terms:
    """Make them of *settings*."""
    base, zone = settings.server.public_url, settings.server.time_zone

    def url_of(number: int) -> str:
        return "" if base is None else base + TICKET.format(number=number)

    def written(at: datetime, now: datetime) -> str:
        return calendar.written(at, zone, now)

    return Terms(url_of, written, make_chain(settings.escalation))
