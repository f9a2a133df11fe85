"""What a link of a notification is called: by what comes of pressing it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from fettled.app.callers import Caller
from fettled.app.wording import Wording
from fettled.core.filing import NewTicket
from fettled.core.routing import Receiver
from fettled.core.tickets import Actor
from fettled.ports.notify import Telling
from wording import open_words


class Links:
    """Makes links that are easily told apart."""

    async def make_links(
        self, ticket: int, *, receiver: str, person: str | None = None
    ) -> Mapping[str, str]:
        return {name: f"https://x/{name}/{person or receiver}" for name in ("take", "snooze")}


@pytest.mark.parametrize(
    ("receiver", "links"),
    [
        (Receiver("mail/ann", user="ann"), {"Take": "take/ann", "Snooze": "snooze/ann"}),
        (Receiver("room"), {"Start": "take/room", "Snooze": "snooze/room"}),
    ],
)
async def test_a_link_that_gives_the_ticket_to_nobody_takes_nothing(
    tmp_path: Path, receiver: Receiver, links: dict[str, str]
) -> None:
    """
    A person takes it; in a room, whoever presses starts it, and the page says so, too.

    Seen to fail as "Take" stood over a page that gives the ticket to nobody.
    """
    receiver = Receiver(receiver.name, user=receiver.user, in_words=True, links=True)
    async with open_words(tmp_path) as words:
        await words.desk.tickets.create(NewTicket("No light"), Caller(Actor("user", "ann")))
        told = Telling((await words.deliveries())[-1:])
        notice = (await Wording(words.notices, Links()).word(receiver, told)).notice
    assert notice is not None
    found = {name: said for name, said in notice.details if said.startswith("https://x/")}
    assert found == {name: f"https://x/{path}" for name, path in links.items()}
