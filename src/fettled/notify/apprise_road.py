"""
The notifier `apprise`: one of the services that the library of this name knows, by its URL.

The library waits in threads that nothing can end, for as long as a service likes. So each
message is sent by a process of its own (`apprise_child`), which is killed at the deadline
and takes threads, sockets and what it read of an answer with it. The URL goes there by
standard input: arguments can be read by everybody on the machine.

There are few processes at a time, and fewer for one service: a message waits for its turn,
and says so itself when that takes too long, for the service is not to blame then.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import AfterValidator, Field, SecretStr

from fettled.core.deliveries import DELIVERED, Tried
from fettled.core.errors import InvalidError
from fettled.core.event_words import event_notice
from fettled.core.lines import in_lines
from fettled.notify.doors import Doors
from fettled.options import Options
from fettled.ports.notify import TIMEOUT, Telling

#: What stands in a URL for the address of the person who is told.
CONTACT = "{contact}"
NEEDS_CONTACT = f"has {CONTACT} in it, and nobody is told at an address of their own"
LACKS_CONTACT = f"has no {CONTACT} in it, and persons are told by it at their own addresses"
_CHILD = Path(__file__).with_name("apprise_child.py")
#: What the process needs of our environment; secrets and proxies are none of it.
_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "REQUESTS_CA_BUNDLE")
#: How long a message waits for its turn; it leaves as much of the usual deadline to the service.
PATIENCE = TIMEOUT.total_seconds() / 2
_SCHEMA = re.compile(r"([a-z][a-z0-9]{1,31})://\S+", re.IGNORECASE)
_LONGEST_TITLE, _LONGEST_BODY = 250, 8000


def _check_url(url: SecretStr) -> SecretStr:
    if _SCHEMA.fullmatch(url.get_secret_value()) is None:
        msg = "must be a URL as apprise writes them, such as ntfys://ntfy.example.org/topic"
        raise ValueError(msg)
    if importlib.util.find_spec("apprise") is None:
        msg = "needs a library that is not installed: pip install 'fettled[apprise]'"
        raise ValueError(msg)
    return url


class AppriseOptions(Options):
    """A service that the library apprise knows: chats, SMS, paging."""

    type: Literal["apprise"]
    url: Annotated[SecretStr, AfterValidator(_check_url)] = Field(
        description="The service's URL, as apprise writes it; a secret. `{contact}` in it stands"
        " for the address of the person who is told."
    )
    allow_private: bool = Field(
        default=False,
        description="Whether private addresses and loopback may be reached.",
    )


@dataclass(frozen=True, slots=True)
class Apprise:
    """
    Tells one service.

    Attributes:
        url: the service's; a secret.
        schema: what of it may be said, such as `slack`.
        wall: reads wall time, for dates in answers.
        turns: one is held while it is told, and one of *share*.
        share: what all who are told by this service may hold of them.
        patience: how long to wait for both, in seconds.
    """

    url: str = field(repr=False)
    schema: str
    wall: Callable[[], datetime]
    turns: asyncio.Semaphore = field(repr=False)
    share: asyncio.Semaphore = field(repr=False)
    allow_private: bool = False
    patience: float = PATIENCE

    async def tell(self, telling: Telling) -> Tried:
        """Try once."""
        title, body = _words(telling)
        order = {
            "url": self.url,
            "title": title,
            "body": body,
            "kind": kind_of(telling),
            "allow_private": self.allow_private,
        }
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(self.patience):
                    # In this order: who waits for a share takes no turn from others.
                    await held.enter_async_context(self.share)
                    await held.enter_async_context(self.turns)
            except TimeoutError:
                return Tried("busy", f"{self.schema}: other messages were still being sent")
            try:
                answer = await _ask(order)
            except (OSError, ValueError):
                return Tried("error", "the process that tells this service could not run")
        return self._judge(answer)

    def _judge(self, answer: dict[str, Any]) -> Tried:
        reason, status = str(answer["reason"]), answer.get("status")
        if reason == DELIVERED:
            return Tried(DELIVERED, status=status)
        if reason != "status" or not isinstance(status, int):
            words = _WORDS.get(reason, _WORDS["failed"])
            return Tried(reason, f"{self.schema}: {answer.get('detail') or words}", status)
        from fettled.notify import answers  # noqa: PLC0415 -- late, as whatever HTTP needs

        return answers.of_status(
            status, {"Retry-After": answer.get("retry_after") or ""}, self.wall()
        )


def make(options: AppriseOptions, doors: Doors, contact: str | None) -> Apprise:
    """
    Make the notifier.

    Raises:
        InvalidError: the URL has a place for a person and there is none, or the reverse.
    """
    url = options.url.get_secret_value()
    if (CONTACT in url) != (contact is not None):
        raise InvalidError(LACKS_CONTACT if contact is not None else NEEDS_CONTACT, "url")
    return Apprise(
        url=url if contact is None else url.replace(CONTACT, quote(contact, safe="")),
        schema=url.partition("://")[0].lower(),
        wall=doors.wall,
        turns=doors.turns,
        share=doors.share(url),
        allow_private=options.allow_private,
    )


def kind_of(telling: Telling) -> str:
    """Say how urgent it is in the library's four words."""
    ticket = telling.newest.payload.get("ticket") or {}
    if telling.newest.event in _GOOD:
        return "success"
    if telling.newest.event not in _BAD:
        return "info"
    return _URGENCY.get(str(ticket.get("priority")), "warning")


_GOOD = {"ticket.resolved", "ticket.closed"}
_BAD = {
    "ticket.opened",
    "ticket.reopened",
    "ticket.escalated",
    "ticket.sla_at_risk",
    "ticket.sla_breached",
    "ticket.flapping",
    "reminder",
}
_URGENCY = {"critical": "failure", "high": "failure", "low": "info"}
#: What went wrong, as the process tells it.
_WORDS = {
    "address_refused": "its address is refused",
    "dns": "its name cannot be resolved",
    "refused": "it refused the connection",
    "reset": "it broke the connection off",
    "tls": "TLS failed",
    "timeout": "it did not answer in time",
    "unreachable": "it cannot be reached",
    "config": "apprise makes nothing of this url: correct the receiver's url",
    "failed": "it was asked and did not take the message",
}


def _words(telling: Telling) -> tuple[str, str]:
    """Give the first line, and the rest; the rest may not be empty for some services."""
    text = telling.notice.text.strip() if telling.notice is not None else ""
    if not text:
        text = event_notice(telling.newest, is_late=telling.is_late).text
    title, _, body = in_lines(text).partition("\n")
    title = title[:_LONGEST_TITLE]
    return title, body.strip()[:_LONGEST_BODY] or title


async def _ask(order: dict[str, Any]) -> dict[str, Any]:
    """
    Have a process carry out *order*.

    Raises:
        OSError: there is no process to be had.
        ValueError: it ended without an answer.
    """
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # the directory of the program is no place to import from
        str(_CHILD),
        env=environment | {"NETRC": os.devnull},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # It may say the URL there.
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        said, _ = await process.communicate(json.dumps(order).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    answer = json.loads(said)
    if not isinstance(answer, dict) or "reason" not in answer:
        raise ValueError(answer)
    return answer
