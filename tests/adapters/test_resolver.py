"""Resolving names: bounded, cached, one flight per name, and never at others' expense."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import dns.message
import dns.rcode
import pytest

import probing
from fettled.core.observations import Reason
from fettled.core.words import Verdict
from fettled.probes.verdicts import ProbeFailedError

HOSTS = probing.zone(
    {
        ("www.example.org.", "A"): ["127.0.0.1"],
        ("www.example.org.", "AAAA"): ["::1"],
        ("printer.site.example.", "A"): ["127.0.0.3"],
    }
)


def fails_for(*names: str, code: str | None = "SERVFAIL") -> probing.Answer:
    """Fail (or, without a code, stay silent) for *names*; answer for others."""

    def answer(query: dns.message.Message) -> dns.message.Message | None:
        if query.question[0].name.to_text() not in names:
            return HOSTS(query)
        if code is None:
            return None
        reply = dns.message.make_response(query)
        reply.set_rcode(dns.rcode.from_text(code))
        return reply

    return answer


async def test_200_names_at_a_resolver_that_hangs_do_not_delay_addresses():
    """
    While 200 lookups hang, a check by address takes what it always takes.

    No thread is started for it, and closing is immediate. Seen to fail with
    `loop.getaddrinfo` called in `addresses`: the threads of the executor appear.
    """
    threads = threading.active_count()
    async with (
        probing.nameserver(lambda _query: None) as (port, server),
        probing.serve(probing.silent) as target,
        probing.tools(nameservers=[("127.0.0.1", port)]) as opened,
    ):
        hanging = [
            asyncio.ensure_future(
                probing.look(opened, 3.0, type="tcp", host=f"n{n}.example", port=1)
            )
            for n in range(200)
        ]
        await probing.until(lambda: server.asked >= 100, "questions")
        for _ in range(20):
            outcome, took = await probing.ran(opened, type="tcp", host="127.0.0.1", port=target)
            assert outcome.verdict is Verdict.UP
            assert took.total_seconds() < 0.1
        assert threading.active_count() == threads
        assert probing.open_files() < 250  # 64 lookups at a time, of two questions each
        outcomes = await asyncio.gather(*hanging)
    assert {(o.verdict, o.reason) for o in outcomes} == {(Verdict.UNKNOWN, Reason.RESOLVER)}


@pytest.mark.parametrize("code", ["SERVFAIL", "REFUSED"])
async def test_a_failing_name_is_down_while_the_control_name_works(code: str):
    """One broken delegation is the target's fault."""
    async with (
        probing.nameserver(fails_for("bad.example.", code=code)) as (port, _),
        probing.tools(nameservers=[("127.0.0.1", port)]) as opened,
    ):
        outcome = await probing.look(opened, type="tcp", host="bad.example", port=1)
    assert (outcome.verdict, outcome.reason) == (Verdict.DOWN, Reason.DNS), outcome


async def test_a_failing_name_is_unknown_while_the_control_name_fails_too():
    """
    A resolver that fails altogether is the monitor's own trouble.

    Seen to fail with `_blame` taking the control name for answered.
    """
    answer = fails_for("bad.example.", "control.example.")
    async with (
        probing.nameserver(answer) as (port, _),
        probing.tools(nameservers=[("127.0.0.1", port)], control_name="control.example") as opened,
    ):
        outcome = await probing.look(opened, type="tcp", host="bad.example", port=1)
    assert (outcome.verdict, outcome.reason) == (Verdict.UNKNOWN, Reason.RESOLVER), outcome


async def test_a_name_that_hangs_at_the_deadline_is_down_while_the_control_name_works():
    """Also at the deadline the control name decides, not the clock alone."""
    async with (
        probing.nameserver(fails_for("bad.example.", code=None)) as (port, _),
        probing.tools(nameservers=[("127.0.0.1", port)]) as opened,
    ):
        outcome = await probing.look(opened, 0.3, type="tcp", host="bad.example", port=1)
    assert (outcome.verdict, outcome.reason) == (Verdict.DOWN, Reason.DNS), outcome


async def test_a_name_that_does_not_exist_is_down_dns():
    """NXDOMAIN is an answer, and needs no control."""
    async with (
        probing.nameserver(HOSTS) as (port, _),
        probing.tools(nameservers=[("127.0.0.1", port)]) as opened,
    ):
        outcome = await probing.look(opened, type="icmp", host="gone.example")
    assert (outcome.verdict, outcome.reason) == (Verdict.DOWN, Reason.DNS), outcome


async def test_one_flight_per_name_and_a_cache_by_ttl():
    """Fifty at once ask once per family; later ones ask nobody; TTL 0 is asked again."""
    async with (
        probing.nameserver(HOSTS) as (port, server),
        probing.tools(nameservers=[("127.0.0.1", port)]) as opened,
    ):
        names = ["www.example.org"] * 50
        found = await asyncio.gather(*(opened.resolver.addresses(name) for name in names))
        assert set(found) == {("127.0.0.1", "::1")}
        assert server.asked <= 3  # A, AAAA and the control name
        await opened.resolver.addresses("WWW.example.org")
        assert server.asked <= 3
    fleeting = probing.zone({("www.example.org.", "A"): ["127.0.0.1"]}, ttl=0)
    async with (
        probing.nameserver(fleeting) as (port, server),
        probing.tools(nameservers=[("127.0.0.1", port)]) as opened,
    ):
        await opened.resolver.addresses("www.example.org", "ipv4")
        before = server.asked
        await opened.resolver.addresses("www.example.org", "ipv4")
        assert server.asked > before


async def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch):
    """The oldest names go when it is full."""
    monkeypatch.setattr("fettled.probes.resolver._MOST_CACHED", 3)
    every = {(f"n{n}.example.", "A"): ["127.0.0.1"] for n in range(10)}
    async with (
        probing.nameserver(probing.zone(every)) as (port, _),
        probing.tools(nameservers=[("127.0.0.1", port)]) as opened,
    ):
        for n in range(10):
            await opened.resolver.addresses(f"n{n}.example", "ipv4")
        assert [name for name, _ in opened.resolver._cache] == [f"n{n}.example" for n in (7, 8, 9)]


async def test_hosts_and_search_are_honoured(tmp_path: Path):
    """The hosts file comes first, short names try the suffixes, localhost needs nobody."""
    hosts, resolv = tmp_path / "hosts", tmp_path / "resolv.conf"
    hosts.write_bytes(b"127.0.0.9 Fixed # here\nnonsense\n300.1.1.1 x\n\xff\xfe y\n")
    resolv.write_text("nameserver nonsense\nsearch other.example site.example\noptions ndots:1\n")
    async with (
        probing.nameserver(HOSTS) as (port, _),
        probing.tools(
            nameservers=[("127.0.0.1", port)], hosts_file=hosts, resolv_conf=resolv
        ) as opened,
    ):
        ask = opened.resolver.addresses
        assert await ask("fixed") == ("127.0.0.9",)
        assert await ask("printer") == ("127.0.0.3",)
        assert await ask("localhost") == ("127.0.0.1", "::1")
        assert await ask("localhost", "ipv6") == ("::1",)
        assert await ask("192.0.2.1") == ("192.0.2.1",)
        with pytest.raises(ProbeFailedError, match="no ipv6 address"):
            await ask("192.0.2.1", "ipv6")


async def test_a_changed_hosts_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """No restart is needed after editing it."""
    monkeypatch.setattr("fettled.probes.names._RECHECK_SECONDS", 0.0)
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.8 moved\n")
    async with probing.tools(hosts_file=hosts) as opened:
        assert await opened.resolver.addresses("moved") == ("127.0.0.8",)
        hosts.write_text("127.0.0.11 moved\n")
        assert await opened.resolver.addresses("moved") == ("127.0.0.11",)
