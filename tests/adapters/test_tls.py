"""The tls probe: expiry by priority, chain and name."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import probing
from fettled.core.observations import Reason
from fettled.core.words import Priority, Verdict

EXPIRY = datetime(2037, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
CASES = [
    (22 * DAY, Verdict.UP, Reason.OK, None),
    (21 * DAY + SECOND, Verdict.UP, Reason.OK, None),
    (21 * DAY, Verdict.DEGRADED, Reason.CERTIFICATE_EXPIRING, Priority.LOW),
    (7 * DAY, Verdict.DEGRADED, Reason.CERTIFICATE_EXPIRING, Priority.HIGH),
    (DAY, Verdict.DEGRADED, Reason.CERTIFICATE_EXPIRING, Priority.CRITICAL),
    (SECOND, Verdict.DEGRADED, Reason.CERTIFICATE_EXPIRING, Priority.CRITICAL),
    (timedelta(), Verdict.DOWN, Reason.TLS, None),
    (-DAY, Verdict.DOWN, Reason.TLS, None),
]


@pytest.mark.parametrize(("left", "verdict", "reason", "priority"), CASES)
async def test_the_time_left_decides(
    left: timedelta, verdict: Verdict, reason: Reason, priority: Priority | None, tmp_path: Path
):
    """21 days low, 7 days high, 1 day critical, expired down; the figure is in seconds."""
    authority = probing.Authority(tmp_path)
    context = authority.context("localhost", not_after=EXPIRY)
    async with (
        probing.tools(wall=lambda: EXPIRY - left) as opened,
        probing.serve(probing.silent, tls=context) as port,
    ):
        outcome = await probing.look(
            opened, type="tls", host="localhost", port=port, ca_file=authority.file
        )
    assert (outcome.verdict, outcome.reason, outcome.priority) == (verdict, reason, priority)
    assert outcome.figures["expires_in"] == left.total_seconds()


async def test_an_expired_certificate_an_unknown_chain_and_a_wrong_name_are_down(tmp_path: Path):
    """All three are down (tls), and the message says which."""
    authority = probing.Authority(tmp_path)
    expired = authority.context("localhost", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    good = authority.context("localhost")
    cases = [
        (expired, {"ca_file": authority.file}, "expired"),
        (good, {}, "issuer"),
        (good, {"ca_file": authority.file, "server_name": "other.example"}, "ostname mismatch"),
    ]
    async with probing.tools() as opened:
        for context, options, words in cases:
            async with probing.serve(probing.silent, tls=context) as port:
                outcome = await probing.look(
                    opened, type="tls", host="localhost", port=port, **options
                )
            assert (outcome.verdict, outcome.reason) == (Verdict.DOWN, Reason.TLS)
            assert words in outcome.message


async def test_without_verifying_the_dates_still_count(tmp_path: Path):
    """A self-signed device is watched for its expiry alone with `verify: false`."""
    authority = probing.Authority(tmp_path)
    expired = authority.context("localhost", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    async with probing.tools() as opened:
        for context, verdict in [
            (authority.context("x"), Verdict.UP),
            (expired, Verdict.DOWN),
        ]:
            async with probing.serve(probing.silent, tls=context) as port:
                outcome = await probing.look(
                    opened, type="tls", host="127.0.0.1", port=port, verify=False
                )
            assert outcome.verdict is verdict, outcome


async def test_a_server_that_sends_garbage_in_the_handshake_is_down_tls():
    """Not speaking TLS is down (tls), at once."""

    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"\xff" * 500)

    async with probing.tools() as opened, probing.serve(garbage) as port:
        outcome = await probing.look(opened, type="tls", host="127.0.0.1", port=port)
    assert (outcome.verdict, outcome.reason) == (Verdict.DOWN, Reason.TLS), outcome
