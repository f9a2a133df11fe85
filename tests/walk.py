"""
Who is to be answered what: for each route, each role, and each relation to a ticket.

Only what no table of the product says by itself is written here: bodies that are valid,
and what a handler asks for beyond its route's permission. A route with a body that is not
here has no expectation, and its test fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fettled.core.permissions import GRANTS, Permission, Role
from fettled.web.routes import PUBLIC, Route

#: Ahead of any clock of a test, and within the 90 days of a silence where it is made late.
Body = dict[str, Any]


@dataclass(frozen=True)
class Caller:
    """A caller by role and by relation to the ticket."""

    role: Role
    name: str
    #: Whether a ticket of team north, held by asa and reported by rex, is theirs to see.
    is_near: bool

    def may(self, permission: Permission) -> bool:
        """Whether the role allows it."""
        return permission in GRANTS[self.role]

    @property
    def sees(self) -> bool:
        """Whether the ticket is theirs to see."""
        return self.may(Permission.TICKET_VIEW_ANY) or self.is_near


#: Name -> is near; nora is of the ticket's team, sam of another one.
RELATIONS = {"nora": True, "sam": False, "asa": True, "rex": True}
CALLERS = [Caller(role, name, near) for role in Role for name, near in RELATIONS.items()]
ACCESS = """
access:
  teams: [{name: north}, {name: south}]
  users:
    - {name: nora, full_name: Nora, roles: [reporter], teams: [north]}
    - {name: sam, full_name: Sam, roles: [reporter], teams: [south]}
    - {name: asa, full_name: Asa, roles: [reporter]}
    - {name: rex, full_name: Rex, roles: [reporter]}
catalogue:
  applications: [{name: Doors, hosted_on: [door-1]}]
  clients: [{name: Acme}]
receivers:
  - name: Doors
    type: webhook
    url: http://127.0.0.1:1/
    allow_private: true
    events: ticket.merged
alerts: {sources: [{name: prom, format: alertmanager}]}
"""


def _needs(permission: Permission) -> Callable[[Caller], bool]:
    return lambda caller: caller.may(permission)


def _comments(caller: Caller) -> bool:
    """An operator, or whoever reported it and may report."""
    reported = caller.name == "rex" and caller.may(Permission.TICKET_CREATE)
    return caller.may(Permission.TICKET_UPDATE) or reported


#: Where a ticket is named by its caller's key, in the query.
BY_KEY = "/api/v1/tickets/actions"
#: What the handler asks for beyond the route; of a ticket that is seen.
FINER: dict[tuple[str, str], Callable[[Caller], bool]] = {
    ("POST", "/api/v1/tickets/{ref}/actions"): _needs(Permission.TICKET_UPDATE),
    ("POST", BY_KEY): _needs(Permission.TICKET_UPDATE),
    ("POST", "/api/v1/tickets/{ref}/comments"): _comments,
    ("POST", "/api/v1/tickets/{ref}/attachments"): _comments,
    # Attached by an administrator, so none of these is its own.
    ("DELETE", "/api/v1/tickets/{ref}/attachments/{id}"): _needs(Permission.TICKET_DELETE),
}


def bodies(later: str) -> dict[tuple[str, str], Body]:
    """Give a valid body for each route that takes one; *later* is a time that lies ahead."""
    quiet = {"subject": "hub", "ends_at": later, "reason": "x"}
    return {
        ("POST", "/api/v1/tickets"): {"title": "Broken"},
        ("POST", "/api/v1/tickets/adopt"): {},
        ("PATCH", "/api/v1/tickets/{ref}"): {"title": "Renamed"},
        ("POST", "/api/v1/tickets/{ref}/actions"): {"action": "resolve"},
        ("POST", BY_KEY): {"action": "resolve"},
        ("POST", "/api/v1/tickets/{ref}/comments"): {"body": "hm"},
        ("POST", "/api/v1/tickets/{ref}/links"): {"type": "client", "name": "Acme"},
        ("PATCH", "/api/v1/tickets/{ref}/links/{id}"): {"is_primary": True},
        ("POST", "/api/v1/silences"): quiet,
        ("POST", "/api/v1/maintenance-windows"): quiet,
        ("POST", "/api/v1/maintenances"): {"subject": "hub", "type": "corrective"},
        ("PATCH", "/api/v1/maintenances/{id}"): {"description": "more"},
        ("POST", "/api/v1/incidents"): {
            "material_id": 1,
            "title": "Broken",
            "priority": "HIGH",
            "description": "x",
        },
        ("PATCH", "/api/v1/incidents/{id}"): {"title": "Renamed"},
        ("POST", "/v1/team/{id}/incident"): {
            "name": "Broken",
            "description": "x",
            "urgency": "low",
        },
        ("PUT", "/v1/incident/{id}"): {"name": "Renamed"},
        ("POST", "/api/v1/changes"): {"title": "Patched", "subject": "hub"},
        ("POST", "/api/v1/alerts/{source}"): {"alerts": []},
        ("POST", "/api/v1/reload"): {},
        ("POST", "/api/v1/tokens"): {"user": "bob", "role": "viewer"},
    }


#: Nothing looks in these tests, and the health says so; and what is asked for below `/links/`
#: is no link of ours, which is soon too many guesses.
_OF_PUBLIC = {"/health-check": {503}, "/links/{token}": {404, 429}}


def names_a_ticket(path: str) -> bool:
    """Whether *path* is that of one ticket, in our own words or in another API's."""
    return (
        path == BY_KEY or "{ref}" in path or "/incidents/{id}" in path or "/incident/{id}" in path
    )


def expected(route: Route, caller: Caller | None) -> set[int]:
    """Give the statuses that *caller* may be answered; None: whoever has no good token."""
    good = {route.status} | ({200} if route.may_exist else set())
    if route.permission is PUBLIC or route.guarded is not None:
        return good | _OF_PUBLIC.get(route.paths[0], set())
    if caller is None:
        return {401}
    assert isinstance(route.permission, Permission)
    if not caller.may(route.permission):
        return {403}
    if names_a_ticket(route.paths[0]):
        if not caller.sees:
            return {404}
        finer = FINER.get((route.method, route.paths[0]))
        if finer is not None and not finer(caller):
            return {403}
    return good
