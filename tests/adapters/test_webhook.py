"""The webhook notifier against receivers, good and hostile: what each answer comes to."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import client_proto
from aiohttp.client_proto import HttpResponseParser
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook as Standard
from standardwebhooks.webhooks import WebhookVerificationError
from yarl import URL

import probing
from fettled.core.deliveries import Delivery, Tried
from fettled.notify.body import MOST_BYTES
from fettled.notify.session import make_session
from fettled.notify.signing import key_of
from fettled.notify.webhook import Webhook, WebhookOptions
from fettled.ports.notify import Telling
from tickets_for import NOW

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
PATH = "/services/s3cret-path"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def telling(**ticket: Any) -> Telling:
    """Make something to tell."""
    payload = {"ticket": {"number": 7, "title": "Device offline"} | ticket, "data": {"n": 1}}
    one = Delivery(1, "hook", 7, "ticket.opened", "e-1", 1, NOW, 1, payload)
    return Telling((one,))


async def loopback(host: str) -> Sequence[str]:
    """Resolve every name to this machine."""
    if host == "nowhere.example":
        raise OSError(0, "no such name")
    return ["127.0.0.1"]


@asynccontextmanager
async def hook(port: int, *, allow_private: bool = True, **more: Any) -> AsyncIterator[Webhook]:
    """Open a notifier that tells a port of this machine."""
    url = URL(more.pop("url", f"http://hooks.example:{port}{PATH}"), encoded=True)
    lookup = more.pop("lookup", loopback)
    async with make_session(lookup, allow_private=allow_private) as session:
        yield Webhook(session, url, lambda: NOW, **more)


async def told(script: Any, seconds: float = 2.0, **more: Any) -> Tried | None:
    """Tell a receiver that behaves as *script*; None when the deadline ended it."""
    async with probing.serve(script) as port, hook(port, **more) as notifier:
        try:
            async with asyncio.timeout(seconds):
                return await notifier.tell(telling())
        except TimeoutError:
            return None


def says(status: int, *headers: bytes) -> Any:
    """Answer with a status."""
    head = b"".join(each + b"\r\n" for each in headers)
    return probing.says(b"HTTP/1.1 %d X\r\n%sContent-Length: 0\r\n\r\n" % (status, head))


@pytest.mark.parametrize(
    ("status", "reason", "is_gone"),
    [
        (200, "delivered", False),
        (204, "delivered", False),
        (299, "delivered", False),
        (301, "http_status", False),
        (307, "http_status", False),
        (400, "http_status", False),
        (401, "auth", False),
        (404, "not_found", False),
        (410, "gone", True),
        (429, "rate_limited", False),
        (500, "http_status", False),
        (503, "http_status", False),
        (599, "http_status", False),
    ],
)
async def test_what_each_status_comes_to(status: int, reason: str, *, is_gone: bool) -> None:
    """Only 2xx is delivered; only 410 ends it for good."""
    tried = await told(says(status, b"Location: http://127.0.0.1:1/"))
    assert tried is not None
    assert (tried.reason, tried.status, tried.is_gone) == (reason, status, is_gone)
    assert "s3cret" not in tried.detail
    assert tried.is_delivered or str(status) in tried.detail


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"120", 120),
        (b"0", 0),
        (b"Sat, 21 Nov 2026 08:31:00 GMT", 59.876544),
        (b"Sat, 21 Nov 2020 08:31:00 GMT", 0),
        (b"999999999999999999", 86_400),
        (b"Sat, 21 Nov 2999 08:31:00 GMT", 86_400),
        (b"soon", None),
        (b"-5", None),
        (b"", None),
    ],
)
async def test_retry_after_in_all_its_forms(value: bytes, seconds: float | None) -> None:
    """Seconds, or a date; bounded by a day; nonsense is as if it were not there."""
    tried = await told(says(429, b"Retry-After: " + value))
    assert tried is not None
    assert tried.retry_after == (None if seconds is None else timedelta(seconds=seconds))


HOSTILE: dict[str, tuple[Any, str | None]] = {
    "resets": (probing.says(reset=True), "reset"),
    "closes": (probing.says(), "reset"),
    "hangs": (probing.says(b"HTTP/1.1 200 OK\r\n", every=60), None),
    "drips its head": (probing.says(*(bytes([c]) for c in OK * 9), every=1), None),
    "speaks something else": (probing.says(b"SSH-2.0-OpenSSH_9\r\n"), "protocol"),
    "sends headers for ever": (
        probing.says(b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * 9, forever=True),
        "protocol",
    ),
    "sends 100 for ever": (probing.says(b"HTTP/1.1 100 C\r\n\r\n", forever=True), "protocol"),
    "sends 10 GB": (
        probing.says(
            b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n",
            *[b"x" * 65_536] * 9,
            forever=True,
        ),
        "delivered",
    ),
    "drips its body": (
        probing.says(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", *[b"x"] * 99, every=1),
        "delivered",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_receivers(name: str) -> None:
    """In time, in bounds, and each with its own reason; a body is nobody's business."""
    script, reason = HOSTILE[name]
    files = probing.open_files()
    tracemalloc.start()
    tried = await told(script, seconds=1.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (tried and tried.reason) == reason
    assert peak < 4_000_000
    await probing.until(lambda: probing.open_files() <= files, "closed files")


async def test_informational_answers_without_an_end_hold_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    A few are read past; a flood is broken off before a message is made of each.

    Seen to fail where only those were counted that somebody read: the parser had made
    thousands of them by then, and nobody else had a turn meanwhile.
    """
    parsed = 0

    class Counting:
        def __init__(self, *given: Any, **named: Any) -> None:
            self._parser = HttpResponseParser(*given, **named)

        def feed_data(self, data: bytes) -> Any:
            nonlocal parsed
            fed = self._parser.feed_data(data)
            parsed += len(fed[0])
            return fed

        def __getattr__(self, name: str) -> Any:
            return getattr(self._parser, name)

    monkeypatch.setattr(client_proto, "HttpResponseParser", Counting)
    hint = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    for few in (b"HTTP/1.1 100 Continue\r\n\r\n", hint * 10):
        tried = await told(probing.says(few + OK))
        assert tried is not None
        assert tried.is_delivered
    assert parsed == 13
    flood = await told(probing.says(hint * 10_000, forever=True))
    assert flood is not None
    assert flood.reason == "protocol"
    surplus = await told(probing.says(OK * 10_000, forever=True))
    assert surplus is not None
    assert surplus.is_delivered
    assert parsed < 200
    assert flood.detail == "more than 10 informational answers (1xx) came, and no other"


async def test_nobody_there_and_no_such_name() -> None:
    """Each in words, without the URL."""
    async with hook(probing.CLOSED_PORT) as notifier:
        tried = await notifier.tell(telling())
        assert (tried.reason, tried.detail) == ("refused", "it refused the connection")
    async with hook(1, url=f"http://nowhere.example{PATH}") as notifier:
        tried = await notifier.tell(telling())
        assert tried.reason == "dns"
        assert "s3cret" not in repr(notifier) + repr(tried)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f.1:{port}/",
        "http://0177.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://127.0.0.1.nip.example:{port}/",
        "http://user:pass@127.0.0.1:{port}/",
        "http://0.0.0.0:{port}/",
        "http://169.254.169.254:{port}/latest/meta-data/",
    ],
)
async def test_an_inner_address_is_never_connected_to(url: str) -> None:
    """
    However it is written, and whatever a name resolves to.

    Seen to fail where the client is made without the rule's sockets.
    """
    heard = []

    async def hear(_reader: Any, writer: asyncio.StreamWriter) -> None:
        heard.append(1)
        writer.close()

    async with probing.serve(hear) as port:
        given = url.format(port=port)
        async with hook(port, url=given, allow_private=False) as notifier:
            tried = await notifier.tell(telling())
    assert tried.reason in {"address_refused", "dns", "protocol"}
    assert not heard


async def test_a_name_that_changes_its_mind_gains_nothing() -> None:
    """
    Rebinding: whatever it was when somebody looked at it, it is inner when it is connected to.

    The rule is asked of the address a socket is made for, so there is no moment in between.
    """
    answers = [["127.0.0.1"], ["::1", "127.0.0.1"], ["169.254.169.254"]]

    async def lookup(_host: str) -> Sequence[str]:
        return answers.pop(0)

    async with (
        probing.serve(probing.says(OK)) as port,
        hook(port, allow_private=False, lookup=lookup) as notifier,
    ):
        while answers:
            assert (await notifier.tell(telling())).reason == "address_refused"


async def test_a_redirect_is_not_followed() -> None:
    """Neither inwards nor anywhere: the receiver's URL is to be corrected."""
    heard = []

    async def hear(_reader: Any, writer: asyncio.StreamWriter) -> None:
        heard.append(1)
        writer.close()

    async with probing.serve(hear) as inner:
        tried = await told(says(302, b"Location: http://127.0.0.1:%d/" % inner))
    assert tried is not None
    assert "not followed" in tried.detail
    assert not heard


async def request_of(notifier_keys: Sequence[bytes], what: Telling) -> tuple[dict[str, str], bytes]:
    """Tell a receiver that keeps the request."""
    got: list[tuple[dict[str, str], bytes]] = []

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:]
        head = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines) if k}
        got.append((head, await reader.readexactly(int(head["content-length"]))))
        writer.write(OK)
        writer.close()

    async with probing.serve(keep) as port, hook(port, keys=notifier_keys) as notifier:
        assert (await notifier.tell(what)).is_delivered
    return got[0]


async def test_the_signature_is_what_the_standards_own_library_verifies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With either secret while one is being changed, with no other, and with no other body."""
    head, body = await request_of([key_of(OTHER), key_of(SECRET)], telling())
    assert head["webhook-id"] == "e-1"
    monkeypatch.setattr(Standard, "_Webhook__verify_timestamp", lambda _self, _stamp: NOW)
    for secret in (SECRET, OTHER):
        event = Standard(secret).verify(body, head)
        assert event["type"] == "ticket.opened"
        with pytest.raises(WebhookVerificationError):
            Standard(secret).verify(body + b" ", head)
        with pytest.raises(WebhookVerificationError):
            Standard(secret).verify(body, head | {"webhook-id": "e-2"})
    with pytest.raises(WebhookVerificationError):
        Standard("whsec_" + "C" * 32).verify(body, head)


async def test_a_body_is_never_longer_than_the_standard_asks() -> None:
    """What is long is cut, and says so; what says which ticket it is stays."""
    labels = {f"label-{n}": "x" * 50 for n in range(400)}
    long = telling(title="t" * 9000, description="d" * 90_000, labels=labels, uuid="u-7")
    _, body = await request_of([], long)
    assert len(body) <= MOST_BYTES
    event = json.loads(body)
    assert event["data"]["cut"] is True
    assert event["data"]["ticket"]["number"] == 7
    _, short = await request_of([], telling())
    assert "cut" not in json.loads(short)["data"]


@pytest.mark.parametrize("login", ["ann:s3cret@", "ann@", ":s3cret@"])
def test_one_login_is_enough(login: str) -> None:
    """
    A login in the URL beside a header of it is refused when it is read, without repeating it.

    Seen to fail where each try came to `protocol`: the client sends no two logins.
    """
    given: dict[str, Any] = {"type": "webhook", "url": f"https://{login}hooks.example/x"}
    assert WebhookOptions.model_validate(given)
    given["headers"] = {"authorization": "Bearer s3cret"}
    with pytest.raises(ValidationError, match="login in its url and an Authorization") as caught:
        WebhookOptions.model_validate(given)
    assert "s3cret" not in str(caught.value.errors()[0]["msg"])
    assert WebhookOptions.model_validate(given | {"url": "https://hooks.example/a@b"})
