"""The notifier `email` against real mail servers that do as they should, and what they are sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import probing
from fettled.core.deliveries import Tried
from fettled.core.errors import InvalidError
from fettled.core.notice import Notice
from fettled.notify.mail_options import MailOptions
from fettled.ports.notify import Telling
from postal import NOTICE, Box, login, notifier, post_office, telling


async def test_every_mail_of_a_ticket_is_in_its_thread(tmp_path: Path) -> None:
    """Whichever came first; and a mail that is tried again has the id that it had."""
    box = Box()
    async with post_office(box, tmp_path) as notify:
        mail = notify()
        assert (await mail.tell(telling())).is_delivered
        assert (await mail.tell(telling("ticket.resolved", 5))).is_delivered
        assert (await mail.tell(telling("ticket.resolved", 5))).is_delivered
    first, second, again = box.mails
    assert first["Subject"] == second["Subject"] == "#7 Device offline: door-1"
    assert first["References"] == second["References"] == "<ticket.u-7@ops.example>"
    assert first["In-Reply-To"] == first["References"]
    assert first["Message-ID"] != second["Message-ID"] == again["Message-ID"]
    assert first["To"] == "ann@ops.example, bob@ops.example"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["List-Id"] == "<mail.fettled.ops.example>"


async def test_a_long_id_is_left_whole(tmp_path: Path) -> None:
    """
    No mail program finds a thread by an id that was written as encoded words.

    Seen to fail with the header class that Python has for `References`.
    """
    box = Box()
    uuid, domain = "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "d" * 60 + ".ops.example"
    async with post_office(box, tmp_path) as notify:
        mail = notify(**{"from": f"Fettled of Ödön <fettled@{domain}>"})
        assert (await mail.tell(telling(uuid=uuid))).is_delivered
    assert f"References: <ticket.{uuid}@{domain}>\r\n".encode() in box.raw[0]
    assert f"In-Reply-To: <ticket.{uuid}@{domain}>\r\n".encode() in box.raw[0]
    assert box.mails[0]["From"].addresses[0].display_name == "Fettled of Ödön"
    assert max(map(len, box.raw[0].splitlines())) < 200


async def test_text_and_html_say_the_same_and_nothing_in_it_runs(tmp_path: Path) -> None:
    """What people and targets said is text, wherever it stands."""
    box = Box()
    async with post_office(box, tmp_path) as notify:
        await notify().tell(telling())
    (got,) = box.mails
    plain, html = got.get_body(("plain",)), got.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines()[:2] == [NOTICE.headline, NOTICE.gist]
    page = html.get_content()
    assert "&lt;b&gt;look&lt;/b&gt; &amp; see" in page
    assert '<a href="https://wiki.example/doors?a=1&amp;b=2">' in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    "title",
    ["a\r\nBcc: eve@evil.example", "x\nX-Y: z", "\u202eabc", "ä" * 900, "", "\ud800", "=?utf-8?q?"],
)
async def test_no_title_makes_a_header(title: str, tmp_path: Path) -> None:
    """Line ends, other scripts, great length, nothing: one subject, and no further recipient."""
    box = Box()
    async with post_office(box, tmp_path) as notify:
        assert (await notify().tell(telling(title=title))).is_delivered
    (got,) = box.mails
    assert got["Bcc"] is None
    assert got["X-Y"] is None
    assert "\n" not in got["Subject"]
    assert str(got["Subject"]).startswith("#7")


@pytest.mark.parametrize(
    "text",
    ["", ".", "a\n.\nb", "x" * 5000, "Türöffner 门 🚪", "a\x00b\x1b[2J", "\udfff", "\r\n.\r\nQUIT"],
)
async def test_every_text_arrives(text: str, tmp_path: Path) -> None:
    """Dots, long lines, other scripts, none at all: as they are, but for what no mail can hold."""
    box = Box()
    async with post_office(box, tmp_path) as notify:
        told = Telling(telling().deliveries, notice=Notice("head", text))
        assert (await notify().tell(told)).is_delivered
    (got,) = box.mails
    plain = got.get_body(("plain",))
    assert plain is not None
    kept = text.replace("\x00", " ").replace("\x1b", " ").replace("\udfff", " ")
    wanted = ["head", *kept.replace("\r", " ").split("\n")] if kept else ["head"]
    assert plain.get_content().splitlines() == wanted
    assert max(map(len, box.raw[0].splitlines())) <= 78


async def test_a_login_and_tls_from_the_first_byte(tmp_path: Path) -> None:
    """Both as they are configured; a login that is refused is told without it."""
    box = Box()
    asked: dict[str, Any] = {"authenticator": login, "auth_required": True}
    async with post_office(box, tmp_path, tls=True, auth_require_tls=False, **asked) as notify:
        right = notify(username="ann", password="s3cret")
        assert (await right.tell(telling())).is_delivered
        tried = await notify(username="ann", password="wr0ng").tell(telling())
    assert (tried.reason, tried.status) == ("auth", 535)
    assert "s3cret" not in repr(right)
    assert "wr0ng" not in repr(tried)
    async with post_office(box, tmp_path, **asked) as notify:
        assert (await notify(username="ann", password="s3cret").tell(telling())).is_delivered
        tried = await notify().tell(telling())
    assert (tried.reason, tried.status) == ("smtp_status", 530)
    async with post_office(box, tmp_path, auth_exclude_mechanism=["LOGIN", "PLAIN"]) as notify:
        tried = await notify(username="ann", password="s3cret").tell(telling())
    assert tried.reason == "auth"
    assert len(box.mails) == 2


async def test_a_server_without_encryption_is_refused(tmp_path: Path) -> None:
    """
    A `starttls` that somebody cuts out of the greeting must not send the mail in the clear.

    Seen to fail where what there is was taken.
    """
    box = Box()
    async with post_office(box, tmp_path, plain=True) as notify:
        tried = await notify().tell(telling())
        assert tried.reason == "tls"
        assert not box.mails
        assert (await notify(security="none").tell(telling())).is_delivered


async def test_a_certificate_of_nobody_is_refused(tmp_path: Path) -> None:
    """The name and the chain are checked, unless it is said that they are not."""
    box = Box()
    for tls in (True, False):
        async with post_office(box, tmp_path, tls=tls) as notify:
            assert (await notify(ca_file=None).tell(telling())).reason == "tls"
            assert (await notify(host="other.example").tell(telling())).reason == "tls"
            assert not box.mails
            assert (await notify(ca_file=None, verify=False).tell(telling())).is_delivered
            box.mails.clear()


async def test_addresses_that_are_refused(tmp_path: Path) -> None:
    """Some: the others have it, and it is said. All: it is tried again."""
    async with post_office(Box(bob="550 no such user s3cret"), tmp_path) as notify:
        tried = await notify().tell(telling())
        assert tried == Tried("delivered", "1 of 2 addresses were refused")
    async with post_office(Box(bob="550 no", ann="551 no"), tmp_path) as notify:
        tried = await notify().tell(telling())
    assert tried.detail == "the mail server refuses every address (550, 551)"
    assert tried.reason == "refused"


async def test_who_has_a_mail_is_not_sent_it_again(tmp_path: Path) -> None:
    """
    An address that is refused for now is tried again, and only that one.

    Seen to fail where what some took counted as delivered: the other one never had it.
    """
    box = Box(bob="451 come back later")
    async with post_office(box, tmp_path) as notify:
        mail = notify()
        tried = await mail.tell(telling())
        assert (tried.reason, tried.status) == ("refused", 451)
        assert (await mail.tell(telling())).reason == "refused"
        assert (await mail.tell(telling("ticket.resolved", 5))).reason == "refused"
        box.refuses.clear()
        assert (await mail.tell(telling())).is_delivered
        assert (await mail.tell(telling())).is_delivered
    ann, bob = "ann@ops.example", "bob@ops.example"
    assert box.taken == [[ann], [ann], [bob], [ann, bob]]
    assert not mail.taken.keys() & {box.mails[0]["Message-ID"]}


async def test_a_person_instead_of_the_receivers_addresses(tmp_path: Path) -> None:
    """Who is told at their own address is the only one; domains of other scripts are known."""
    box = Box()
    async with post_office(box, tmp_path, enable_SMTPUTF8=True) as notify:
        mail = notify(to=[], contact="Bob Ü <bob@dörfer.example>")
        assert (await mail.tell(telling())).is_delivered
        assert (await notify(contact="jörg@ops.example").tell(telling())).is_delivered
    assert box.taken == [["bob@xn--drfer-jua.example"], ["jörg@ops.example"]]
    async with post_office(box, tmp_path) as notify:
        tried = await notify(contact="jörg@ops.example").tell(telling())
    assert tried == Tried("refused", "the mail server takes no addresses but ASCII")


@pytest.mark.parametrize(
    "address",
    [
        *("", "ann", "ann@", "@x.example", "ann@x@y.example", "a b@x.example", "a@[10.0.0.1]"),
        *("a@x.example, b@x.example", "a@x.example\r\nBcc: b@x.example", "g: a@x.example;"),
        *('"a\\"@b"@x.example', "<a@x.example> SIZE=1", "a..b@x.example", "a@x y.example"),
    ],
)
async def test_what_is_no_address(address: str) -> None:
    """Refused when it is read, wherever it comes from."""
    given = {"type": "email", "host": "h", "from": "f@x.example", "to": "t@x.example"}
    for field in ("from", "to"):
        with pytest.raises(ValidationError, match="is not a"):
            MailOptions.model_validate(given | {field: address})
    with pytest.raises(InvalidError, match="is not a"):
        notifier(25, contact=address)


async def test_what_cannot_be_meant() -> None:
    """Half a login, a password in the clear, nobody addressed, no authorities: in words."""
    for options, words in (
        ({"username": "ann"}, "go together"),
        ({"password": "x"}, "go together"),
        ({"username": "a", "password": "x", "security": "none"}, "in the clear"),
    ):
        with pytest.raises(ValidationError, match=words):
            notifier(25, **options)
    for options, field in (({"to": []}, "to"), ({"ca_file": "/nowhere.pem"}, "ca_file")):
        with pytest.raises(InvalidError) as caught:
            notifier(25, **options)
        assert caught.value.field == field
    ports = [
        MailOptions.model_validate(
            {"type": "email", "host": "h", "from": "f@x.example", "security": each}
        ).port_or_default
        for each in ("starttls", "tls", "none")
    ]
    assert ports == [587, 465, 25]


async def test_metadata_addresses_are_no_mail_servers() -> None:
    """The rule about addresses holds for mail too, and a private network only where it may."""

    async def metadata(_host: str) -> list[str]:
        return ["169.254.169.254"]

    async def nowhere(_host: str) -> list[str]:
        raise OSError(0, "no such name")

    port = probing.CLOSED_PORT
    assert (await notifier(port, lookup=metadata).tell(telling())).reason == "address_refused"
    outer = notifier(port, allow_private=False)
    assert (await outer.tell(telling())).reason == "address_refused"
    assert (await notifier(port).tell(telling())).reason == "refused"
    assert (await notifier(port, lookup=nowhere).tell(telling())).reason == "dns"
