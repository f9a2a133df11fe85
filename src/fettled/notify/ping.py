"""
The dead man's ping: a GET that says nothing but that we live; its silence is the alarm.

Not a notifier: nothing is owed, and what fails is not tried again before the next is due.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from fettled.core.deliveries import Tried

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL


@dataclass(frozen=True, slots=True)
class Ping:
    """
    Calls one URL.

    Attributes:
        seconds: one deadline over everything.
        wall: reads wall time.
    """

    session: aiohttp.ClientSession
    url: URL = field(repr=False)
    seconds: float
    wall: Callable[[], datetime]

    async def send(self) -> Tried:
        """Call it once; what goes wrong is a value, and names no secret."""
        import aiohttp  # noqa: PLC0415 -- late, as whatever HTTP needs

        from fettled.notify import answers  # noqa: PLC0415 -- as above

        try:
            async with (
                asyncio.timeout(self.seconds),
                self.session.get(self.url, allow_redirects=False) as answer,
            ):
                return answers.of_status(answer.status, answer.headers, self.wall())
        except TimeoutError:
            return Tried("timeout", f"no answer within {self.seconds:g} s")
        except (aiohttp.ClientError, OSError, ValueError, ExceptionGroup) as error:
            return answers.of_error(error)
