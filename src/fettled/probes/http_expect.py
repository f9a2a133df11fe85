"""
Whether an HTTP answer is what was expected: status, headers, body, JSON, latency.

Pure functions from an answer to an outcome. A body that was cut at `max_body` is judged
by what was read; only an assertion that needs the rest is down (too_large).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import orjson

from fettled.core.durations import format_duration
from fettled.core.observations import Outcome, Reason
from fettled.core.words import Verdict
from fettled.probes.http_client import Answer
from fettled.probes.http_options import HttpExpect, HttpOptions, JsonAssertion, is_expected
from fettled.probes.messages import quote
from fettled.probes.patterns import Regex
from fettled.probes.verdicts import down, up

_UNAUTHORIZED, _FORBIDDEN, _PROXY_LOGIN = 401, 403, 407
_MISSING = object()
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "contains": operator.contains,
}


def judge_answer(options: HttpOptions, regex: Regex | None, answer: Answer) -> Outcome:
    """Say what *answer* means; the first thing that is wrong counts."""
    expect = options.expect
    wrong = _judge_status(options, answer.status) or _judge_headers(expect, answer)
    if wrong is None and expect.needs_body:
        wrong = _judge_body(expect, regex, answer)
    if wrong is not None:
        return wrong
    if expect.latency is not None and answer.elapsed > expect.latency.total_seconds():
        text = f"HTTP {answer.status} after {answer.elapsed:.3f} s, over the limit of "
        text += format_duration(expect.latency)
        return Outcome(Verdict.DEGRADED, Reason.LATENCY, text)
    return up(f"HTTP {answer.status}")


def _judge_status(options: HttpOptions, status: int) -> Outcome | None:
    if is_expected(options.expect.status, status):
        return None
    if status == _UNAUTHORIZED or (status == _FORBIDDEN and options.forbidden == "auth"):
        return down(Reason.AUTH, f"HTTP {status}: the credentials are not accepted")
    if status == _PROXY_LOGIN and options.proxy is not None:
        return down(Reason.AUTH, f"HTTP {status}: the proxy does not accept the login")
    wanted = ", ".join(str(item) for item in options.expect.status)
    return down(Reason.HTTP_STATUS, f"HTTP {status}, expected {wanted}")


def _judge_headers(expect: HttpExpect, answer: Answer) -> Outcome | None:
    for name, text in expect.headers.items():
        values = answer.values(name)
        if not any(text.lower() in value.lower() for value in values):
            state = "lacks the expected text" if values else "is missing"
            return down(Reason.ASSERTION, f"header {name} {state}")
    return None


def _judge_body(expect: HttpExpect, regex: Regex | None, answer: Answer) -> Outcome | None:
    if not answer.readable:
        return down(Reason.PROTOCOL, "the body has a content encoding that is not known")
    for text in expect.not_contains:
        if _encode(text, answer) in answer.body:
            return down(Reason.ASSERTION, f"the body contains {quote(text)}")
    wrong = next((w for w in _missing(expect, regex, answer) if w), None)
    if not answer.whole and (wrong or expect.not_contains or expect.json_):
        size = len(answer.body)
        text = f"the body is larger than the {size} bytes read, which do not settle the assertion"
        return down(Reason.TOO_LARGE, text)
    if wrong is not None:
        return down(Reason.ASSERTION, wrong)
    return _judge_json(expect.json_, answer.body) if expect.json_ else None


def _missing(expect: HttpExpect, regex: Regex | None, answer: Answer) -> list[str | None]:
    wrong: list[str | None] = [
        None if _encode(text, answer) in answer.body else f"the body does not contain {quote(text)}"
        for text in expect.contains
    ]
    if regex is not None and not regex(answer.body):
        wrong.append("the body does not match the regular expression")
    return wrong


def _encode(text: str, answer: Answer) -> bytes:
    try:
        return text.encode(answer.charset)
    except (LookupError, UnicodeError):
        return text.encode()


def _judge_json(assertions: tuple[JsonAssertion, ...], body: bytes) -> Outcome | None:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return down(Reason.ASSERTION, "the body is not JSON")
    for assertion in assertions:
        value = _find(document, assertion.path)
        if not _holds(assertion, value):
            wanted = f"{assertion.op} {assertion.value!r}" if assertion.op != "exists" else "exists"
            if assertion.op == "exists" and assertion.value is False:
                wanted = "must not exist"
            return down(
                Reason.ASSERTION, f"JSON {assertion.path} is {_shown(value)}, expected: {wanted}"
            )
    return None


def _find(document: object, path: str) -> object:
    """Walk *path*: a JSON pointer if it starts with a slash, else dotted, `$.` allowed."""
    if path.startswith("/"):
        keys = [key.replace("~1", "/").replace("~0", "~") for key in path[1:].split("/")]
    else:
        dotted = path.removeprefix("$").replace("[", ".").replace("]", "").strip(".")
        keys = dotted.split(".") if dotted else []
    value: object = document
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key, _MISSING)
        elif isinstance(value, list) and key.isascii() and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return _MISSING
    return value


def _holds(assertion: JsonAssertion, value: object) -> bool:
    if assertion.op == "exists":
        return (value is not _MISSING) == (assertion.value is not False)
    if value is _MISSING:
        return False
    # True == 1 in Python, but not in JSON.
    if isinstance(value, bool) != isinstance(assertion.value, bool) and assertion.op in {
        "==",
        "!=",
    }:
        return assertion.op == "!="
    try:
        return bool(_OPERATORS[assertion.op](value, assertion.value))
    except TypeError:
        return False


def _shown(value: object) -> str:
    if value is _MISSING:
        return "missing"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return quote(value) if isinstance(value, str) else str(value)
