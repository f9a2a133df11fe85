"""Bad input: each kind ends in a problem that names the fault, and in nothing else."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from web.conftest import House, Logs

ACTIONS = "/api/v1/tickets/42/actions"
COMMENT = {"action": "comment", "body": "hello"}
SMUGGLED = (
    b"POST /api/v1/reload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Length: 5\r\n\r\n0\r\n\r\n"
)


async def problem(response: aiohttp.ClientResponse, status: int) -> dict:
    """Check that *response* is a problem of *status*, and give it."""
    assert response.status == status, await response.text()
    assert response.content_type == "application/problem+json"
    data = await response.json(content_type=None)
    assert data["status"] == status
    assert data["type"] == "about:blank"
    assert data["title"]
    assert data["detail"]
    return data


async def post_raw(client: aiohttp.ClientSession, body: object, **headers: str):
    """Post *body* as it is."""
    given = {"Content-Type": "application/json", **headers}
    return await client.post(ACTIONS, data=body, headers=given)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"action": "comment"',
        b"\xff\xfe{}",
        b'{"action": NaN}',
        b'{"action": "\\ud800"}',
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"\x00",
    ],
)
async def test_what_is_not_json_is_malformed(client: aiohttp.ClientSession, body: bytes):
    """Cut, empty, binary or 10,000 levels deep: 400, and the body is not quoted back."""
    data = await problem(await post_raw(client, body), 400)
    assert any(word in data["detail"] for word in ("not JSON", "nested deeper"))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], ""),
        ("text", ""),
        (None, ""),
        ({}, "action"),
        ({"action": "explode"}, "action"),
        ({"action": ["comment"]}, "action"),
        ({"action": "comment"}, "body"),
        ({"action": "comment", "body": ""}, "body"),
        ({"action": "comment", "body": 5}, "body"),
        ({"action": "comment", "body": "nul\x00"}, "body"),
        ({"action": "comment", "body": "esc\x1b[2J"}, "body"),
        ({"action": "comment", "body": "x" * 20_000}, "body"),
        ({"action": "comment", "body": "x", "visibility": "secret"}, "visibility"),
        ({"action": "comment", "body": "x", "author": "root"}, "author"),
        ({"action": "resolve", "code": "magic"}, "code"),
        ({"action": "resolve", "duplicate_of": True}, "duplicate_of"),
        ({"action": "resolve", "duplicate_of": "7"}, "duplicate_of"),
        ({"action": "resolve", "duplicate_of": 10**18}, "duplicate_of"),
        ({"action": "resolve", "until": "2026-11-21T08:30:00"}, "until"),
        ({"action": "resolve", "until": 0}, "until"),
        ({"action": "resolve", "until": "0"}, "until"),
        ({"action": "reopen", "body": "no such field"}, "body"),
    ],
)
async def test_an_invalid_field_is_named(client: aiohttp.ClientSession, body: object, field: str):
    """What is JSON and cannot be taken is 422, with the field at fault."""
    data = await problem(await post_raw(client, json.dumps(body).encode()), 422)
    if field:
        assert field in [fault["field"] for fault in data["errors"]]
        assert data["detail"].startswith(f"{field}: ")


async def test_ten_thousand_unknown_fields_cost_one_sentence(client: aiohttp.ClientSession):
    """An error message for each would hold the event loop for a second."""
    body = {f"field-{n}": n for n in range(10_000)} | COMMENT
    data = await problem(await client.post(ACTIONS, json=body), 422)
    assert "more than 100 fields" in data["detail"]


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", ""],
)
async def test_another_type_is_unsupported(client: aiohttp.ClientSession, content_type: str):
    """Only JSON is JSON: a form of a foreign page cannot pass for it."""
    response = await post_raw(
        client, json.dumps(COMMENT).encode(), **{"Content-Type": content_type}
    )
    await problem(response, 415)
    assert response.headers["Accept-Post"] == "application/json"


async def test_a_compressed_body_is_refused(client: aiohttp.ClientSession):
    """A bomb cannot go off that is not unpacked."""
    await problem(await post_raw(client, b"\x1f\x8b", **{"Content-Encoding": "gzip"}), 415)


async def test_a_body_over_a_mebibyte_is_refused(client: aiohttp.ClientSession):
    """By its announced length, and by its count where none is announced."""
    large = b'{"action": "comment", "body": "' + b"x" * (1024 * 1024) + b'"}'
    await problem(await post_raw(client, io.BytesIO(large)), 413)

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(large), 65536):
            yield large[start : start + 65536]

    await problem(await post_raw(client, pieces()), 413)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=1e3", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=%00", "cursor"),
        ("cursor=!!", "cursor"),
        ("cursor=bm9uc2Vuc2U", "cursor"),
        ("cursor=_w", "cursor"),
        ("cursor=MTI&cursor=MTI", "cursor"),
        ("status=exploded", "status"),
        ("status=open,exploded", "status"),
        ("kind=%00", "kind"),
        ("offset=5", "offset"),
        ("__proto__=1", "__proto__"),
    ],
)
async def test_an_invalid_parameter_is_named(client: aiohttp.ClientSession, query: str, field: str):
    """Unknown, repeated or impossible parameters are 422, never ignored."""
    data = await problem(await client.get(f"/api/v1/tickets?{query}"), 422)
    assert any(fault["field"].startswith(field) for fault in data["errors"])


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/tickets/0",
        "/api/v1/tickets/-1",
        "/api/v1/tickets/99999999999999999999999",
        "/api/v1/tickets/INC-20261121-42",
        "/api/v1/tickets/%00",
        "/api/v1/tickets/4%272",
        "/api/v1/tickets/..%2f42",
        "/api/v1/subjects/%00",
        "/api/v1/subjects/DOOR-1",
        "/api/v1/subjects/" + "a" * 5_000,
        "/api/v1/nothing",
        "/",
        "/api",
    ],
)
async def test_what_is_not_there_is_404(client: aiohttp.ClientSession, path: str):
    """An impossible name is as absent as a possible one that nobody bears."""
    await problem(await client.get(path), 404)


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "TRACE", "OPTIONS"])
async def test_another_method_is_told_which_are_allowed(client: aiohttp.ClientSession, method: str):
    """405 with Allow; there is no CORS, so OPTIONS is nothing special."""
    response = await client.request(method, "/api/v1/tickets")
    await problem(response, 405)
    assert response.headers["Allow"] == "GET, HEAD, POST"
    assert not [name for name in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    ("value", "status"),
    [('"2"', 412), ('W/"3"', 412), ("3", 400), ('"3", "4"', 400), ('"x"', 400), ('"3"', 200)],
)
async def test_a_stale_version_changes_nothing(
    house: House, client: aiohttp.ClientSession, value: str, status: int
):
    """If-Match holds off whoever read an older version."""
    response = await client.post(ACTIONS, json=COMMENT, headers={"If-Match": value})
    assert response.status == status
    assert len(house.tickets.acts) == (status == 200)


async def raw(house: House, request: bytes) -> bytes:
    """Send bytes, read until the end."""
    reader, writer = await asyncio.open_connection(*house.address)
    writer.write(request)
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(500)) + b"\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"y" * 10_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        SMUGGLED,
        b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_a_problem_too(
    house: House, logs: Logs, request_bytes: bytes, capfd: pytest.CaptureFixture[str]
):
    """Also what cannot be parsed gets problem+json, the headers, no traceback, and a close."""
    answer = await raw(house, request_bytes)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.")
    assert b" 400 " in head.split(b"\r\n")[0]
    assert json.loads(body)["status"] == 400
    assert b"nosniff" in head
    assert b"Server:" not in head
    captured = capfd.readouterr()
    assert captured.out + captured.err + logs.text == ""


async def test_an_unknown_expectation_fails(house: House):
    """417 as a problem; 100-continue is answered."""
    line = b"GET /health-check HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    assert b" 417 " in await raw(house, line + b"Expect: the-unexpected\r\n\r\n")
    answer = await raw(house, line + b"Expect: 100-continue\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
