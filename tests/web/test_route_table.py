"""The route table: nothing else is served, and nobody does what their role does not say."""

from __future__ import annotations

import re
from typing import get_args

import aiohttp
import pytest

from fettled.core.actions import WORDS
from fettled.core.permissions import Role
from fettled.web.api.action_bodies import ActionBody
from fettled.web.app import ROUTES, make_app
from fettled.web.routes import PUBLIC, Answer, Call, RouteTable
from web.conftest import House
from web.fakes import make_ticket

WALK = [(route, path) for route in ROUTES for path in route.paths]


async def do_nothing(call: Call) -> Answer:
    """Do nothing."""
    return Answer()


@pytest.mark.parametrize("permission", [None, "", "ticket.view", True])
def test_a_route_that_does_not_say_who_may_cannot_be_made(permission: object):
    """
    Deny by default: to be public, a route must say PUBLIC.

    Seen to fail with `Route.__post_init__` removed: the route was made, and open.
    """
    table = RouteTable()
    with pytest.raises(TypeError, match="GET /leak does not declare who may use it"):
        table.route("GET", "/leak", permission=permission)(do_nothing)
    with pytest.raises(TypeError):
        table.route("GET", "/leak")(do_nothing)
    assert list(table) == []


def test_nothing_is_served_but_the_table(house: House):
    """Every route of the router is one of the table's; there are no static files, no others."""
    app = make_app(house.services())
    served = {(each.method, each.resource.canonical) for each in app.router.routes()}
    declared = {(route.method, path) for route, path in WALK}
    declared |= {("HEAD", path) for method, path in declared if method == "GET"}
    assert {(method, re.sub(r"{(\w+)[^/]*}", r"{\1}", path)) for method, path in served} == declared
    public = [path for route, path in WALK if route.permission is PUBLIC]
    assert public == [
        "/health-check",
        "/api/v1/health-check",
        "/v1/health-check",
        "/api/v1/openapi.json",
        "/openapi.json",
        "/docs",
        "/docs/rapidoc-min.js",
        # Signed each, and good for one deed: GET shows, POST does it.
        "/links/{token}",
        "/links/{token}",
    ]
    assert all(route.summary for route in ROUTES)


async def test_a_reporter_sees_and_comments_only_their_own(house: House):
    """View without view_any is what one reported or is assigned; the rest does not exist."""
    house.tickets.kept[7] = make_ticket(7, reporter="ann")
    headers = await house.headers(Role.REPORTER, "ann")
    async with aiohttp.ClientSession(house.url, headers=headers) as ann:
        assert (await ann.get("/api/v1/tickets/42")).status == 404
        assert (await ann.get("/api/v1/tickets/42/timeline")).status == 404
        assert (await ann.get("/api/v1/tickets/7")).status == 200
        actions = "/api/v1/tickets/7/actions"
        comment = {"action": "comment", "body": "still broken"}
        assert (await ann.post(actions, json=comment)).status == 200
        internal = {**comment, "visibility": "internal"}
        assert (await ann.post(actions, json=internal)).status == 403
        assert (await ann.post(actions, json={"action": "resolve"})).status == 403


def test_every_action_has_a_model():
    """The union of bodies covers what people can do to a ticket, and no more."""
    models = get_args(get_args(ActionBody)[0])
    named = {word for m in models for word in get_args(m.model_fields["action"].annotation)}
    assert named == set(WORDS.values())
