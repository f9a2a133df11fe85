"""Who gets in: tokens that are wrong in every way, and then one that is right."""

from __future__ import annotations

import aiohttp
import pytest

from fettled.core.permissions import Role
from fettled.web.attempts import FailedTries, address_key
from web.conftest import House, Logs
from web.fakes import AT, DAY

PATH = "/api/v1/subjects"


async def status_of(session: aiohttp.ClientSession, authorization: str) -> int:
    """Ask with *authorization*; check the challenge of a 401."""
    async with session.get(PATH, headers={"Authorization": authorization}) as response:
        if response.status == 401:
            assert response.headers["WWW-Authenticate"].startswith('Bearer realm="fettled"')
        assert response.content_type in {"application/json", "application/problem+json"}
        return response.status


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic YWRtaW46YWRtaW4=",
        "Bearer ftl_000000000000_" + "0" * 64,
        "Bearer ftl_000000000000_" + "0" * 63,
        "Bearer ftl_000000000000_" + "0" * 6400,
        "Bearer ftl_../../../etc/passwd_x",
        "Bearer ftl_%s_%n",
        "Bearer ftl_' OR 1=1 --_x",
    ],
)
async def test_a_bad_token_is_401(anyone: aiohttp.ClientSession, authorization: str):
    """Whatever is wrong with it, the answer is the same."""
    assert await status_of(anyone, authorization) == 401


async def test_a_right_id_with_a_wrong_secret_is_401(house: House, anyone: aiohttp.ClientSession):
    """
    The id finds the row, only the secret proves the bearer.

    Seen to fail with `_proves` answering `token is not None`.
    """
    token = await house.token()
    assert await status_of(anyone, f"Bearer {token[:-1]}{'1' if token[-1] == '0' else '0'}") == 401
    assert await status_of(anyone, f"Bearer {token}") == 200


async def test_an_expired_token_is_401(house: House, anyone: aiohttp.ClientSession):
    """Up to its last second it is good, also when it is remembered; then no more."""
    token = (await house.tokens.create("ann", Role.VIEWER, DAY)).text
    assert await status_of(anyone, f"Bearer {token}") == 200
    house.clock.at = AT + DAY
    assert await status_of(anyone, f"Bearer {token}") == 401


async def test_two_authorizations_are_malformed(house: House, anyone: aiohttp.ClientSession):
    """A proxy and we must not see different ones."""
    token = await house.token()
    headers = [("Authorization", f"Bearer {token}"), ("Authorization", "Bearer x")]
    assert (await anyone.get(PATH, headers=headers)).status == 400


async def test_a_token_in_the_address_is_not_taken(house: House, anyone: aiohttp.ClientSession):
    """Addresses end in logs: a token there is no token."""
    assert (await anyone.get(PATH, params={"token": await house.token()})).status == 401


async def test_failed_tries_are_limited(house: House, anyone: aiohttp.ClientSession):
    """
    The eleventh failure in a minute is 429 with Retry-After, for a good new token too.

    Seen to fail with `tries.failed` not called.
    """
    fresh = await house.token()
    known = await house.token()
    assert await status_of(anyone, f"Bearer {known}") == 200
    for _ in range(10):
        assert await status_of(anyone, "Bearer wrong") == 401
    async with anyone.get(PATH, headers={"Authorization": f"Bearer {fresh}"}) as response:
        assert response.status == 429
        assert 0 < int(response.headers["Retry-After"]) <= 60
    # Whoever worked before goes on working, whatever others behind the same address do.
    assert await status_of(anyone, f"Bearer {known}") == 200


def test_the_limit_is_per_address_and_per_token():
    """A minute after the first of ten failures there is one try again; others are free."""
    now = 0.0
    tries = FailedTries(lambda: now)
    for _ in range(10):
        tries.failed("address:10.0.0.1", "token:aa")
        now += 1
    assert tries.wait("address:10.0.0.2") == 0
    assert tries.wait("address:10.0.0.2", "token:aa") == 50
    now = 60.0
    assert tries.wait("address:10.0.0.1", "token:aa") == 0


def test_a_network_of_ipv6_is_one_caller():
    """An attacker has 2^64 addresses and is still one."""
    assert address_key("2001:db8::1") == address_key("2001:db8::ffff:2")
    assert address_key("2001:db8:0:1::1") != address_key("2001:db8::1")
    assert address_key("::ffff:10.0.0.1") != address_key("::ffff:10.0.0.2")
    assert address_key("") == "address:unknown"


async def test_the_store_is_not_asked_on_every_request(house: House, client: aiohttp.ClientSession):
    """A poller costs one read in some seconds."""
    await client.get(PATH)
    reads = house.store.reads
    for _ in range(20):
        assert (await client.get(PATH)).status == 200
    assert house.store.reads == reads


async def test_while_the_store_is_down_the_known_go_on(
    house: House, anyone: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
):
    """Heartbeats must not be lost to an outage of ours; who is new gets 503, and no insides."""
    known, fresh = await house.headers(), await house.headers()
    monkeypatch.setattr("fettled.app.tokens._FRESH_SECONDS", 0)
    assert (await anyone.post("/api/v1/heartbeats/cron", headers=known)).status == 204
    house.store.down = True
    assert (await anyone.post("/api/v1/heartbeats/cron", headers=known)).status == 204
    async with anyone.get(PATH, headers=fresh) as response:
        assert response.status == 503
        assert response.headers["Retry-After"] == "5"
        assert "secret-path" not in await response.text()


async def test_no_token_reaches_the_log(
    house: House, logs: Logs, anyone: aiohttp.ClientSession, capfd: pytest.CaptureFixture[str]
):
    """Good or bad, in a header or in an error: the log knows the id at most."""
    token = await house.token()
    secret = token.rsplit("_", 1)[1]
    house.tickets.error = RuntimeError(f"cannot use {token} at https://u:{secret}@host/")
    headers = {"Authorization": f"Bearer {token}"}
    async with anyone.get("/api/v1/tickets/42", headers=headers) as response:
        assert response.status == 500
        assert secret not in await response.text()
    await status_of(anyone, f"Bearer {token}0")
    await status_of(anyone, f"Bearer {token[:-4]}0000")
    captured = capfd.readouterr()
    assert "token.refused" in logs.text
    assert "http.request_failed" in logs.text
    assert secret[:-4] not in logs.text + captured.out + captured.err
