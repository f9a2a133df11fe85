"""
The notifier `webhook`: POST, signed, and judged by the status alone.

What the answer's body says is not asked: it would have to be read, and whoever sends ten
gigabytes, or a byte a second, has answered already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp
from yarl import URL

from fettled.core.deliveries import Tried
from fettled.notify import answers, signing
from fettled.notify.body import json_body
from fettled.ports.notify import Telling

#: Makes the body of a message.
Render = Callable[[Telling], bytes]


@dataclass(frozen=True, slots=True)
class Webhook:
    """
    Tells one URL.

    Attributes:
        keys: that it signs with, the newest first.
        headers: sent along; secrets perhaps.
        wall: reads wall time, for the timestamp that is signed.
    """

    session: aiohttp.ClientSession
    url: URL = field(repr=False)
    wall: Callable[[], datetime]
    keys: Sequence[bytes] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    media_type: str = "application/json"
    render: Render = json_body

    async def tell(self, telling: Telling) -> Tried:
        """Try once."""
        now = self.wall()
        body = self.render(telling)
        head = {
            "Content-Type": self.media_type,
            **self.headers,
            **signing.headers(self.keys, telling.newest.id, int(now.timestamp()), body),
        }
        try:
            async with self.session.post(
                self.url, data=body, headers=head, allow_redirects=False
            ) as answer:
                return answers.of_status(answer.status, answer.headers, now)
        except asyncio.CancelledError:
            raise
        except (aiohttp.ClientError, OSError, ValueError, ExceptionGroup) as error:
            return answers.of_error(error)
