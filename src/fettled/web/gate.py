"""Where requests are counted before anything is done for them: by address, and by token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aiohttp import web

from fettled.app.tokens import token_id
from fettled.web.attempts import address_key
from fettled.web.control import is_control
from fettled.web.keys import Settings
from fettled.web.rates import AtOnce, Rates
from fettled.web.routes import Route


@dataclass(frozen=True, slots=True)
class Gate:
    """
    The limits of one door.

    Addresses and tokens have buckets of their own, so that one who sends too much by one
    token holds up nobody beside them but who comes from the same address.
    """

    rates: Rates
    at_once: AtOnce

    @classmethod
    def of(cls, settings: Settings) -> Gate:
        """Make it by *settings*, which hold until the next start."""
        rates = Rates(settings.requests_per_second, settings.requests_burst)
        return cls(rates, AtOnce(settings.requests_at_once))

    @contextmanager
    def address(self, route: Route, request: web.Request) -> Iterator[None]:
        """
        Let in one request of its address, for as long as it is in work.

        Raises:
            Problem: 429 where there are too many.
        """
        if _is_free(route, request):
            yield
            return
        key = address_key(request.remote or "")
        self.rates.take(key)
        with self.at_once.one(key):
            yield

    def token(self, route: Route, request: web.Request) -> None:
        """Count a request of its token, which proved itself; Problem: 429 as above."""
        if _is_free(route, request):
            return
        if source := request.match_info.get("source"):
            self.rates.take(f"source:{source}")
        presented = request.headers.get("Authorization", "").partition(" ")[2].strip()
        if ident := token_id(presented):
            self.rates.take(f"token:{ident}")


def _is_free(route: Route, request: web.Request) -> bool:
    return route.free or is_control(request)
