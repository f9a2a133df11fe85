"""Whatever people do to a ticket's links, they stay as links are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fettled.core.errors import ConflictError
from fettled.core.links import (
    Linking,
    LinkType,
    TicketLink,
    add_link,
    refuse_closed,
    remove_link,
    set_primary,
)
from fettled.core.tickets import Actor, Ticket
from fettled.core.words import Priority, Source, Status

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
ANN = Actor("user", "ann")
TICKET = Ticket("Noise", "user_report", Source.API, Priority.LOW, AT, AT, number=1)

DEEDS = st.tuples(
    st.sampled_from(["add", "add_primary", "remove", "rank", "unrank"]),
    st.sampled_from(["A", "B", "C"]),
)


def kept(links: list[TicketLink], linking: Linking) -> list[TicketLink]:
    """Do to *links* what the store would."""
    for put in linking.put:
        if put.id == 0:
            links = [*links, replace(put, id=max([each.id for each in links], default=0) + 1)]
        else:
            links = [put if each.id == put.id else each for each in links]
    gone = {each.id for each in linking.removed}
    return [each for each in links if each.id not in gone]


@given(st.lists(DEEDS, max_size=20))
def test_of_clients_one_at_most_is_primary_and_none_is_there_twice(
    deeds: list[tuple[str, str]],
) -> None:
    """
    In every order of deeds; each one done again at once changes nothing and tells nothing.

    Seen to fail with the former primary left as it was, by a new link and by a rank.
    """
    ticket, links = TICKET, []
    for n, (deed, name) in enumerate(deeds):
        at = AT + timedelta(minutes=n)
        for again in (False, True):
            found = next((each for each in links if each.name == name), None)
            if deed.startswith("add"):
                wanted = TicketLink(1, LinkType.CLIENT, name, at, "ann", deed == "add_primary")
                linking = add_link(ticket, links, wanted, ANN)
            elif found is None:
                continue
            elif deed == "remove":
                linking = remove_link(ticket, found, ANN, at)
            else:
                linking = set_primary(ticket, links, found, ANN, at, primary=deed == "rank")
            assert not again or linking == Linking()
            assert (linking.change is None) is (not linking.put and not linking.removed)
            links = kept(links, linking)
            if linking.change is not None:
                ticket = linking.change.ticket
                assert ticket.touched
                assert len(linking.change.entries) == 1
            assert sum(each.is_primary for each in links) <= 1
            assert len({each.name for each in links}) == len(links)
            if deed in {"add_primary", "rank"}:
                assert [each.name for each in links if each.is_primary] == [name]


def test_a_closed_ticket_refuses_each_deed() -> None:
    """By itself, whoever asks."""
    closed = replace(TICKET, status=Status.CLOSED)
    link = TicketLink(1, LinkType.CLIENT, "A", AT, "ann", id=1)
    for deed in (
        lambda: refuse_closed(closed),
        lambda: add_link(closed, [], link, ANN),
        lambda: remove_link(closed, link, ANN, AT),
        lambda: set_primary(closed, [link], link, ANN, AT),
    ):
        with pytest.raises(ConflictError, match="a closed ticket never changes"):
            deed()
