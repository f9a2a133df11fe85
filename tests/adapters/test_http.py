"""The http probe against servers that mean well."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path
from typing import Any

import pytest

import probing
from fettled.core.errors import InvalidError
from fettled.core.observations import Outcome, Reason
from fettled.core.words import Verdict
from fettled.probes import TYPES

D, U, G = Verdict.DOWN, Verdict.UP, Verdict.DEGRADED


async def get(answer: bytes, **options: object) -> Outcome:
    """Give *answer* to one look."""
    async with probing.tools() as opened, probing.serve(probing.says(answer)) as port:
        return await probing.look(
            opened, type="http", url=f"http://127.0.0.1:{port}/health", **options
        )


STATUSES = [
    ("200 OK", {}, U, Reason.OK),
    ("204 No Content", {}, U, Reason.OK),
    ("301 Moved", {}, D, Reason.HTTP_STATUS),
    ("401 Unauthorized", {}, D, Reason.AUTH),
    ("401 Unauthorized", {"expect": {"status": 401}}, U, Reason.OK),
    ("403 Forbidden", {}, D, Reason.HTTP_STATUS),
    ("403 Forbidden", {"forbidden": "auth"}, D, Reason.AUTH),
    ("404 Not Found", {}, D, Reason.HTTP_STATUS),
    ("404 Not Found", {"expect": {"status": ["2xx", "400-404"]}}, U, Reason.OK),
    ("500 Oops", {}, D, Reason.HTTP_STATUS),
]


@pytest.mark.parametrize(("status", "options", "verdict", "reason"), STATUSES)
async def test_the_status_decides_first(
    status: str, options: dict[str, Any], verdict: Verdict, reason: Reason
):
    """2xx unless said otherwise; 401 is about credentials, 403 only where configured."""
    outcome = await get(probing.http(status=status), **options)
    assert (outcome.verdict, outcome.reason) == (verdict, reason), outcome


JSON = b'{"ok": true, "load": 3.5, "nodes": [{"name": "a/b", "tags": ["x"]}], "none": null}'
ASSERTIONS = [
    ({"contains": "load"}, Reason.OK),
    ({"contains": ["load", "lost"]}, Reason.ASSERTION),
    ({"not_contains": "error"}, Reason.OK),
    ({"not_contains": "nodes"}, Reason.ASSERTION),
    ({"regex": '"load": [0-9]'}, Reason.OK),
    ({"regex": "^nothing"}, Reason.ASSERTION),
    ({"headers": {"X-State": "GOOD"}}, Reason.OK),
    ({"headers": {"X-State": "bad"}}, Reason.ASSERTION),
    ({"headers": {"X-Gone": ""}}, Reason.ASSERTION),
    ({"json": {"path": "ok", "value": True}}, Reason.OK),
    ({"json": {"path": "ok", "value": 1}}, Reason.ASSERTION),
    ({"json": {"path": "/nodes/0/name", "value": "a/b"}}, Reason.OK),
    ({"json": {"path": "$.nodes[0].tags", "op": "contains", "value": "x"}}, Reason.OK),
    ({"json": {"path": "load", "op": "<", "value": 4}}, Reason.OK),
    ({"json": {"path": "load", "op": ">=", "value": 4}}, Reason.ASSERTION),
    ({"json": {"path": "load", "op": "<", "value": "4"}}, Reason.ASSERTION),
    ({"json": {"path": "none", "op": "exists"}}, Reason.OK),
    ({"json": {"path": "gone", "op": "exists"}}, Reason.ASSERTION),
    ({"json": {"path": "gone", "op": "exists", "value": False}}, Reason.OK),
    ({"json": {"path": "nodes.9.name", "op": "!=", "value": "x"}}, Reason.ASSERTION),
]


@pytest.mark.parametrize(("expect", "reason"), ASSERTIONS)
async def test_assertions_on_headers_and_body(expect: dict[str, Any], reason: Reason):
    """What does not hold is down (assertion); nothing is compared across types."""
    outcome = await get(probing.http(JSON, X_State="all good"), expect=expect)
    assert outcome.reason is reason, outcome


async def test_slower_than_the_latency_limit_is_degraded():
    """An answer that is right but late is degraded (latency), not down."""
    async with (
        probing.tools() as opened,
        probing.serve(probing.says(b"", probing.http(), every=0.1)) as port,
    ):
        outcome = await probing.look(
            opened, type="http", url=f"http://127.0.0.1:{port}", expect={"latency": "50ms"}
        )
    assert (outcome.verdict, outcome.reason) == (G, Reason.LATENCY)


async def test_the_request_is_what_was_configured(monkeypatch: pytest.MonkeyPatch):
    """Method, headers, login and body go out; a proxy of the environment is ignored."""
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{probing.CLOSED_PORT}")
    heard: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(4))
        writer.write(probing.http())

    async with probing.tools() as opened, probing.serve(handle) as port:
        outcome = await probing.look(
            opened,
            type="http",
            url=f"http://localhost:{port}/x?a=b",
            method="POST",
            headers={"X-Key": "k1"},
            auth={"basic": {"username": "me", "password": "pw"}},
            body="ping",
        )
    assert outcome.verdict is U, outcome
    for part in (b"POST /x?a=b", b"X-Key: k1", b"Basic bWU6cHc=", b"identity", b"\r\n\r\nping"):
        assert part in heard[0]
    assert set(outcome.figures) == {"dns", "connect", "tls", "processing", "transfer", "status"}
    assert all(value >= 0 for value in outcome.figures.values())


async def test_a_compressed_body_is_decoded():
    """A server may compress although nobody asked; assertions see the text."""
    answer = probing.http(gzip.compress(b"all is well"), Content_Encoding="gzip")
    for decode in (True, False):
        outcome = await get(answer, decode=decode, expect={"contains": "is well"})
        assert outcome.verdict is U, outcome


async def test_redirects_are_followed_only_when_asked():
    """Off by default; the last hop is judged, and at most so many hops are made."""
    target = probing.http(b"landed")
    async with probing.tools() as opened, probing.serve(probing.says(target)) as last:
        moved = probing.http(status="302 Found", Location=f"http://127.0.0.1:{last}/")
        async with probing.serve(probing.says(moved)) as first:
            url = f"http://127.0.0.1:{first}/"
            followed = await probing.look(
                opened, type="http", url=url, redirects=1, expect={"contains": "landed"}
            )
            left = await probing.look(opened, type="http", url=url)
    assert followed.verdict is U, followed
    assert (left.verdict, left.reason) == (D, Reason.HTTP_STATUS)


async def test_another_host_gets_no_credentials():
    """
    A redirect elsewhere carries neither the login nor configured headers nor the body.

    Seen to fail with `own` always true.
    """
    heard: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(probing.http())

    async with probing.tools() as opened, probing.serve(handle) as last:
        moved = probing.http(status="307 Moved", Location=f"http://127.0.0.1:{last}/")
        async with probing.serve(probing.says(moved)) as first:
            await probing.look(
                opened,
                type="http",
                url=f"http://127.0.0.1:{first}/",
                method="POST",
                redirects=2,
                headers={"X-Key": "hunter2"},
                auth={"bearer": "hunter2"},
                body="hunter2",
            )
    assert heard
    assert b"hunter2" not in heard[0]
    assert b"uthorization" not in heard[0]


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x", "http://[", ""]
)
async def test_a_redirect_to_anything_but_http_is_not_followed(location: str):
    """Down (redirect); never another scheme."""
    outcome = await get(probing.http(status="302 Found", Location=location), redirects=3)
    assert (outcome.verdict, outcome.reason) == (D, Reason.REDIRECT), outcome


async def test_a_redirect_in_a_circle_ends():
    """More hops than allowed are down (redirect)."""
    outcome = await get(probing.http(status="302 Found", Location="/again"), redirects=3)
    assert (outcome.verdict, outcome.reason) == (D, Reason.REDIRECT), outcome


async def test_tls_is_verified_unless_told_otherwise(tmp_path: Path):
    """An unknown authority and a wrong name are down (tls); `ca_file` and `verify` decide."""
    authority = probing.Authority(tmp_path)
    async with (
        probing.tools() as opened,
        probing.serve(probing.says(probing.http()), tls=authority.context("good.example")) as port,
    ):
        url = f"https://127.0.0.1:{port}/"

        async def judge(**options: object) -> Reason:
            return (await probing.look(opened, type="http", url=url, **options)).reason

        assert await judge() is Reason.TLS
        assert await judge(ca_file=authority.file) is Reason.TLS
        assert await judge(ca_file=authority.file, server_name="good.example") is Reason.OK
        assert await judge(verify=False) is Reason.OK
        outcome = await probing.look(opened, type="http", url=url, verify=False)
    assert outcome.figures["tls"] > 0


async def test_a_proxy_is_used_where_configured():
    """The request goes to the proxy, with its login; 407 is about credentials."""
    heard: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(probing.http(status="407 No"))

    async with probing.tools() as opened, probing.serve(handle) as port:
        options = {
            "type": "http",
            "proxy": f"http://127.0.0.1:{port}",
            "proxy_auth": {"username": "me", "password": "pw"},
        }
        plain = await probing.look(opened, url="http://www.example.org/x", **options)
        secure = await probing.look(opened, url="https://www.example.org/x", **options)
    assert heard[0].startswith(b"GET http://www.example.org/x ")
    assert heard[1].startswith(b"CONNECT www.example.org:443 ")
    assert b"Basic bWU6cHc=" in heard[0]
    assert (plain.reason, secure.reason) == (Reason.AUTH, Reason.AUTH), (plain, secure)


async def test_what_cannot_be_used_is_told_when_the_probe_is_made(tmp_path: Path):
    """A foreign CA file names its field; a pattern RE2 does not know is refused before."""
    kind = TYPES["http"]
    (tmp_path / "text.pem").write_text("no certificate")
    given = {"type": "http", "url": "http://h/", "ca_file": str(tmp_path / "text.pem")}
    async with probing.tools() as opened:
        with pytest.raises(InvalidError) as caught:
            kind.make(kind.options.model_validate(given), opened)
    assert caught.value.field == "ca_file"
    with pytest.raises(ValueError, match="RE2"):
        kind.options.model_validate({**given, "expect": {"regex": "(?=x)"}})
