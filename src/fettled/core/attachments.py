"""
What may be attached to a ticket, by whom, and under which name it is kept.

Pure: a file is a name and its bytes. The type is judged by the content alone; what the
sender calls it counts only in that the name's ending must fit. Nothing is decoded,
decompressed or executed: see `core.docx` for how an archive is judged without that.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from fettled.core.docx import why_no_docx
from fettled.core.errors import InvalidError
from fettled.core.lines import is_fit
from fettled.core.permissions import Permission, Principal
from fettled.core.tickets import Actor, Ticket

MOST_FILES = 10
MOST_BYTES = 10 * 1024 * 1024
#: Whoever attached a file may take it back for as long as nobody can have relied on it.
TAKE_BACK = timedelta(hours=1)

_LONGEST_NAME = 150
_LONGEST_ENDING = 10
#: What no name on any system may hold, and what separates a path from a name.
_UNNAMEABLE = re.compile(r'[<>:"|?*]')
#: Devices of Windows, whatever ending follows; superscript digits count there, too.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
#: Lines, tabs and form feeds are text; every other control byte is not.
_NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_PDF = re.compile(rb"%PDF-[12]\.[0-9]")

TEXT = "text/plain"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: The endings that a name may have, by what its content was found to be.
ENDINGS: dict[str, tuple[str, ...]] = {
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    DOCX: ("docx",),
    TEXT: ("txt",),
    "application/pdf": ("pdf",),
}
_ALLOWED = "JPG, PNG, DOCX, TXT and PDF files"


@dataclass(frozen=True, slots=True)
class Attachment:
    """
    A file that hangs on a ticket; its bytes are kept apart.

    Attributes:
        id: given by the store, and never again; 0 before that.
        name: cleaned: what is shown, never a path that is opened.
        sha256: of the content, in hexadecimal.
    """

    ticket: int
    name: str
    media_type: str
    size: int
    sha256: str
    by: Actor
    at: datetime
    id: int = 0


def may_attach(who: Principal, ticket: Ticket) -> bool:
    """Whether *who* may add files: those who work on tickets, and reporters on their own."""
    if Permission.TICKET_UPDATE in who.permissions:
        return True
    return Permission.TICKET_CREATE in who.permissions and ticket.reporter == who.name


def may_remove(who: Principal, ticket: Ticket, attachment: Attachment, at: datetime) -> bool:
    """Whether *who* may take a file away: by right, or one's own soon after."""
    if Permission.TICKET_DELETE in who.permissions:
        return True
    is_own = attachment.by == who.actor and at - attachment.at <= TAKE_BACK
    return is_own and may_attach(who, ticket)


def judge(name: str, content: bytes) -> tuple[str, str]:
    """
    Give the name under which *content* is kept, and its media type.

    Raises:
        InvalidError: it is empty, too large, or nothing that may be attached.
    """
    kept = clean_name(name)
    media_type = _media_type(content)
    ending = kept.rpartition(".")[2].lower() if "." in kept else ""
    if ending not in ENDINGS[media_type]:
        wanted = " or ".join(f".{each}" for each in ENDINGS[media_type])
        msg = f"the content is {media_type}, so its name must end in {wanted}"
        raise InvalidError(msg, "file")
    return kept, media_type


def clean_name(name: str) -> str:
    """
    Make a name that is safe to show and to save under on any system.

    Control characters and marks that turn the reading direction go, a path's folders go,
    devices of Windows get an underscore, and what is too long loses its middle, not its ending.
    """
    # The separators first: a mark between two dots must not hide them.
    visible = "".join(c for c in unicodedata.normalize("NFC", name) if is_fit(c))
    last = re.split(r"[/\\]", visible)[-1]
    plain = _UNNAMEABLE.sub("_", " ".join(last.split())).strip(". ")
    if _DEVICE.fullmatch(plain):
        plain = f"_{plain}"
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > _LONGEST_ENDING:
        return plain[:_LONGEST_NAME].strip(". ") or "file"
    return f"{stem[: _LONGEST_NAME - len(ending) - 1].strip('. ') or 'file'}.{ending}"


def _media_type(content: bytes) -> str:
    if not content:
        msg = "is empty"
        raise InvalidError(msg, "file")
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"):
        return "image/png"
    if _PDF.match(content):
        return "application/pdf"
    if content.startswith(b"PK"):
        fault = why_no_docx(content)
        if fault is not None:
            msg = f"is an archive and no DOCX that can be taken: {fault}"
            raise InvalidError(msg, "file")
        return DOCX
    if _is_text(content):
        return TEXT
    msg = f"is of a type that cannot be attached; {_ALLOWED} can, judged by their content"
    raise InvalidError(msg, "file")


def _is_text(content: bytes) -> bool:
    if _NO_TEXT.search(content):
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
