"""
Filing and editing tickets, as units of the writer: one transaction each.

What the fields mean for one another is `core.filing`'s; here is what they refer to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from fettled.app.acting import Acted, escalated_to
from fettled.app.callers import Caller, find, require, require_version
from fettled.app.catalogue import region_of
from fettled.app.deciding import apply_whole
from fettled.app.desk import Desk
from fettled.core.actions import Escalate
from fettled.core.effects import Moment
from fettled.core.filing import NewTicket, edited, filed
from fettled.core.lifecycle import then
from fettled.core.moves import act
from fettled.core.permissions import Permission
from fettled.core.tickets import SYSTEM, WORKFLOW, Actor, Change
from fettled.core.words import Impact, Status
from fettled.ports import UnitOfWork

#: Fields that choose from the catalogue.
_CHOSEN = ("category", "region", "project", "application")


def file_ticket(
    uow: UnitOfWork,
    *,
    new: NewTicket,
    caller: Caller,
    desk: Desk,
    wall: Callable[[], datetime],
    default_team: str | None,
) -> Acted:
    """File *new*; its subject's team has it where no other is named."""
    at = wall()
    new = replace(new, region=region_of(new.region))
    desk.check_owners(new.assignee, new.team, new.shift)
    desk.check_fields({name: getattr(new, name) for name in _CHOSEN})
    change = filed(new, caller.actor, at)
    if new.team is None and default_team is not None:
        change = replace(change, ticket=replace(change.ticket, team=default_team))
    if new.impact is Impact.ENTERPRISE:
        change = _escalated_at_once(change, desk, _ours(caller.actor), at)
    applied = uow.apply(change)
    data = {"ticket": applied.ticket.number, **asdict(new), **escalated_to(applied)}
    data["default_team"] = default_team
    uow.log_input("ticket.create", at, caller.actor, data)
    return Acted(applied.ticket, applied, None, None)


def edit_ticket(
    uow: UnitOfWork,
    *,
    ref: str,
    wanted: Mapping[str, Any],
    caller: Caller,
    desk: Desk,
    wall: Callable[[], datetime],
) -> Acted:
    """Change fields; see `core.filing.edited`."""
    ticket = find(uow, ref, caller.who)
    require(caller, Permission.TICKET_UPDATE, "editing")
    require_version(ticket, caller)
    at = wall()
    if ticket.status is not Status.CLOSED:
        if "region" in wanted:
            wanted = {**wanted, "region": region_of(wanted["region"])}
        changed = {name for name in _CHOSEN if wanted.get(name) != getattr(ticket, name)}
        # What was legal once may stay: a list that has changed since changes no ticket.
        desk.check_fields({name: wanted[name] for name in changed & set(wanted)})
        if wanted.get("subject") != ticket.subject:
            desk.check_subject(wanted.get("subject"))
    change = edited(ticket, wanted, caller.actor, at)
    if change is None:
        return Acted(ticket, None, None, None)
    became = change.ticket.impact == Impact.ENTERPRISE != ticket.impact
    if became and change.ticket.is_open:
        change = _escalated_at_once(change, desk, _ours(caller.actor), at)
    applied = apply_whole(uow, change, at)
    data = {"ticket": ticket.number, **wanted, **escalated_to(applied)}
    uow.log_input("ticket.edit", at, caller.actor, data)
    newest = uow.last_ticket(ticket.check) if ticket.check is not None else None
    return Acted(applied.ticket, applied, newest, None)


def _ours(caller: Actor) -> Actor:
    """Name who does what follows by itself: of a workflow, that workflow, so that it ends there."""
    return caller if caller.type == WORKFLOW else SYSTEM


def _escalated_at_once(change: Change, desk: Desk, actor: Actor, at: datetime) -> Change:
    """Join the escalation that impact `enterprise` asks for, where there is a team above."""
    parent = desk.parent_of(change.ticket.team)
    if not desk.escalates_enterprise or parent is None:
        return change
    action = Escalate("hierarchical", "impact is enterprise", parent)
    further = act(change.ticket, action, Moment(actor, at, parent=parent))
    if further is None:
        return change
    return then(change, further)
