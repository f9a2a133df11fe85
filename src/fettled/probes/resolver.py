"""
From a host name to addresses, by an own bounded resolver.

Never the default executor: a nameserver that hangs there starves every other probe and
delays the exit. One flight per name, a cache bounded in size and by TTL, and a limit on
the questions under way. Addresses pass straight through without waiting for anything.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from fettled.core.observations import Outcome, Reason
from fettled.core.words import Verdict
from fettled.probes import progress
from fettled.probes.names import NameFiles
from fettled.probes.verdicts import ProbeFailedError, down, judge

if TYPE_CHECKING:
    from dns.message import Message

Family = Literal["any", "ipv4", "ipv6"]
Server = tuple[str, int]

_MOST_CACHED = 10_000
_MOST_UNDER_WAY = 64
_LONGEST_TTL = 300
_TRY_SECONDS = 1.5
_ROUNDS = 2
#: After the IPv4 addresses came, the IPv6 ones get this much longer.
_SECOND_FAMILY_SECONDS = 0.05
#: How old the control's answer may be and still speak for now.
_CONTROL_SECONDS = 2.0
_VERSIONS = {"ipv4": 4, "ipv6": 6}


@dataclass(slots=True)
class _Flight:
    """A lookup under way; its task returns and never raises, for nobody may be left to hear."""

    task: asyncio.Task[tuple[str, ...] | Outcome]
    waiters: int = 0


@dataclass(slots=True)
class _Control:
    """What the control name said last."""

    answered_at: float = float("-inf")
    asked_at: float = float("-inf")
    task: asyncio.Task[bool] | None = None


@dataclass(slots=True)
class Resolver:
    """
    The names of the world as the system's nameservers tell them.

    Attributes:
        files: /etc/hosts and /etc/resolv.conf.
        servers: instead of resolv.conf's.
        control: the name that proves the nameservers to work; any answer but SERVFAIL
            or REFUSED does.
    """

    files: NameFiles
    servers: Sequence[Server] = ()
    control: str = "."
    _cache: OrderedDict[tuple[str, Family], tuple[float, tuple[str, ...]]] = field(
        default_factory=OrderedDict
    )
    _flights: dict[tuple[str, Family], _Flight] = field(default_factory=dict)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MOST_UNDER_WAY))
    _control: _Control = field(default_factory=_Control)

    async def addresses(self, host: str, family: Family = "any") -> tuple[str, ...]:
        """
        Give the addresses of *host*, IPv4 first.

        Raises:
            ProbeFailedError: down (dns) or, when the control fails too, unknown (resolver).
        """
        if _is_literal(host):
            return _of_family(host, (host,), family)
        local = self.files.names().local(host)
        if local:
            return _of_family(host, local, family)
        key = (host.lower(), family)
        cached = self._cache.get(key)
        if cached is not None and cached[0] > asyncio.get_running_loop().time():
            return cached[1]
        progress.reach(f"resolving {host}", blame=lambda: self._blame(host, "has no answer yet"))
        return await self._join(key)

    async def ask(self, name: str, record: str, *, tcp: bool = False) -> Message:
        """
        Ask the nameservers one question, past the cache.

        Raises:
            ProbeFailedError: none of them gave an answer (NXDOMAIN is one).
        """
        progress.reach(f"resolving {name}", blame=lambda: self._blame(name, "has no answer yet"))
        self._start_control()
        answer = await self._try_all(name, record, tcp=tcp)
        if isinstance(answer, str):
            raise ProbeFailedError(await self._judge(name, answer))
        return answer

    async def close(self) -> None:
        """Give up every lookup under way."""
        tasks: list[asyncio.Task[object]] = [flight.task for flight in self._flights.values()]
        if self._control.task is not None:
            tasks.append(self._control.task)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _join(self, key: tuple[str, Family]) -> tuple[str, ...]:
        flight = self._flights.get(key)
        if flight is None or flight.task.done():
            flight = _Flight(asyncio.ensure_future(self._fly(key)))
            self._flights[key] = flight
            flight.task.add_done_callback(lambda _: self._landed(key, flight))
        flight.waiters += 1
        try:
            await asyncio.wait((flight.task,))
        finally:
            flight.waiters -= 1
            if not flight.waiters:
                flight.task.cancel()
        if flight.task.cancelled():
            text = f"the lookup of {key[0]} was given up"
            raise ProbeFailedError(Outcome(Verdict.UNKNOWN, Reason.CANCELLED, text))
        result = flight.task.result()
        if isinstance(result, Outcome):
            raise ProbeFailedError(result)
        return result

    def _landed(self, key: tuple[str, Family], flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

    async def _fly(self, key: tuple[str, Family]) -> tuple[str, ...] | Outcome:
        host, family = key
        self._start_control()
        try:
            async with self._slots:
                found, ttl, trouble = await self._resolve(host, family)
        except OSError as exc:  # our own: no file left, not permitted
            return judge(exc, f"resolving {host}")
        if found:
            self._keep(key, found, ttl)
            return found
        if trouble:
            return await self._judge(host, trouble)
        return down(Reason.DNS, f"{host} has no address in DNS")

    def _keep(self, key: tuple[str, Family], found: tuple[str, ...], ttl: float) -> None:
        if ttl <= 0:
            return
        now = asyncio.get_running_loop().time()
        self._cache[key] = (now + min(ttl, _LONGEST_TTL), found)
        self._cache.move_to_end(key)
        while len(self._cache) > _MOST_CACHED:
            self._cache.popitem(last=False)

    async def _resolve(self, host: str, family: Family) -> tuple[tuple[str, ...], float, str]:
        """Give addresses, their TTL in seconds, and why there are none if it is not DNS's word."""
        trouble = ""
        for name in self.files.names().candidates(host):
            found, ttl, trouble = await self._resolve_full(name, family)
            if found or trouble:
                return found, ttl, trouble
        return (), 0.0, trouble

    async def _resolve_full(self, name: str, family: Family) -> tuple[tuple[str, ...], float, str]:
        if family != "any":
            return _found(await self._try_all(name, "A" if family == "ipv4" else "AAAA"))
        four = asyncio.ensure_future(self._try_all(name, "A"))
        six = asyncio.ensure_future(self._try_all(name, "AAAA"))
        try:
            found, ttl, trouble = _found(await four)
            done, _ = await asyncio.wait((six,), timeout=_SECOND_FAMILY_SECONDS if found else None)
            if done:
                more, more_ttl, more_trouble = _found(await six)
                ttl = min(ttl, more_ttl) if found and more else ttl or more_ttl
                return found + more, ttl, "" if found or more else trouble or more_trouble
        finally:
            four.cancel()
            six.cancel()
        return found, ttl, trouble

    async def _try_all(self, name: str, record: str, *, tcp: bool = False) -> Message | str:
        """Ask each nameserver, twice; a string says why there is no answer."""
        import dns.message  # noqa: PLC0415 - heavy, and only names need it
        import dns.rcode  # noqa: PLC0415 - as above

        from fettled.probes.lookup import exchange  # noqa: PLC0415 - as above

        trouble = "has no nameserver to ask"
        for _ in range(_ROUNDS):
            for server, port in self._servers():
                question = dns.message.make_query(name, record)
                try:
                    async with asyncio.timeout(_TRY_SECONDS):
                        answer = await exchange(question, server, port, tcp=tcp)
                except TimeoutError:
                    trouble = f"got no answer from nameserver {server}"
                    self._start_control()
                except (ConnectionError, EOFError, ProbeFailedError):
                    trouble = f"could not ask nameserver {server}"
                except OSError as exc:
                    if judge(exc, "").verdict is Verdict.UNKNOWN:
                        raise
                    trouble = f"could not reach nameserver {server}"
                else:
                    rcode = answer.rcode()
                    if rcode in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                        return answer
                    trouble = f"got {dns.rcode.to_text(rcode)} from nameserver {server}"
        return trouble

    def _servers(self) -> Sequence[Server]:
        return self.servers or [(address, 53) for address in self.files.names().servers]

    def _start_control(self) -> asyncio.Task[bool]:
        """Ask for the control name, unless that has just been done."""
        control, now = self._control, asyncio.get_running_loop().time()
        if control.task is None or (
            control.task.done() and now - control.asked_at >= _CONTROL_SECONDS
        ):
            control.asked_at = now
            control.task = asyncio.ensure_future(self._ask_control())
        return control.task

    async def _ask_control(self) -> bool:
        try:
            answer = await self._try_all(self.control, "NS" if self.control == "." else "A")
        except OSError:
            return False
        works = not isinstance(answer, str)
        if works:
            self._control.answered_at = asyncio.get_running_loop().time()
        return works

    async def _judge(self, host: str, trouble: str) -> Outcome:
        """Say what a failed lookup means, by asking for the control name now."""
        await asyncio.wait((self._start_control(),))
        return self._blame(host, trouble)

    def _blame(self, host: str, trouble: str) -> Outcome:
        control = self._control
        if control.answered_at >= control.asked_at:
            return down(Reason.DNS, f"the lookup of {host} {trouble}, while other names resolve")
        text = f"the lookup of {host} {trouble}, and the control name has no answer either"
        return Outcome(Verdict.UNKNOWN, Reason.RESOLVER, text)


def _is_literal(host: str) -> bool:
    # Names never consist of digits and dots alone, and never hold a colon.
    return ":" in host or host.replace(".", "").isdigit()


def _of_family(host: str, addresses: tuple[str, ...], family: Family) -> tuple[str, ...]:
    if family == "any" or len(addresses) == 0:
        return addresses
    version = _VERSIONS[family]
    kept = tuple(a for a in addresses if ipaddress.ip_address(a).version == version)
    if not kept:
        raise ProbeFailedError(down(Reason.DNS, f"{host} has no {family} address"))
    return kept


def _found(answer: Message | str) -> tuple[tuple[str, ...], float, str]:
    import dns.exception  # noqa: PLC0415 - an answer is here, so it is loaded

    if isinstance(answer, str):
        return (), 0.0, answer
    try:
        chain = answer.resolve_chaining()  # type: ignore[attr-defined]  # only queries are asked
    except dns.exception.DNSException:
        return (), 0.0, "got a tangled answer"
    if chain.answer is None:
        return (), 0.0, ""
    return tuple(item.address for item in chain.answer), float(chain.minimum_ttl), ""
