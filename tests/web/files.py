"""Files to attach, and the form that sends them."""

from __future__ import annotations

import io
import zipfile

import aiohttp

PLACE = "/api/v1/tickets/1/attachments"
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


async def problem(response: aiohttp.ClientResponse, status: int, field: str | None = None) -> str:
    """Check that *response* is a problem of *status* that names *field*; give its sentence."""
    assert response.status == status, await response.text()
    assert response.content_type == "application/problem+json"
    data = await response.json(content_type=None)
    if field is not None:
        assert [fault["field"] for fault in data["errors"]] == [field]
    return data["detail"]


async def send(client: aiohttp.ClientSession, *given: tuple[str, bytes], place: str = PLACE):
    """Attach files."""
    return await client.post(place, data=files(*given))


async def names(client: aiohttp.ClientSession) -> list[str]:
    """What is attached to ticket 1."""
    async with client.get(PLACE) as response:
        assert response.status == 200
        return [each["name"] for each in (await response.json())["items"]]
