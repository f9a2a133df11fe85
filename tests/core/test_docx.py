"""Archives that are no documents: judged by their directory, and never unpacked."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fettled.core.docx import why_no_docx

DOCUMENT = {
    "[Content_Types].xml": b"<Types/>",
    "_rels/.rels": b"<Relationships/>",
    "word/document.xml": b"<w:document>" + b"some text " * 50 + b"</w:document>",
}
END, ENTRY, LOCAL = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"


def archive(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Make a ZIP of *members*."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    return out.getvalue()


def entry_at(content: bytes, name: bytes) -> int:
    """Where the directory's entry of *name* begins."""
    at = content.find(ENTRY)
    while content[at + 46 : at + 46 + len(name)] != name:
        at = content.find(ENTRY, at + 1)
    return at


def patched(content: bytes, at: int, shape: str, value: int) -> bytes:
    """Overwrite a number."""
    return content[:at] + struct.pack(shape, value) + content[at + struct.calcsize(shape) :]


DOCX = archive(DOCUMENT)


def test_a_document_is_one() -> None:
    """As it comes from a word processor: stored or deflated, with pictures and charts."""
    assert why_no_docx(DOCX) is None
    more = {
        "word/media/image1.png": b"\x89PNG" + bytes(range(256)) * 40,
        "word/embeddings/Microsoft_Excel_Sheet.xlsx": archive({"a": b"b"}),
        "docProps/app.xml": b"<a/>",
    }
    assert why_no_docx(archive(DOCUMENT | more)) is None
    assert why_no_docx(archive(DOCUMENT, zipfile.ZIP_STORED)) is None


@pytest.mark.parametrize(
    "bad",
    [
        "../evil",
        "/etc/passwd",
        "word/../../evil",
        "word\\evil",
        "C:/evil",
        "word/./x",
        "word//x",
        "a\nb",
        "a\u202eb",
        "x" * 400,
        "WORD/document.xml",
        "word/vbaProject.bin",
        "word/VBAPROJECT.BIN",
        "word/vbaData.xml",
        "word/activeX/activeX1.xml",
        "word/embeddings/more.zip",
        "word/embeddings/run.exe",
        "word/embeddings/sheet.xlsm",
        "a.js",
        "a.LNK",
    ],
)
def test_a_bad_entry_refuses_the_whole(bad: str) -> None:
    """
    Ways out, doubles, macros, programs, archives within.

    Seen to fail without `_FORBIDDEN` (from vbaProject on), and without the pieces' check.
    """
    assert why_no_docx(archive(DOCUMENT | {bad: b"x"})) is not None


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"a.txt": b"x"},
        {"[Content_Types].xml": b"<Types/>"},
        {"word/document.xml": b"x"},
        {"[Content_Types].xml": b"", "xl/workbook.xml": b"a sheet"},
    ],
)
def test_any_other_archive_is_none(members: dict[str, bytes]) -> None:
    """An archive is a document only with a document's parts."""
    assert why_no_docx(archive(members)) is not None


def test_a_bomb_is_refused_by_what_it_declares() -> None:
    """
    50 MB of zeros are 50 kB: refused by the ratio; what is honest in ratio by the sum.

    Seen to fail without `_fault_of_sizes`.
    """
    bomb = archive(DOCUMENT | {"word/media/a.xml": bytes(50_000_000)})
    assert len(bomb) < 100_000
    assert "far more than it is" in str(why_no_docx(bomb))
    at = entry_at(DOCX, b"word/document.xml")
    assert "unpack to more than 200 MiB" in str(why_no_docx(patched(DOCX, at + 24, "<L", 2**31)))


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    """What the directory hides, the local header or the neighbour's place tells."""
    at = entry_at(DOCX, b"word/document.xml")
    assert why_no_docx(patched(DOCX, at + 20, "<L", 10_000)) is not None  # packed size
    assert why_no_docx(patched(DOCX, at + 42, "<L", 0)) is not None  # where it begins


@pytest.mark.parametrize("place", [8, 18, 22])
def test_two_readers_see_the_same_sizes_in_it(place: int) -> None:
    """
    The header before a content may not say of packing and sizes what the directory does not.

    A bomb of 5 MB that the directory calls 1,000 bytes was taken without `_agrees`. What was
    written to a pipe has its sizes behind the content, and is a document all the same.
    """
    at = DOCX.find(LOCAL, 1)
    assert why_no_docx(patched(DOCX, at + place, "<H", 12)) is not None
    piped = patched(patched(DOCX, at + 6, "<H", 8), at + 18, "<Q", 0)
    assert why_no_docx(piped) is None


def test_entries_that_share_their_bytes_are_refused() -> None:
    """
    An entry that reaches over its neighbours shares their bytes: the bomb without recursion.

    Seen to fail without the comparison of each start with the end before it.
    """
    at = entry_at(DOCX, b"[Content_Types].xml")
    reaching = patched(patched(DOCX, at + 20, "<L", 60), 18, "<L", 60)
    assert why_no_docx(reaching) == "its entries overlap"


def test_two_entries_cannot_stand_for_the_same_bytes() -> None:
    """Neither under one name nor under two."""
    first, end = DOCX.find(ENTRY), DOCX.rfind(END)
    entry = DOCX[first : DOCX.find(ENTRY, first + 1)]
    for twin in (entry, entry.replace(b"[Content_Types]", b"[Content_Typez]")):
        spoilt = DOCX[:end] + twin + DOCX[end:]
        for place in (8, 10):
            spoilt = patched(spoilt, end + len(twin) + place, "<H", 4)
        spoilt = patched(spoilt, end + len(twin) + 12, "<L", end + len(twin) - first)
        assert why_no_docx(spoilt) is not None


@pytest.mark.parametrize(("place", "shape", "value"), [(8, "<H", 1), (10, "<H", 12)])
def test_what_is_encrypted_or_packed_otherwise_is_refused(
    place: int, shape: str, value: int
) -> None:
    """Documents are stored or deflated, and can be read."""
    at = entry_at(DOCX, b"word/document.xml")
    assert why_no_docx(patched(DOCX, at + place, shape, value)) is not None


def test_an_entry_is_encrypted_in_both_places_or_in_none() -> None:
    """
    A reader that believes the local header would ask for a password.

    Seen to fail without the comparison of that flag.
    """
    local = DOCX.find(LOCAL, 1)
    assert why_no_docx(patched(DOCX, local + 6, "<H", 1)) is not None


def test_the_last_entry_does_not_reach_into_the_directory() -> None:
    """
    What is content to one reader is the list of contents to another.

    Seen to fail without the comparison of the last end with the directory's beginning.
    """
    at, local = entry_at(DOCX, b"word/document.xml"), DOCX.rfind(LOCAL)
    (packed,) = struct.unpack_from("<L", DOCX, at + 20)
    reaching = patched(patched(DOCX, at + 20, "<L", packed + 1), local + 18, "<L", packed + 1)
    assert why_no_docx(reaching) == "its entries overlap"


def test_a_link_is_refused() -> None:
    """Some unpackers follow it."""
    at = entry_at(DOCX, b"_rels/.rels")
    assert why_no_docx(patched(DOCX, at + 38, "<L", 0o120777 << 16)) == "it holds a link"


def test_what_stands_around_the_archive_is_refused() -> None:
    """A program in front, or anything behind, would make it two things at once."""
    assert why_no_docx(b"PK" + DOCX) is not None
    assert why_no_docx(DOCX + b"<script>") is not None
    assert why_no_docx(DOCX[:-10]) is not None
    assert why_no_docx(DOCX[: len(DOCX) // 2]) is not None


def test_a_directory_of_very_many_entries_is_not_even_read() -> None:
    """20,000 entries, or a directory of megabytes, cost no time."""
    many = archive(DOCUMENT | {f"word/{n}.xml": b"" for n in range(3_000)})
    assert "more than 2000 entries" in str(why_no_docx(many))
    end = DOCX.rfind(END)
    assert why_no_docx(patched(DOCX, end + 10, "<H", 65_535)) is not None
    assert why_no_docx(patched(DOCX, end + 12, "<L", 2**31)) is not None
    assert why_no_docx(patched(DOCX, end + 16, "<L", 2**31)) is not None


@given(st.integers(0, len(DOCX) - 1), st.binary(min_size=1, max_size=8))
def test_nothing_that_is_spoilt_gets_past_unseen(at: int, spoilt: bytes) -> None:
    """Whatever is overwritten, a sentence or nothing comes back, and never an exception."""
    answer = why_no_docx(DOCX[:at] + spoilt + DOCX[at + len(spoilt) :])
    assert answer is None or answer.startswith(("it ", "its ", "an ", "two ", "something "))


@given(st.binary(max_size=400))
def test_bytes_that_are_nothing_are_none(content: bytes) -> None:
    """Also behind the mark of an archive."""
    assert why_no_docx(b"PK" + content) is not None
