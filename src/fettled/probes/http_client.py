"""
One HTTP exchange by aiohttp, under caps of our own.

The only place in the probes that knows aiohttp: `fetch` is what a faster client would
replace. Every request has a fresh connection, no cookies, nothing from the environment;
the answer's head and body are cut at caps. What the answer means is `http_expect`'s.
"""

from __future__ import annotations

import ssl
import time
import zlib
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from fettled.core.observations import Reason
from fettled.probes.http_faults import judge_fault
from fettled.probes.http_options import HttpOptions, basic_header, is_expected
from fettled.probes.progress import mark, marks, reach
from fettled.probes.tools import Tools
from fettled.probes.verdicts import ProbeFailedError, down

_MOST_HEADER_BYTES = 32_768
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SEE_OTHER = 303
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What came back.

    Attributes:
        body: decoded, at most `max_body` bytes.
        whole: nothing of the body was left unread.
        readable: its content encoding was one we know.
        elapsed: seconds from the start to the end of what was read.
        figures: seconds of each phase, of the last hop, and the status.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    whole: bool
    readable: bool
    charset: str
    elapsed: float
    figures: dict[str, float] = field(default_factory=dict)

    def values(self, name: str) -> list[str]:
        """Give each value of the header *name*, whatever its case."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


async def fetch(options: HttpOptions, tools: Tools, context: ssl.SSLContext) -> Answer:
    """
    Exchange one request for one answer, following redirects as far as allowed.

    Raises:
        ProbeFailedError: there was no answer fit to judge.
        OSError: for `verdicts.judge`.
    """
    url, method = options.url, options.method
    start = time.perf_counter()
    for hop in range(options.redirects + 1):
        own = urlsplit(url)[:2] == urlsplit(options.url)[:2]
        try:
            answer = await _exchange(options, tools, context, url, method, own=own, start=start)
        except (aiohttp.ClientError, HttpProcessingError, ValueError) as exc:
            raise ProbeFailedError(judge_fault(exc, urlsplit(url).hostname or "")) from None
        if (
            answer.status not in _REDIRECTS
            or not options.redirects
            or is_expected(options.expect.status, answer.status)
        ):
            return answer
        if hop == options.redirects:
            break
        url = _next_hop(url, answer)
        if answer.status == _SEE_OTHER or (answer.status < _SEE_OTHER and method == "POST"):
            method = "GET"
    text = f"redirected more than {options.redirects} times"
    raise ProbeFailedError(down(Reason.REDIRECT, text))


def _next_hop(url: str, answer: Answer) -> str:
    """Check where a redirect leads: http or https, never from https back to http."""
    location = "".join(answer.values("Location")[:1])
    try:
        after = urlsplit(urljoin(url, location))
        name, _ = after.hostname, after.port
    except ValueError:
        name = None
    if not location or name is None:
        raise ProbeFailedError(down(Reason.REDIRECT, "redirected to nowhere"))
    if after.scheme not in {"http", "https"} or (urlsplit(url).scheme, after.scheme) == (
        "https",
        "http",
    ):
        text = f"redirected to a scheme that is not followed ({after.scheme})"
        raise ProbeFailedError(down(Reason.REDIRECT, text))
    return after._replace(netloc=after.netloc.rpartition("@")[2], fragment="").geturl()


async def _exchange(
    options: HttpOptions,
    tools: Tools,
    context: ssl.SSLContext,
    url: str,
    method: str,
    *,
    own: bool,
    start: float,
) -> Answer:
    marks().clear()
    mark("begun")
    parts = urlsplit(url)
    reach(f"connecting to {parts.hostname} port {parts.port or parts.scheme}")
    headers = _headers(options, own=own)
    for_proxy: dict[str, str] = {}
    if options.proxy_auth:
        # The proxy reads a tunnel's own request for https, and the request itself for http.
        login = for_proxy if parts.scheme == "https" else headers
        login["Proxy-Authorization"] = basic_header(options.proxy_auth)
    body = options.body.get_secret_value().encode() if own and options.body else None
    async with tools.session(options.family).request(
        method,
        url,
        headers=headers,
        data=body if method != "GET" or options.method == "GET" else None,
        allow_redirects=False,
        ssl=context,
        server_hostname=options.server_name if own else None,
        proxy=options.proxy,
        proxy_headers=for_proxy,
    ) as response:
        mark("answered")
        reach("reading the response's body")
        return await _read(options, response, start)


def _headers(options: HttpOptions, *, own: bool) -> dict[str, str]:
    """Another host gets neither credentials nor anything else that was meant for this one."""
    accept = {"Accept-Encoding": "gzip, deflate" if options.decode else "identity"}
    if not own:
        return accept
    headers = {name: value.get_secret_value() for name, value in options.headers.items()}
    if options.auth and options.auth.bearer:
        headers["Authorization"] = f"Bearer {options.auth.bearer.get_secret_value()}"
    if options.auth and options.auth.basic:
        headers["Authorization"] = basic_header(options.auth.basic)
    return headers if "accept-encoding" in map(str.lower, headers) else accept | headers


async def _read(options: HttpOptions, response: aiohttp.ClientResponse, start: float) -> Answer:
    size = sum(len(name) + len(value) for name, value in response.raw_headers)
    if size > _MOST_HEADER_BYTES:
        text = f"the response's headers are larger than {_MOST_HEADER_BYTES} bytes"
        raise ProbeFailedError(down(Reason.TOO_LARGE, text))
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    inflate = zlib.decompressobj(_WINDOWS[coding]) if coding in _WINDOWS else None
    body, wire, whole = bytearray(), 0, True
    try:
        while data := await response.content.readany():
            wire += len(data)
            room = options.max_body - len(body)
            fits = wire <= options.max_body
            body += inflate.decompress(data, room + 1) if inflate else data[: room + 1]
            if not fits or len(body) > options.max_body:
                whole = False
                break
    except zlib.error:
        raise ProbeFailedError(
            down(Reason.PROTOCOL, f"the response's body is not valid {coding}")
        ) from None
    finally:
        # Whatever is left on the connection is not wanted.
        response.close()
    end = time.perf_counter()
    return Answer(
        status=response.status,
        headers=tuple(response.headers.items()),
        body=bytes(body[: options.max_body]),
        whole=whole,
        readable=inflate is not None or coding in {"identity", ""},
        charset=response.charset or "utf-8",
        elapsed=end - start,
        figures=_figures(marks(), end) | {"status": float(response.status)},
    )


def _figures(at: dict[str, float], end: float) -> dict[str, float]:
    """Turn moments into the seconds of each phase."""
    if "connected" not in at or "answered" not in at:
        return {}
    resolved = at.get("resolved", at["begun"])
    shaking = at.get("handshake", at["connected"])
    return {
        "dns": resolved - at.get("lookup", resolved),
        "connect": max(shaking - resolved, 0.0),
        "tls": at["connected"] - shaking,
        "processing": at["answered"] - at["connected"],
        "transfer": end - at["answered"],
    }
