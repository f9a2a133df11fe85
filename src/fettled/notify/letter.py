"""
A mail about a ticket, as text and HTML, in the ticket's own thread.

Every mail of a ticket refers to one id that is made of the ticket's, so mail programs show
them as a thread whichever of them came first; a mail's own id is the event's and the
receiver's, the same on every try.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from fettled.core.event_words import event_notice
from fettled.core.lines import in_lines, in_one_line
from fettled.core.notice import Notice
from fettled.ports.notify import Telling

_LONGEST_SUBJECT = 200
_LONGEST_TEXT = 100_000
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9.-]+")
#: Headers that hold an id. Python writes long ones as encoded words, and no mail program
#: finds the thread by those; the header of `Message-ID` is the one that is left whole.
_IDS = ("references", "in-reply-to", "list-id")
_registry = HeaderRegistry()
for _each in _IDS:
    _registry.map_to_type(_each, MessageIDHeader)  # type: ignore[arg-type] # a mixin, as all of them
_POLICY = SMTP.clone(header_factory=_registry)


def write(
    telling: Telling, *, sender: Address, to: Sequence[Address], now: datetime
) -> EmailMessage:
    """
    Write the mail.

    Args:
        telling: what happened, with its words.
        sender: its domain is that of the ids.
        to: whom it is addressed to.
        now: goes into `Date`.
    """
    newest = telling.newest
    ticket = newest.payload.get("ticket") or {}
    notice = telling.notice or event_notice(newest, is_late=telling.is_late)
    domain = sender.domain
    thread = f"<ticket.{_word(ticket.get('uuid') or newest.ticket)}@{domain}>"
    mail = EmailMessage(policy=_POLICY)
    if telling.also or not ticket:
        # It is about no ticket, or not about one alone, so it is a thread of its own.
        mail["Subject"] = _line(notice.headline)
    else:
        # The same for the whole thread: some programs look at nothing else.
        mail["Subject"] = _line(f"#{newest.ticket} {ticket.get('title', '')}")
        mail["In-Reply-To"] = thread
        mail["References"] = thread
    mail["From"] = sender
    mail["To"] = tuple(to)
    mail["Date"] = format_datetime(now)
    # The number is of the event for this receiver: another receiver's copy is another mail.
    mail["Message-ID"] = f"<{_word(telling.id)}.{newest.number}@{domain}>"
    # RFC 3834: no out-of-office notes to a machine.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["List-Id"] = f"<{_word(newest.receiver)}.fettled.{domain}>"
    mail["X-Fettled-Event"] = _line(newest.event)
    if ticket or newest.ticket:
        mail["X-Fettled-Ticket"] = str(newest.ticket)
    mail["X-Priority"] = "1" if ticket.get("priority") == "critical" else "3"
    # Seven bits, so that every server on the way takes it as it is.
    mail.set_content(_text(notice.text) + "\n", cte="quoted-printable")
    mail.add_alternative(_html(notice), subtype="html", cte="quoted-printable")
    return mail


def _html(notice: Notice) -> str:
    rows = "".join(
        f"<tr><th align=left valign=top>{_shown(name)}</th><td>{_linked(said)}</td></tr>\n"
        for name, said in notice.details
    )
    return (
        f"<!doctype html><html><body><h3>{_shown(notice.headline)}</h3>\n"
        f"<p>{_shown(notice.gist)}</p>\n<table cellpadding=4>\n{rows}</table></body></html>\n"
    )


def _shown(said: str) -> str:
    return escape(_text(said))


def _linked(said: str) -> str:
    """Make a link of what is nothing but a URL."""
    shown = _shown(said)
    if said.startswith(("https://", "http://")) and " " not in said:
        return f'<a href="{shown}">{shown}</a>'
    return shown


def _word(given: object) -> str:
    """Make something that can stand in an id."""
    return _NOT_IN_AN_ID.sub("-", str(given)).strip(".-") or "x"


def _line(text: str) -> str:
    """Make one line of it: a header ends at a line's end, and what follows would be another."""
    return in_one_line(text, _LONGEST_SUBJECT)


def _text(text: str) -> str:
    """Leave out what can not be in a mail, but for line ends."""
    return in_lines(text[:_LONGEST_TEXT])
