"""The notifier `apprise` against real receivers: what it says, what each answer comes to."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from pydantic import ValidationError

import probing
from fettled.core.deliveries import Tried
from fettled.core.errors import InvalidError
from fettled.notify.apprise_road import Apprise, AppriseOptions, kind_of, make
from fettled.notify.doors import Doors
from postal import NOTICE, here, telling
from tickets_for import NOW

Requests = list[tuple[str, dict[str, str], bytes]]


def notifier(url: str, contact: str | None = None, *, allow_private: bool = True) -> Apprise:
    """Make the notifier."""
    given = {"type": "apprise", "url": url, "allow_private": allow_private}
    return make(AppriseOptions.model_validate(given), Doors(here, lambda: NOW), contact)


@asynccontextmanager
async def service(
    status: int = 200, body: bytes = b"", *headers: str
) -> AsyncIterator[tuple[int, Requests]]:
    """Open a receiver that keeps what it is asked, and answers the same to everything."""
    got: Requests = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        head = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines) if k}
        got.append((first, head, await reader.readexactly(int(head.get("content-length", 0)))))
        more = "".join(f"{each}\r\n" for each in headers)
        answer = f"HTTP/1.1 {status} s3cret\r\n{more}Content-Length: {len(body)}\r\n\r\n"
        writer.write(answer.encode() + body)

    async with probing.serve(take) as port:
        yield port, got


async def test_what_a_service_is_told() -> None:
    """The first line as title, the rest as text, and how urgent it is in the library's words."""
    async with service() as (port, got):
        assert await notifier(f"json://127.0.0.1:{port}/").tell(telling()) == Tried(
            "delivered", status=200
        )
        await notifier(f"ntfy://127.0.0.1:{port}/alarms").tell(telling("ticket.resolved"))
    told, asked = (json.loads(body) for _, _, body in got)
    assert told["title"] == asked["title"] == NOTICE.headline
    assert told["message"] == asked["message"] == NOTICE.text.partition("\n")[2]
    assert (told["type"], told["attachments"], asked["topic"]) == ("failure", [], "alarms")


@pytest.mark.parametrize(
    ("event", "priority", "kind"),
    [
        ("ticket.opened", "critical", "failure"),
        ("ticket.reopened", "high", "failure"),
        ("ticket.sla_at_risk", "medium", "warning"),
        ("ticket.opened", "low", "info"),
        ("ticket.comment_added", "critical", "info"),
        ("ticket.resolved", "critical", "success"),
        ("something.new", "high", "info"),
    ],
)
def test_how_urgent_it_is(event: str, priority: str, kind: str) -> None:
    """By what happened, then by the ticket's priority."""
    assert kind_of(telling(event, priority=priority)) == kind


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        *((201, "delivered"), (400, "http_status"), (401, "auth"), (404, "not_found")),
        *((410, "gone"), (429, "rate_limited"), (500, "http_status"), (503, "http_status")),
    ],
)
async def test_what_each_status_comes_to(status: int, reason: str) -> None:
    """As with a webhook; the library itself would only say that it failed."""
    async with service(status, b"s3cret", "Retry-After: 30") as (port, _):
        tried = await notifier(f"json://127.0.0.1:{port}/s3cret").tell(telling())
    assert (tried.reason, tried.status) == (reason, status)
    assert tried.is_gone == (status == 410)
    assert tried.is_delivered or tried.retry_after is not None
    assert "s3cret" not in repr(tried)


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say at once what is no TLS."""
    writer.write(b"220 mail.example ESMTP\r\n" * 9)
    await writer.drain()
    await reader.read()


async def test_what_has_no_status() -> None:
    """Each in its own words."""
    for script, reason in (
        (probing.says(reset=True), "reset"),
        (probing.says(), "reset"),
        (probing.says(b"SSH-2.0-OpenSSH_9\r\n"), "reset"),
    ):
        async with probing.serve(script) as port:
            tried = await notifier(f"json://127.0.0.1:{port}/").tell(telling())
            assert tried.reason == reason
    for url, reason in (
        (f"json://127.0.0.1:{probing.CLOSED_PORT}/", "refused"),
        ("json://nowhere.invalid/", "dns"),
        ("nope://s3cret", "config"),
        ("slack://s3cret", "config"),
    ):
        tried = await notifier(url).tell(telling())
        assert tried.reason == reason
        assert "s3cret" not in repr(tried)
    async with probing.serve(greet) as port:
        tried = await notifier(f"jsons://127.0.0.1:{port}/").tell(telling())
        assert tried.reason == "tls"


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n", *[b"x" * 65_536] * 99),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", b"half of it"),
    ],
    ids=["10 GB", "half"],
)
async def test_what_else_a_service_says_is_not_needed(pieces: tuple[bytes, ...]) -> None:
    """It answered; an answer without end, or with a wrong one, takes it nothing."""
    script = probing.says(*pieces, forever=len(pieces) > 9)
    async with probing.serve(script) as port, asyncio.timeout(5):
        assert (await notifier(f"json://127.0.0.1:{port}/").tell(telling())).is_delivered


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1:{port}/",
        "json://localhost:{port}/",
        "json://[::1]:{port}/",
        "json://2130706433:{port}/",
        "json://127.1:{port}/",
        "xml://0.0.0.0:{port}/",
        "form://127.0.0.1:{port}/",
        "ntfy://127.0.0.1:{port}/topic",
        "mailto://127.0.0.1:{port}/?from=a@x.example&to=b@x.example&mode=insecure",
    ],
)
async def test_an_inner_address_is_never_connected_to(url: str) -> None:
    """
    However it is written and whichever service connects.

    Seen to fail without the hook that Python asks before each connection.
    """
    heard = []

    async def hear(_reader: Any, writer: asyncio.StreamWriter) -> None:
        heard.append(1)
        writer.close()

    async with probing.serve(hear) as port:
        tried = await notifier(url.format(port=port), allow_private=False).tell(telling())
    assert tried.reason in {"address_refused", "config"}
    assert not heard


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_and_is_a_failure(status: int) -> None:
    """
    Wherever it leads: to a metadata address, or to where a message would be taken.

    Seen to fail as the library follows it: the message goes, with its secrets, to where nobody
    sent it, and counts as told.
    """
    async with service() as (port, taken):
        for target in ("http://169.254.169.254/latest/", f"http://127.0.0.1:{port}/"):
            async with service(status, b"", f"Location: {target}") as (asked, got):
                tried = await notifier(f"json://127.0.0.1:{asked}/").tell(telling())
            assert (tried.reason, tried.status) == ("http_status", status)
            assert "redirects are not followed" in tried.detail
            assert target not in repr(tried)
            assert len(got) == 1
    assert not taken


async def test_the_url_is_nowhere_to_be_seen() -> None:
    """
    Neither in the arguments nor in the environment of the process, which others can read.

    Seen to fail where the order was an argument.
    """
    began = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        began.set()
        await reader.read()
        await asyncio.sleep(60)  # the fault under test: ended when its server is

    def children() -> list[str]:
        tasks = Path("/proc/self/task").glob("*/children")
        return [child for each in tasks for child in each.read_text().split()]

    async with probing.serve(hang) as port:
        one = notifier(f"json://127.0.0.1:{port}/s3cret")
        task = asyncio.create_task(one.tell(telling()))
        await began.wait()
        seen = [
            (Path("/proc") / child / what).read_bytes()
            for child in children()
            for what in ("cmdline", "environ")
        ]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert len(seen) >= 2
    assert not any(b"s3cret" in each for each in seen)
    assert "s3cret" not in repr(one)


async def test_a_person_is_addressed_in_the_url() -> None:
    """Percent-encoded, so that no contact becomes another part of it."""
    async with service() as (port, got):
        one = notifier(f"json://127.0.0.1:{port}/to/{{contact}}", "+47 1/2?a=b")
        assert (await one.tell(telling())).is_delivered
    path = got[0][0].split()[1]
    assert path.count("/") == 2
    assert "?" not in path
    assert unquote(path) == "/to/+47 1/2?a=b"
    for url, contact in (("json://h/{contact}", None), ("json://h/", "ann")):
        with pytest.raises(InvalidError, match="contact") as caught:
            notifier(url, contact)
        assert caught.value.field == "url"


@pytest.mark.parametrize("url", ["", "slack", "slack:/x", "://x", "a b://x", "json://a b"])
def test_what_is_no_url(url: str) -> None:
    """Refused when it is read, without repeating it."""
    with pytest.raises(ValidationError, match="must be a URL as apprise writes them"):
        notifier(url)


def test_a_library_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is missing, the configuration is refused with the cure."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ValidationError, match=r"pip install 'fettled\[apprise\]'"):
        notifier("json://h/")
