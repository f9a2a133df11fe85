"""
The page that a link of a notification leads to: a title, a sentence, and at most one button.

Everything that comes from people or targets is escaped here, in one place; the page loads
nothing, runs nothing, and does not repeat its own address.
"""

from __future__ import annotations

from html import escape

from fettled.app.signed_links import SNOOZE, Refusal, Seen
from fettled.core.durations import format_duration
from fettled.core.lines import in_one_line
from fettled.core.signed_links import Offer
from fettled.core.tickets import Ticket

HTML = "text/html; charset=utf-8"
#: The address is a secret: it goes to nobody by a Referer header, and into no search index.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
STATUSES = {
    Refusal.FORGED: 404,
    Refusal.EXPIRED: 410,
    Refusal.USED: 410,
    Refusal.GONE: 404,
    Refusal.FORBIDDEN: 403,
    Refusal.CONFLICT: 409,
}
_LONGEST = 300
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>{title}</title>
</head>
<body>
<main>
<h1>{title}</h1>
{rest}
</main>
</body>
</html>
"""


def page(seen: Seen) -> bytes:
    """Write the page of *seen*, with a button where there is something to press."""
    offer, ticket = seen.offer, seen.ticket
    if offer is None or ticket is None:
        return sentence("This link does nothing", seen.because)
    what = _offered(offer)
    status = ticket.status.replace("_", " ")
    rest = [f"<p>{_text(f'Priority {ticket.priority}, {status}.')}</p>"]
    if seen.is_done:
        rest.append(f"<p>{_text(_done(offer, ticket))}</p>")
    else:
        rest += [
            f"<p>{_text(f'Pressing the button {what}.')}</p>",
            f'<form method="post"><button type="submit">{_text(_button(offer))}</button></form>',
        ]
    return _whole(f"#{ticket.number} {ticket.title}", "\n".join(rest))


def sentence(title: str, because: str) -> bytes:
    """Write a page that says one sentence."""
    said = because[:1].upper() + because[1:]
    return _whole(title, f"<p>{_text(said)}.</p>")


def _whole(title: str, rest: str) -> bytes:
    return _PAGE.format(title=_text(title), rest=rest).encode()


def _text(text: str) -> str:
    return escape(in_one_line(text, _LONGEST), quote=True)


def _button(offer: Offer) -> str:
    if offer.action == "take":
        return f"{'Take' if offer.is_person else 'Start'} #{offer.ticket}"
    return f"Quiet #{offer.ticket} for {format_duration(SNOOZE)}"


def _offered(offer: Offer) -> str:
    if offer.action == "take" and not offer.is_person:
        return f"starts work on it in the name of {_who(offer)}, and gives it to nobody"
    if offer.action == "take":
        return f"gives the ticket to {offer.name} and starts work on it"
    quiet = f"keeps its notifications quiet for {format_duration(SNOOZE)}"
    return f"{quiet}, in the name of {_who(offer)}"


def _who(offer: Offer) -> str:
    return offer.name if offer.is_person else f"the receiver {offer.name}"


def _done(offer: Offer, ticket: Ticket) -> str:
    if offer.action == "take" and not offer.is_person:
        return f"Done: work on #{ticket.number} has begun."
    if offer.action == "take":
        return f"Done: {ticket.assignee} has #{ticket.number}, and work on it has begun."
    return f"Done: #{ticket.number} is quiet for {format_duration(SNOOZE)}."
