"""What may be attached: judged by content, under a name that harms nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fettled.core.attachments import DOCX, TAKE_BACK, Attachment, clean_name, judge, may_remove
from fettled.core.errors import InvalidError
from fettled.core.permissions import Permission, Principal
from fettled.core.tickets import Actor
from tickets_for import NOW, new_ticket

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(17)
JPG = b"\xff\xd8\xff\xe0" + bytes(20)
PDF = b"%PDF-1.7\n%%EOF\n"
TXT = "smørrebrød\r\n\ttabs, and \f pages\n".encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run.png", b"MZ\x90\x00" + bytes(100)),
        ("run.pdf", b"\x7fELF" + bytes(100)),
        ("page.png", b"<svg onload=alert(1)></svg>"),
        ("page.jpg", b"<html><script>alert(1)</script></html>"),
        ("page.pdf", b"<html>%PDF-1.7</html>"),
        ("late.pdf", b"\n%PDF-1.7"),
        ("new.pdf", b"%PDF-9.9"),
        ("half.png", b"\x89PNG\r\n\x1a\n"),
        ("anim.jpg", b"GIF89a" + bytes(20)),
        ("image.jpg", b"RIFF\x00\x00\x00\x00WEBP"),
        ("old.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)),
        ("zip.docx", b"PK\x05\x06" + bytes(18)),
        ("gz.txt", b"\x1f\x8b\x08" + bytes(20)),
        ("nul.txt", b"text\x00text"),
        ("esc.txt", b"\x1b[2J"),
        ("utf16.txt", "text".encode("utf-16")),
        ("latin.txt", b"sm\xf8rrebr\xf8d"),
        ("cut.txt", "ø".encode()[:1]),
        ("surrogate.txt", b"\xed\xa0\x80"),
        ("empty.txt", b""),
        ("empty.png", b""),
    ],
)
def test_the_wrong_type_under_the_right_name_is_refused(name: str, content: bytes) -> None:
    """
    The name says nothing: the bytes do. The field at fault is named.

    Seen to fail with `_media_type` going by the name's ending.
    """
    with pytest.raises(InvalidError) as refused:
        judge(name, content)
    assert refused.value.field == "file"
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("page.svg", b"<svg onload=alert(1)></svg>"),
        ("run.exe", b"a text"),
        ("run.bat", b"del *"),
        ("image.pdf", PNG),
        ("report.png", PDF),
        ("report.pdf.exe", PDF),
        ("report", PDF),
        ("report.", PDF),
        (".pdf\u202etxt.exe", PDF),
        ("macro.docm", TXT),
        ("", TXT),
    ],
)
def test_the_right_type_under_a_wrong_name_is_refused(name: str, content: bytes) -> None:
    """
    Whoever saves it opens it by its ending.

    Seen to fail without the comparison of ending and type: a page was kept as text/plain.
    """
    with pytest.raises(InvalidError, match="its name must end in"):
        judge(name, content)


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("photo.png", PNG, "image/png"),
        ("Photo.JPG", JPG, "image/jpeg"),
        ("photo.jpeg", JPG, "image/jpeg"),
        ("report.pdf", PDF, "application/pdf"),
        ("log.txt", TXT, "text/plain"),
        ("log.txt", b"\xef\xbb\xbfwith a mark", "text/plain"),
        ("page.txt", b"<script>alert(1)</script>", "text/plain"),
    ],
)
def test_what_may_be_attached_is(name: str, content: bytes, media_type: str) -> None:
    """A text stays a text, whatever it says: it is only ever a download."""
    assert judge(name, content) == (name, media_type)


def test_the_docx_type_has_its_long_name() -> None:
    """As the registry has it."""
    assert DOCX.startswith("application/vnd.openxmlformats-officedocument")


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\windows\\win.txt", "win.txt"),
        ("C:\\fakepath\\a.txt", "a.txt"),
        ("/etc/cron.d/x.txt", "x.txt"),
        ("a/b\\..\u200b/..\\c.txt", "c.txt"),
        ("..", "file"),
        ("...", "file"),
        ("/", "file"),
        ("", "file"),
        (" \t ", "file"),
        (".txt", "txt"),
        ("a.txt\x00.png", "a.txt.png"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie_ x=1.txt"),
        ("gpj\u202etxt.exe", "gpjtxt.exe"),
        ("\u2066a\u2069.txt", "a.txt"),
        ("a\u2028b.txt", "ab.txt"),
        ("con.txt", "_con.txt"),
        ("COM1.txt", "_COM1.txt"),
        ("LPT¹.txt", "_LPT¹.txt"),
        ("aux", "_aux"),
        ("nul.tar.txt", "_nul.tar.txt"),
        ('a<b>"c|d?e*.txt', "a_b__c_d_e_.txt"),
        ("a:stream.txt", "a_stream.txt"),
        ("  two   words .txt", "two words.txt"),
        ("trailing.txt. . ", "trailing.txt"),
        ("e\u0301.txt", "\u00e9.txt"),
        ("x" * 300 + ".txt", "x" * 146 + ".txt"),
        ("x" * 300, "x" * 150),
        ("x." + "y" * 300, "x." + "y" * 148),
        ("漢字.txt", "漢字.txt"),
        ("\U0001f600.txt", "\U0001f600.txt"),
        ("\ud800.txt", "txt"),
    ],
)
def test_a_name_is_cleaned(given_name: str, kept: str) -> None:
    """
    Nothing of a path, no control character, no turned direction, no device is left.

    Seen to fail with the folders left in, and with the marks taken out after them only.
    """
    assert clean_name(given_name) == kept


@given(st.text())
def test_no_name_leads_anywhere(given_name: str) -> None:
    """Whatever is given, a short, printable, plain name comes out; cleaning it again is nothing."""
    kept = clean_name(given_name)
    assert 1 <= len(kept) <= 150
    assert not set(kept) & set('/\\<>:"|?*\x00\r\n')
    assert kept.strip(". ") == kept
    assert kept.isprintable()
    assert clean_name(kept) == kept
    kept.encode()


@pytest.mark.parametrize(
    ("late", "may_update", "may"),
    [
        (timedelta(), True, True),
        (timedelta(microseconds=1), True, False),
        (timedelta(), False, False),
    ],
    ids=["at-the-end-of-the-hour", "after-it", "whose-role-was-taken"],
)
def test_one_takes_back_what_one_could_attach_and_for_an_hour(
    late: timedelta,
    may_update: bool,
    may: bool,
) -> None:
    """
    The hour's last instant counts; whoever may not attach any more takes nothing back.

    Seen to fail with an hour that ends before its end, and without asking for the right.
    """
    ticket = new_ticket(reporter="ben")
    rights = {Permission.TICKET_VIEW} | ({Permission.TICKET_UPDATE} if may_update else set())
    ann = Principal("ann", Actor("token", "ann"), frozenset(rights))
    file = Attachment(ticket.number, "a.txt", "text/plain", 1, "", ann.actor, NOW)
    assert may_remove(ann, ticket, file, NOW + TAKE_BACK + late) is may
