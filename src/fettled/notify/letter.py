"""
A mail about a ticket, as text and HTML, in the ticket's own thread.

Every mail of a ticket refers to one id that is made of the ticket's, so mail programs show
them as a thread whichever of them came first; a mail's own id is the event's, the same on
every try.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

from fettled.core.notice import Notice
from fettled.ports.notify import Telling

_LONGEST_SUBJECT = 200


def write(telling: Telling, *, sender: str, to: Sequence[str], now: datetime) -> EmailMessage:
    """
    Write the mail.

    Args:
        telling: what happened, with its words.
        sender: an address; its domain is that of the ids.
        to: addresses.
        now: goes into `Date`.
    """
    ticket = telling.newest.payload.get("ticket") or {}
    notice = telling.notice or Notice(str(ticket.get("title", "")), "")
    domain = sender.rpartition("@")[2].strip("<> ") or "fettled.invalid"
    thread = f"<ticket.{ticket.get('uuid') or telling.newest.ticket}@{domain}>"
    mail = EmailMessage()
    # The same for the whole thread: some programs look at nothing else.
    mail["Subject"] = _line(f"#{telling.newest.ticket} {ticket.get('title', '')}")
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{telling.newest.id}.{telling.newest.number}@{domain}>"
    mail["In-Reply-To"] = thread
    mail["References"] = thread
    # RFC 3834: no out-of-office notes to a machine.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["X-Fettled-Event"] = _line(telling.newest.event)
    mail["X-Priority"] = "1" if ticket.get("priority") == "critical" else "3"
    mail.set_content(notice.text + "\n")
    mail.add_alternative(_html(notice), subtype="html")
    return mail


def _html(notice: Notice) -> str:
    rows = "".join(
        f"<tr><th align=left valign=top>{escape(name)}</th><td>{_linked(said)}</td></tr>"
        for name, said in notice.details
    )
    return (
        f"<!doctype html><html><body><h3>{escape(notice.headline)}</h3>"
        f"<p>{escape(notice.gist)}</p><table cellpadding=4>{rows}</table></body></html>\n"
    )


def _linked(said: str) -> str:
    """Make a link of what is nothing but a URL."""
    shown = escape(said)
    if said.startswith(("https://", "http://")) and " " not in said:
        return f'<a href="{shown}">{shown}</a>'
    return shown


def _line(text: str) -> str:
    """Make one line of it: a header ends at a line's end, and what follows would be another."""
    return "".join(c if c.isprintable() else " " for c in text)[:_LONGEST_SUBJECT]
