"""
Who may do what: permissions, roles, and the tables between them.

Pure tables and the few questions that a table cannot answer alone (one's own
ticket). Who a caller is, and which route asks for what, is the web's matter.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum

from fettled.core.actions import (
    Action,
    Assign,
    AssignToMe,
    Close,
    Comment,
    Escalate,
    Unassign,
)
from fettled.core.tickets import Actor, Ticket


class Permission(StrEnum):
    """One thing that somebody may be allowed to do."""

    TICKET_VIEW_ANY = "ticket.view_any"
    TICKET_VIEW = "ticket.view"
    TICKET_CREATE = "ticket.create"
    TICKET_UPDATE = "ticket.update"
    TICKET_DELETE = "ticket.delete"
    TICKET_CLOSE = "ticket.close"
    TICKET_COMMENT_INTERNAL = "ticket.comment_internal"
    TICKET_ASSIGN = "ticket.assign"
    TICKET_ESCALATE = "ticket.escalate"
    SILENCE_MANAGE = "silence.manage"
    MAINTENANCE_MANAGE = "maintenance.manage"
    SUBJECT_VIEW = "subject.view"
    AUDIT_VIEW = "audit.view"
    METRICS_VIEW = "metrics.view"
    HEARTBEAT_PUSH = "heartbeat.push"
    ALERT_PUSH = "alert.push"
    RECEIVER_MANAGE = "receiver.manage"
    CONFIG_RELOAD = "config.reload"
    ADMIN = "admin"


class Role(StrEnum):
    """A named set of permissions, from the least to the most."""

    VIEWER = "viewer"
    REPORTER = "reporter"
    OPERATOR = "operator"
    MANAGER = "manager"
    ADMIN = "admin"


_VIEWER = frozenset(
    {
        Permission.TICKET_VIEW_ANY,
        Permission.TICKET_VIEW,
        Permission.SUBJECT_VIEW,
        Permission.METRICS_VIEW,
    }
)
# A beat says "I am well": whoever may report trouble may report the lack of it. Were it
# the admin's alone, every cron job would have to carry an admin's token.
_REPORTER = frozenset(
    {
        Permission.TICKET_VIEW,
        Permission.SUBJECT_VIEW,
        Permission.TICKET_CREATE,
        Permission.HEARTBEAT_PUSH,
    }
)
_OPERATOR = (
    _VIEWER
    | _REPORTER
    | {
        Permission.TICKET_UPDATE,
        Permission.TICKET_ASSIGN,
        Permission.TICKET_ESCALATE,
        Permission.TICKET_CLOSE,
        Permission.TICKET_COMMENT_INTERNAL,
        Permission.SILENCE_MANAGE,
        Permission.MAINTENANCE_MANAGE,
    }
)
_MANAGER = _OPERATOR | {
    Permission.TICKET_DELETE,
    Permission.AUDIT_VIEW,
    Permission.RECEIVER_MANAGE,
}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.REPORTER: _REPORTER,
    Role.OPERATOR: _OPERATOR,
    Role.MANAGER: _MANAGER,
    Role.ADMIN: frozenset(Permission),
}


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Everything that any of *roles* allows."""
    return frozenset().union(*(GRANTS[role] for role in roles))


@dataclass(frozen=True, slots=True)
class Principal:
    """
    A caller: the *name* that is on tickets, and what that name may do.

    Attributes:
        teams, shifts: the teams and on-call schedules that the name belongs to.
    """

    name: str
    actor: Actor
    permissions: frozenset[Permission]
    teams: frozenset[str] = frozenset()
    shifts: frozenset[str] = frozenset()


def sees(who: Principal, ticket: Ticket) -> bool:
    """
    Whether *who* may know of *ticket* at all.

    Without `ticket.view_any` that is: of one's teams and shifts, held or reported by oneself.
    """
    people = {ticket.assignee, ticket.reporter}
    return sees_names(who, people=people, team=ticket.team, shift=ticket.shift)


def sees_names(
    who: Principal, *, people: Container[str | None], team: str | None, shift: str | None
) -> bool:
    """Whether *who* may know of a ticket of those people, that team and that shift; see `sees`."""
    if Permission.TICKET_VIEW_ANY in who.permissions:
        return True
    return Permission.TICKET_VIEW in who.permissions and (
        who.name in people or team in who.teams or shift in who.shifts
    )


def may_comment(who: Principal, ticket: Ticket, *, internal: bool) -> bool:
    """Whether *who* may comment: reporters on their own tickets only, and in public."""
    if internal:
        return Permission.TICKET_COMMENT_INTERNAL in who.permissions
    if Permission.TICKET_UPDATE in who.permissions:
        return True
    return Permission.TICKET_CREATE in who.permissions and ticket.reporter == who.name


#: What an action needs beyond seeing the ticket; every other one is an update.
_NEEDS: dict[type[Action], Permission] = {
    Assign: Permission.TICKET_ASSIGN,
    AssignToMe: Permission.TICKET_ASSIGN,
    Unassign: Permission.TICKET_ASSIGN,
    Escalate: Permission.TICKET_ESCALATE,
    Close: Permission.TICKET_CLOSE,
}


def need_of(action: Action) -> Permission:
    """Name what *action* needs, for whoever lacks it; comments on one's own need less."""
    if isinstance(action, Comment) and action.visibility == "internal":
        return Permission.TICKET_COMMENT_INTERNAL
    return _NEEDS.get(type(action), Permission.TICKET_UPDATE)


def may_act(who: Principal, ticket: Ticket, action: Action) -> bool:
    """Whether *who*, who sees *ticket*, may do *action* to it."""
    if isinstance(action, Comment):
        return may_comment(who, ticket, internal=action.visibility == "internal")
    return need_of(action) in who.permissions
