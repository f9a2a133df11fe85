"""For tests of templates: things to tell, and bodies made of them as a webhook makes them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fettled.core.deliveries import Delivery, Tried
from fettled.notify.body import Render
from fettled.notify.doors import Doors
from fettled.notify.ready import READY
from fettled.notify.sample import TICKET
from fettled.notify.template import make_render
from fettled.notify.webhook import Webhook, WebhookOptions, make
from fettled.ports.notify import Telling
from fettled.store.payload import payload_of
from tickets_for import entry, new_ticket

AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
VALUES = {"routing_key": "R" * 32, "topic": "outages"}


def telling(event: str = "ticket.opened", /, data: Any = None, **ticket: Any) -> Telling:
    """Make something to tell, from a ticket that lacks nothing."""
    payload = {
        "ticket": TICKET | ticket,
        "actor": {"type": "user", "name": "ann"},
        "data": {} if data is None else data,
    }
    return Telling((Delivery(1, "hook", 42, event, "e-1", 1, AT, 1, payload),))


def at(one: Telling, when: datetime) -> Telling:
    """Give the same, at another time."""
    return Telling((replace(one.newest, at=when),), one.is_late, one.notice)


def resolved(**ticket: Any) -> Telling:
    """Make the news that a ticket is over."""
    end = (AT + timedelta(minutes=30)).isoformat()
    return at(
        telling("ticket.resolved", status="resolved", resolved_at=end, **ticket),
        AT + timedelta(minutes=30),
    )


def real_payload() -> dict[str, Any]:
    """Give what the outbox keeps of an opened ticket, as it comes back from the store."""
    made: dict[str, Any] = json.loads(
        json.dumps(payload_of(new_ticket(), entry(), None), default=str)
    )
    return made


def ready(name: str) -> Render:
    """Read a ready template."""
    return make_render(READY[name].source, values=VALUES)


def body(render: Render, one: Telling) -> Any:
    """Give the JSON that comes of it; what fails is told."""
    made = render(one)
    assert isinstance(made, bytes), made
    assert len(made) <= 20_000
    return json.loads(made)


async def _loopback(_host: str) -> Sequence[str]:
    return ["127.0.0.1"]


@asynccontextmanager
async def webhook(port: int, path: str = "/", **options: Any) -> AsyncIterator[Webhook]:
    """Open a webhook as the configuration makes one, to a port of this machine."""
    doors = Doors(_loopback, lambda: AT)
    given = {"url": f"http://hooks.example:{port}{path}", "allow_private": True} | options
    try:
        yield make(WebhookOptions.model_validate({"type": "webhook"} | given), doors, None)
    finally:
        await doors.close()


def reasons(tried: Tried | bytes) -> tuple[str, str]:
    """Give reason and words of what came instead of a body."""
    assert isinstance(tried, Tried), tried
    return tried.reason, tried.detail
