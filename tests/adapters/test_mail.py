"""The notifier `email` against real mail servers, good and bad."""

from __future__ import annotations

import asyncio
import email
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope

import probing
from fettled.core.deliveries import Delivery, Tried
from fettled.core.notice import Notice
from fettled.notify.mail import Mail
from fettled.ports.notify import Telling
from tickets_for import NOW

NOTICE = Notice(
    "[DOWN] Device offline: door-1 (high, #7)",
    "since 08:27 UTC (for 2m5s); no answer within 10 s",
    (("Runbook", "https://wiki.example/doors?a=1&b=2"), ("Said", "<b>look</b> & see")),
)
CA = trustme.CA()


def telling(event: str = "ticket.opened", seq: int = 1, **ticket: Any) -> Telling:
    """Make something to tell."""
    given = {"number": 7, "uuid": "u-7", "title": "Device offline: door-1", "priority": "high"}
    one = Delivery(seq, "mail", 7, event, f"e-{seq}", seq, NOW, 1, {"ticket": given | ticket})
    return Telling((one,), notice=NOTICE)


class Box:
    """A mail server's handler that keeps what it takes."""

    def __init__(self, refuses: Sequence[str] = (), data: str = "250 OK") -> None:
        self.mails: list[EmailMessage] = []
        self.refuses, self.data = refuses, data

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's own name and signature
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        """Take the address, or not."""
        if address in self.refuses:
            return "550 no such user s3cret"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 -- as above
        """Take the mail."""
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(email.message_from_bytes(content, policy=default))
        return self.data


def login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    """Let ann in."""
    return AuthResult(success=(data.login, data.password) == (b"ann", b"s3cret"), handled=False)


async def resolve(_host: str) -> Sequence[str]:
    """Resolve every name to this machine."""
    return ["127.0.0.1"]


@asynccontextmanager
async def post_office(box: Box, *, tls: bool = False, **options: Any) -> AsyncIterator[Mail]:
    """Start a mail server; gives a notifier that uses it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert("mail.example").configure_cert(context)
    trust = ssl.create_default_context()
    CA.configure_trust(trust)
    loop = asyncio.get_running_loop()
    starttls = None if tls or options.pop("plain", False) else context
    server = await loop.create_server(
        lambda: SMTP(box, hostname="mail.example", tls_context=starttls, loop=loop, **options),
        "127.0.0.1",
        0,
        ssl=context if tls else None,
    )
    try:
        yield Mail(
            lookup=resolve,
            host="mail.example",
            port=server.sockets[0].getsockname()[1],
            sender="fettled@ops.example",
            to=["ann@ops.example", "bob@ops.example"],
            wall=lambda: NOW,
            security="tls" if tls else "starttls",
            tls=trust,
        )
    finally:
        server.close()
        await server.wait_closed()


async def test_every_mail_of_a_ticket_is_in_its_thread() -> None:
    """Whichever came first; and a mail that is tried again has the id that it had."""
    box = Box()
    async with post_office(box) as mail:
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


async def test_text_and_html_say_the_same_and_nothing_in_it_runs() -> None:
    """What people and targets said is text, wherever it stands."""
    box = Box()
    async with post_office(box) as mail:
        await mail.tell(telling())
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
    "title", ["a\r\nBcc: eve@evil.example", "x\nX-Y: z", "\u202eabc", "ä" * 900]
)
async def test_no_title_makes_a_header(title: str) -> None:
    """Line ends, other scripts, great length: one subject, and no further recipient."""
    box = Box()
    async with post_office(box) as mail:
        assert (await mail.tell(telling(title=title))).is_delivered
    (got,) = box.mails
    assert got["Bcc"] is None
    assert got["X-Y"] is None
    assert "\n" not in got["Subject"]


async def test_a_login_and_tls_from_the_first_byte() -> None:
    """Both as they are configured."""
    box = Box()
    async with post_office(
        box, tls=True, authenticator=login, auth_required=True, auth_require_tls=False
    ) as mail:
        right = replace(mail, username="ann", password="s3cret")
        assert (await right.tell(telling())).is_delivered
        tried = await replace(right, password="wrong").tell(telling())
    assert tried.reason == "auth"
    assert "s3cret" not in repr(right) + repr(tried)


async def test_a_server_without_encryption_is_refused() -> None:
    """
    A `starttls` that somebody cuts out of the greeting must not send the mail in the clear.

    Seen to fail with `start_tls=None`, which takes what there is.
    """
    box = Box()
    async with post_office(box, plain=True) as mail:
        tried = await mail.tell(telling())
        assert tried.reason == "tls"
        assert not box.mails
        assert (await replace(mail, security="none").tell(telling())).is_delivered


async def test_a_certificate_of_nobody_is_refused() -> None:
    """The name and the chain are checked."""
    async with post_office(Box()) as mail:
        assert (await replace(mail, tls=None).tell(telling())).reason == "tls"
        assert (await replace(mail, host="other.example").tell(telling())).reason == "tls"


async def test_addresses_that_are_refused() -> None:
    """Some: the others have it, and it is said. All: it is tried again."""
    async with post_office(Box(refuses=["bob@ops.example"])) as mail:
        tried = await mail.tell(telling())
        assert tried == Tried("delivered", "1 of 2 addresses were refused")
    async with post_office(Box(refuses=["bob@ops.example", "ann@ops.example"])) as mail:
        tried = await mail.tell(telling())
        assert (tried.reason, tried.detail) == (
            "refused",
            "the mail server refuses every address (550)",
        )


async def test_a_server_that_has_no_room() -> None:
    """Its code is told, its words are not."""
    async with post_office(Box(data="452 disk full at /srv/s3cret")) as mail:
        tried = await mail.tell(telling())
    assert (tried.status, tried.detail) == (452, "the mail server answered 452")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (probing.says(b"220 x\r\n", reset=True), "reset"),
        (probing.silent, None),
        (probing.says(b"HTTP/1.1 400 Bad\r\n\r\n"), None),
    ],
)
async def test_what_is_no_mail_server(script: Any, reason: str | None) -> None:
    """In time, whatever it does."""
    async with post_office(Box()) as mail, probing.serve(script) as port:
        try:
            async with asyncio.timeout(1.0):
                tried = await replace(mail, port=port).tell(telling())
        except TimeoutError:
            assert reason is None
        else:
            assert reason is None or tried.reason == reason
            assert not tried.is_delivered


async def test_metadata_addresses_are_no_mail_servers() -> None:
    """The rule about addresses holds for mail too."""

    async def metadata(_host: str) -> Sequence[str]:
        return ["169.254.169.254"]

    async with post_office(Box()) as mail:
        assert (await replace(mail, lookup=metadata).tell(telling())).reason == "address_refused"
        assert (await replace(mail, port=probing.CLOSED_PORT).tell(telling())).reason == "refused"
