"""Mail from the real daemon to real mail servers: both kinds of TLS, and what goes wrong."""

from __future__ import annotations

import contextlib
import http.client
import re
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from live import FAST, Daemon, daemon, devices, logged, wait_for
from postal import Box, login, post_office

#: The system's resolver is asked for none of them: they are this machine, by RFC 6761.
NAME, OTHER = "mail.localhost", "other.localhost"
RECEIVERS = """
receivers:
  - {{name: starttls, port: {starttls}, password: s3cret, links: true, {same}}}
  - {{name: implicit, port: {implicit}, password: s3cret, security: tls, {same}}}
  - {{name: wrong, port: {starttls}, password: wr0ng-c4nary, {same}}}
  - {{name: misnamed, port: {misnamed}, password: s3cret, {same}}}
  - {{name: dropped, port: {dropped}, password: s3cret, {same}}}
"""
SAME = (
    "type: email, username: ann, host: {name}, ca_file: {ca}, from: Fettled <f@ops.example>,"
    " to: [ann@ops.example], events: [ticket.opened, ticket.started, ticket.resolved]"
)
LINK = re.compile(r"https://fettled\.example(/links/[^\s\"<]+)")
TITLE = "Bl\u00e5 <b>down</b>"
PASSWORD = "wr0ng-c4nary"


class Dropping(Box):
    """Hangs up once, after it took a mail and before it said so."""

    def __init__(self) -> None:
        super().__init__()
        self.hung_up = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's own name
        """Take it; the first answer is lost."""
        said = await super().handle_DATA(server, session, envelope)
        if not self.hung_up:
            self.hung_up += 1
            server.transport.abort()
        return said


def outcomes(fettled: Daemon, number: int) -> dict[str, list[tuple[str, int, Any]]]:
    """What came of the deliveries of a ticket, by receiver."""
    found: dict[str, list[tuple[str, int, Any]]] = {}
    for each in fettled.get(f"/api/v1/tickets/{number}/actions")["items"]:
        one = (each["outcome"], each["tries"], each["data"].get("reason"))
        found.setdefault(each["target"], []).append(one)
    return found


def press(fettled: Daemon, method: str, path: str) -> tuple[int, str]:
    """Ask over TCP, as a browser that has no token does."""
    (*_, started) = logged(fettled.out, "daemon.listening")
    address = urlsplit("//" + str(started["address"]).removeprefix("http://"))
    talk = http.client.HTTPConnection(str(address.hostname), address.port, timeout=20)
    with contextlib.closing(talk):
        talk.request(method, path)
        answer = talk.getresponse()
        return answer.status, answer.read().decode()


def parts(mail: EmailMessage) -> Sequence[str]:
    """The text and the HTML of a mail."""
    found = [mail.get_body(("plain",)), mail.get_body(("html",))]
    return [str(each.get_content()) for each in found if each is not None]


def test_mail_over_both_kinds_of_tls_and_past_what_cannot_be_trusted(tmp_path: Path) -> None:
    """
    One thread, the same id on every try, links that act once; a wrong name is told nothing.

    A server that hangs up after it took a mail may have it twice, and has it under one id.
    """
    asked: dict[str, Any] = {"authenticator": login, "auth_required": True}
    first, second, never, dropping = Box(), Box(), Box(), Dropping()
    with devices() as made, daemon(tmp_path / "home") as fettled:

        def port(box: Box, **more: Any) -> int:
            opened = post_office(box, tmp_path, **({"name": NAME} | asked | more))
            return made.open(opened)().port

        ports = {
            "starttls": port(first),
            "implicit": port(second, tls=True, auth_require_tls=False),
            "misnamed": port(never, name=OTHER),
            "dropped": port(dropping),
        }
        same = SAME.format(name=NAME, ca=tmp_path / "ca.pem")
        fettled.write(" []", FAST + RECEIVERS.format(same=same, **ports))
        url = "server: {public_url: 'https://fettled.example', "
        fettled.config.write_text(fettled.config.read_text().replace("server: {", url))
        fettled.start()
        number = fettled.post("/api/v1/tickets", {"title": TITLE})["number"]
        mails = [first.mails, second.mails, dropping.mails]
        wait_for(lambda: [len(each) for each in mails] == [1, 1, 2], "mail everywhere")
        assert len({each["Message-ID"] for each in dropping.mails}) == 1

        text, html = parts(first.mails[0])
        assert "<b>" in text
        assert "<b>" not in html
        links = LINK.findall(text)
        assert LINK.findall(html)[::2] == links  # each as an address, and as its words
        for link, deed in zip(links, ("started", "snoozed"), strict=True):
            assert [press(fettled, "GET", link)[0] for _ in range(2)] == [200, 200]
            assert deed not in fettled.events(number)
            assert [press(fettled, "POST", link)[0] for _ in range(2)] == [200, 410]
            assert fettled.events(number)[-1] == deed

        wait_for(lambda: [len(each) for each in mails] == [2, 2, 3], "mail that it was started")
        for opened, *_, started in mails:
            assert started["References"] == opened["References"] == opened["In-Reply-To"]
            assert started["Subject"] == opened["Subject"] == f"#{number} {TITLE}"
            assert started["Message-ID"] != opened["Message-ID"]
        told = outcomes(fettled, number)
        assert told["starttls"] == told["implicit"] == [("done", 1, "delivered")] * 2
        assert told["dropped"] == [("done", 2, "delivered"), ("done", 1, "delivered")]
        assert [told[name][0][2] for name in ("wrong", "misnamed")] == ["auth", "tls"]
        assert never.mails == []
        assert PASSWORD not in fettled.out + fettled.err
        assert fettled.stop() == 0
        assert fettled.err == ""
