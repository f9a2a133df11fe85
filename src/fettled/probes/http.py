"""
HTTP: one exchange, judged by status, headers, body, JSON and latency.

The probe put together. Its options are `http_options`'s; the exchange itself is
`http_client`'s (so that a faster one may take its place), the judgement `http_expect`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from fettled.core.observations import Outcome
from fettled.options import secrets_in
from fettled.ports import Probe
from fettled.probes.http_options import HttpOptions, basic_header
from fettled.probes.messages import redact
from fettled.probes.patterns import compile_regex
from fettled.probes.tools import Tools

__all__ = ["HttpOptions", "host", "make"]


def _hidden(options: HttpOptions) -> Iterator[str]:
    """Yield every text that a target may echo and a message must not repeat."""
    yield from secrets_in(options)
    yield from (value for _, value in parse_qsl(urlsplit(options.url).query))
    logins = (options.auth.basic if options.auth else None, options.proxy_auth)
    yield from (basic_header(login).removeprefix("Basic ") for login in logins if login)


def host(options: HttpOptions) -> str:
    """Count the cap by the URL's host."""
    return urlsplit(options.url).hostname or ""


def make(options: HttpOptions, tools: Tools) -> Probe:
    """
    Make the probe; nothing is opened before it runs.

    Raises:
        InvalidError: `ca_file` cannot be used.
    """
    from fettled.probes.http_client import fetch  # noqa: PLC0415 - loads the HTTP client
    from fettled.probes.http_expect import judge_answer  # noqa: PLC0415 - as above

    context = tools.context(verify=options.verify, ca_file=options.ca_file)
    pattern = options.expect.regex
    regex = None if pattern is None else compile_regex(pattern)
    hidden = tuple(_hidden(options))

    async def look() -> Outcome:
        answer = await fetch(options, tools, context)
        outcome = judge_answer(options, regex, answer)
        return replace(outcome, message=redact(outcome.message, hidden), figures=answer.figures)

    return look
