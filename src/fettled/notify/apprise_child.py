"""
The process that tells one service once by the library apprise, and says what came of it.

Run as a program, with an order in JSON on standard input; the answer is one line of JSON.
The rule about addresses holds here as everywhere: Python asks an audit hook before each
connection, whichever library makes it. Imports nothing of the package, which would take
longer than the message; the rule is read from its file.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Seconds. Whoever started this process kills it by then; this is for when that one is gone.
_LONGEST_LIFE = 300
#: How much of an answer is read; the service's libraries would read all of it.
_MOST_READ = 1_000_000
_RUNS_PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.startfile")
_CONNECTS = ("socket.connect", "socket.sendto", "socket.sendmsg")

Refusal = Callable[[str], "str | None"]


class _RefusedError(OSError):
    """The rule about addresses forbids this one."""


def main() -> None:
    """Carry out the order, and write the answer."""
    signal.alarm(_LONGEST_LIFE)
    order = json.load(sys.stdin.buffer)
    answers = os.dup(1)
    # What a library prints is no answer.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.write(answers, json.dumps(tell(order)).encode())


def tell(order: dict[str, Any]) -> dict[str, Any]:
    """Tell the service; answer `reason`, and `status`, `detail` and `retry_after` perhaps."""
    import apprise  # noqa: PLC0415 -- late: an extra
    from requests import Session  # noqa: PLC0415 -- apprise's own
    from requests.adapters import HTTPAdapter  # noqa: PLC0415 -- as above

    apprise.Apprise.instantiate("json://localhost")  # has it load all that it knows
    seen: dict[str, Any] = {}
    rule = runpy.run_path(str(Path(__file__).with_name("addresses.py")))["refusal"]
    sys.addaudithook(_guard(lambda given: rule(given, allow_private=order["allow_private"]), seen))
    HTTPAdapter.send = _watched(HTTPAdapter.send, seen)  # type: ignore[method-assign] # to see the status, which apprise keeps to itself
    # Where a redirect leads, and with which secrets, nobody has agreed to; what apprise is told
    # is the redirect itself, which is no success.
    Session.get_redirect_target = lambda *_: None  # type: ignore[method-assign] # the one place that requests asks
    service = apprise.Apprise()
    if not service.add(order["url"]):
        return {"reason": "config"}
    told = service.notify(
        title=order["title"], body=order["body"], notify_type=order["kind"], body_format="text"
    )
    if told:
        return {"reason": "delivered", "status": seen.get("status")}
    if "refused" in seen:
        return {"reason": "address_refused", "detail": seen["refused"]}
    if "error" in seen:
        return {"reason": _reason(seen["error"])}
    if not 200 <= seen.get("status", 200) < 300:  # noqa: PLR2004 -- HTTP's classes
        return {"reason": "status", **seen}
    return {"reason": "failed", "status": seen.get("status")}


def _guard(refusal: Refusal, seen: dict[str, Any]) -> Callable[[str, tuple[Any, ...]], None]:
    """Make the hook that lets no connection be made where the rule forbids it."""

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if event in _RUNS_PROGRAMS:
            msg = "services run no programs here"
            raise PermissionError(msg)
        if event not in _CONNECTS or given[1] is None:
            return
        address = given[1]
        sentence = refusal(str(address[0])) if isinstance(address, tuple) else "not a host"
        if sentence is not None:
            seen["refused"] = sentence
            raise _RefusedError(sentence)

    return hook


def _watched(send: Callable[..., Any], seen: dict[str, Any]) -> Callable[..., Any]:
    """Send as before, keep what came of it, and read no more of the answer than is needed."""

    def watched(*given: Any, **options: Any) -> Any:  # noqa: ANN401 -- requests' own
        seen.pop("error", None)
        try:
            answer = send(*given, **options)
        except Exception as error:
            seen["error"] = error
            raise
        seen["status"] = answer.status_code
        seen["retry_after"] = answer.headers.get("Retry-After")
        try:
            answer._content = answer.raw.read(_MOST_READ, decode_content=True)  # noqa: SLF001 -- the only way to bound it
        except Exception:  # noqa: BLE001 -- it answered; what else it says may be anything
            answer._content = b""  # noqa: SLF001 -- as above
        answer._content_consumed = True  # noqa: SLF001 -- as above
        answer.raw.close()
        return answer

    return watched


def _reason(error: BaseException | None) -> str:
    """Give the first row that fits anything of what the error came of."""
    import requests  # noqa: PLC0415 -- apprise's own
    import urllib3  # noqa: PLC0415 -- requests' own

    table: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
        ((requests.exceptions.SSLError,), "tls"),
        ((requests.exceptions.Timeout, TimeoutError), "timeout"),
        ((socket.gaierror, urllib3.exceptions.NameResolutionError), "dns"),
        ((ConnectionRefusedError,), "refused"),
        ((ConnectionError, urllib3.exceptions.ProtocolError), "reset"),
        ((OSError,), "unreachable"),
    )
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop()
        if not isinstance(each, BaseException) or each in found:
            continue
        found.append(each)
        waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    # Its own errors are `OSError`s all of them, and would fit the last row.
    return next((name for kinds, name in table for e in found if isinstance(e, kinds)), "failed")


if __name__ == "__main__":
    main()
