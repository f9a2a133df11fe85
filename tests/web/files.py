"""Fakes of the desks for comments, attachments and exports; and files, good and hostile."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp

from fettled.app.exports import Dossier
from fettled.core.actions import Comment
from fettled.core.attachments import Attachment, may_attach
from fettled.core.errors import ForbiddenError, NotFoundError
from fettled.core.permissions import Principal
from fettled.core.tickets import Actor, Entry, Ticket
from web.fakes import AT, FakeTickets

ANN = Actor("token", "ann")
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(17)
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(20)
PDF = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"
TXT = "Vær så god: the door is open\r\n\tlog line\n".encode()
DOCUMENT = {
    "[Content_Types].xml": b"<Types/>",
    "_rels/.rels": b"<Relationships/>",
    "word/document.xml": b"<w:document>" + b"some text " * 50 + b"</w:document>",
}


def archive(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Make a ZIP of *members*."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    return out.getvalue()


DOCX = archive(DOCUMENT)


def files(*given: tuple[str, bytes], field: str = "file") -> aiohttp.FormData:
    """Make the form that sends *given*, each a name and its content."""
    form = aiohttp.FormData(quote_fields=False, default_to_multipart=True)
    for name, content in given:
        form.add_field(
            field, io.BytesIO(content), filename=name, content_type="application/octet-stream"
        )
    return form


class FakeComments:
    """What `FakeTickets` was told."""

    def __init__(self, tickets: FakeTickets) -> None:
        self._tickets = tickets

    async def made(self, after: Ticket, comment: Comment, actor: Actor) -> Entry:
        data = {"body": comment.body, "visibility": comment.visibility}
        return Entry("comment_added", AT, actor, data, seq=after.last_seq + 1)

    async def list(self, ref: str, who: Principal, after: int, limit: int) -> list[Entry]:
        await self._tickets.get(ref, who)
        return []


@dataclass
class FakeAttachments:
    """One attachment, 7, on every ticket there is."""

    tickets: FakeTickets
    kept: dict[int, Attachment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kept[7] = Attachment(42, "a.txt", "text/plain", 3, "0" * 64, ANN, AT, 7)

    async def list(self, ref: str, who: Principal) -> list[Attachment]:
        await self.tickets.get(ref, who)
        return [*self.kept.values()]

    async def get(self, ref: str, who: Principal, ident: int) -> Attachment:
        await self.tickets.get(ref, who)
        if ident not in self.kept:
            msg = "there is no such attachment"
            raise NotFoundError(msg)
        return self.kept[ident]

    async def piece(self, ident: int, piece: int) -> bytes | None:
        return b"abc" if piece == 0 else None

    async def expect(self, ref: str, who: Principal) -> None:
        if not may_attach(who, await self.tickets.get(ref, who)):
            msg = "may not"
            raise ForbiddenError(msg)

    async def add(
        self, ref: str, who: Principal, files: list[tuple[str, bytes]]
    ) -> tuple[list[Attachment], bool]:
        await self.expect(ref, who)
        return [*self.kept.values()], True

    async def remove(self, ref: str, who: Principal, ident: int) -> None:
        await self.get(ref, who, ident)
        if "ticket.delete" not in who.permissions:
            msg = "may not"
            raise ForbiddenError(msg)


class FakeExports:
    """Tickets of `FakeTickets`."""

    def __init__(self, tickets: FakeTickets) -> None:
        self._tickets = tickets

    def now(self) -> datetime:
        return AT

    async def gather(self, ref: str, who: Principal) -> Dossier:
        return Dossier(await self._tickets.get(ref, who), [], [], [])

    async def entries(self, ticket: Ticket, after: int, who: Principal) -> tuple[list[Entry], int]:
        return self._tickets.entries, 0
