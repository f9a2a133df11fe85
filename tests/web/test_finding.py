"""Asking for tickets over HTTP: filters, orders, pages and counts."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession as Client

from fettled.core.permissions import Role
from web.conftest import House
from web.fakes import make_ticket


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort=age", "sort"),
        ("sort=-updated&q=door", "sort"),
        ("level=P9", "level"),
        ("label=oslo", "label"),
        ("opened_from=yesterday", "opened_from"),
        ("opened_from=2026-11-21T08:30:00", "opened_from"),
        ("escalation_level=-1", "escalation_level"),
        ("overdue=perhaps", "overdue"),
        ("team=" + ",".join(f"t{n}" for n in range(101)), "team"),
        ("sort=number&cursor=LW51bWJlciA0MiA", "cursor"),
        ("cursor=NDI", "cursor"),
        ("sort=-updated&cursor=LXVwZGF0ZWQgNDIgMjAyNi0xMS0yMVQwODozMDowMA", "cursor"),
        ("sort=-updated&cursor=LXVwZGF0ZWQgNDIg", "cursor"),
        ("nothing=1", "nothing"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_name(
    client: Client, query: str, field: str
) -> None:
    """A value that is none, a cursor of another order or of nobody's: 422, naming the field."""
    answer = await client.get(f"/api/v1/tickets?{query}")
    assert answer.status == 422
    assert (await answer.json())["errors"][0]["field"].partition(".")[0] == field


@pytest.mark.parametrize("q", ["%22", "door*", "%F0%9F%98%80", "%00", "NEAR(", "", "x" * 3000])
async def test_whatever_is_typed_can_be_searched_for(client: Client, q: str) -> None:
    """People type anything; it is words or it is nothing, never an error."""
    assert (await client.get(f"/api/v1/tickets?q={q}")).status == 200


async def test_a_page_leads_to_the_next_in_each_order(house: House, client: Client) -> None:
    """The cursor of a page is taken with the order that made it."""
    house.tickets.kept = {number: make_ticket(number) for number in range(1, 6)}
    for sort in ("-number", "-updated", "-priority", "due"):
        first = await (await client.get(f"/api/v1/tickets?limit=2&sort={sort}")).json()
        query = f"limit=2&sort={sort}&cursor={first['next']}"
        second = await (await client.get(f"/api/v1/tickets?{query}")).json()
        assert [one["number"] for one in first["items"] + second["items"]] == [5, 4, 3, 2]


async def test_a_count_is_told_to_whoever_asks(house: House, client: Client) -> None:
    """`counts=true` adds one; nobody else pays for it."""
    house.tickets.kept = {number: make_ticket(number) for number in range(1, 4)}
    assert (await (await client.get("/api/v1/tickets?counts=true")).json())["count"] == 3
    assert "count" not in await (await client.get("/api/v1/tickets")).json()


async def test_me_is_whoever_asks(house: House, client: Client) -> None:
    """`assignee=me` asks for the caller's own name, beside others that are given."""
    who = await house.headers(Role.OPERATOR, "rita")
    assert (await client.get("/api/v1/tickets?assignee=me,ann", headers=who)).status == 200
    assert house.tickets.asked is not None
    assert house.tickets.asked.assignee == {"rita", "ann"}


async def test_statistics_are_only_for_who_may_see_every_ticket(
    house: House, client: Client
) -> None:
    """Sums of tickets that one may not see would tell of them."""
    for role, status in ((Role.REPORTER, 403), (Role.VIEWER, 200)):
        who = await house.headers(role, "rita")
        assert (await client.get("/api/v1/stats", headers=who)).status == status


async def test_statistics_are_of_thirty_days_unless_asked(house: House, client: Client) -> None:
    """And of no stretch that ends before it begins."""
    answer = await (await client.get("/api/v1/stats")).json()
    assert answer["mtta"] == {"count": 0, "mean": None, "median": None, "p90": None}
    which = house.tickets.added_up
    assert (which.until - which.since).days == 30
    late = "/api/v1/stats?since=2026-11-22T00:00:00Z&until=2026-11-21T00:00:00Z"
    assert (await client.get(late)).status == 422
