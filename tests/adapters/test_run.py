"""Running a probe: exceptions become outcomes, and a stalled loop blames nobody."""

from __future__ import annotations

import asyncio
import errno
import ssl
import time
from datetime import timedelta

import pytest

import probing
from fettled.core.observations import Outcome, Reason
from fettled.core.words import Verdict
from fettled.probes.run import run
from fettled.probes.verdicts import up

D, N = Verdict.DOWN, Verdict.UNKNOWN
TABLE = [
    (ConnectionRefusedError(errno.ECONNREFUSED, "x"), D, Reason.REFUSED),
    (ConnectionRefusedError(), D, Reason.REFUSED),
    (ConnectionResetError(errno.ECONNRESET, "x"), D, Reason.RESET),
    (BrokenPipeError(errno.EPIPE, "x"), D, Reason.RESET),
    (EOFError(), D, Reason.RESET),
    (OSError(errno.ENETUNREACH, "x"), D, Reason.UNREACHABLE),
    (OSError(errno.EHOSTUNREACH, "x"), D, Reason.UNREACHABLE),
    (TimeoutError(errno.ETIMEDOUT, "x"), D, Reason.TIMEOUT),
    (TimeoutError(), D, Reason.TIMEOUT),
    (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]"), D, Reason.TLS),
    (OSError(errno.EMFILE, "x"), N, Reason.RESOURCES),
    (OSError(errno.ENFILE, "x"), N, Reason.RESOURCES),
    (OSError(errno.ENOBUFS, "x"), N, Reason.RESOURCES),
    (OSError(errno.ENOMEM, "x"), N, Reason.RESOURCES),
    (MemoryError(), N, Reason.RESOURCES),
    (PermissionError(errno.EPERM, "x"), N, Reason.PERMISSION),
    (PermissionError(errno.EACCES, "x"), N, Reason.PERMISSION),
    (OSError(errno.EIO, "hunter2"), N, Reason.INTERNAL),
    (RuntimeError("hunter2"), N, Reason.INTERNAL),
    (RecursionError("hunter2"), N, Reason.INTERNAL),
]


@pytest.mark.parametrize(("raised", "verdict", "reason"), TABLE)
async def test_every_exception_becomes_an_outcome(
    raised: BaseException, verdict: Verdict, reason: Reason
):
    """The target's faults are down, ours are unknown, and the text is never repeated."""

    async def probe() -> Outcome:
        raise raised

    outcome = (await run(probe, timedelta(seconds=1), probing.no_lag)).outcome
    assert (outcome.verdict, outcome.reason) == (verdict, reason)
    assert "hunter2" not in outcome.message


async def test_cancelling_from_outside_is_not_an_outcome():
    """Shutting down must be able to stop a run."""
    begun = asyncio.Event()

    async def probe() -> Outcome:
        begun.set()
        await asyncio.Event().wait()
        return up()

    task = asyncio.ensure_future(run(probe, timedelta(seconds=5), probing.no_lag))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def hang() -> Outcome:
    """Wait for ever."""
    await asyncio.Event().wait()
    return up()


STALLS = [(0.0, Reason.TIMEOUT), (0.09, Reason.TIMEOUT), (0.15, Reason.STALLED)]


@pytest.mark.parametrize(("lag", "reason"), STALLS)
async def test_a_timeout_in_a_stalled_loop_is_unknown(lag: float, reason: Reason):
    """A stall above 0.1 s (or a tenth of the timeout) excuses a timeout, a shorter one not."""
    outcome = (await run(hang, timedelta(seconds=0.05), lambda _start, _end: lag)).outcome
    assert outcome.reason is reason
    assert outcome.verdict is (N if reason is Reason.STALLED else D)


@pytest.mark.parametrize("reason", [Reason.TIMEOUT, Reason.LATENCY, Reason.PACKET_LOSS])
async def test_whatever_was_concluded_from_time_is_excused(reason: Reason):
    """A probe's own limits (a ping's wait, a latency) suffer from a stall like the deadline."""

    async def probe() -> Outcome:
        return Outcome(Verdict.DEGRADED, reason)

    outcome = (await run(probe, timedelta(seconds=1), lambda _start, _end: 0.2)).outcome
    assert (outcome.verdict, outcome.reason) == (N, Reason.STALLED)


async def test_a_success_and_a_refusal_stay_what_they_are_in_a_stalled_loop():
    """An answer is an answer, however late we read it."""
    for given in (up(), Outcome(D, Reason.REFUSED)):

        async def probe(given: Outcome = given) -> Outcome:
            return given

        assert (await run(probe, timedelta(seconds=1), lambda _s, _e: 9.0)).outcome == given


async def test_our_own_overshoot_of_the_deadline_is_unknown():
    """
    A loop blocked over the deadline is noticed without anybody's help.

    Seen to fail with `end - start - limit` taken out of `run`.
    """

    async def probe() -> Outcome:
        await asyncio.sleep(0)
        time.sleep(0.3)  # noqa: ASYNC251 - the fault under test
        return await hang()

    outcome = (await run(probe, timedelta(seconds=0.05), probing.no_lag)).outcome
    assert (outcome.verdict, outcome.reason) == (N, Reason.STALLED)
