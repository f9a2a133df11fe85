"""
The events of a ticket's timeline: the closed list, and which of them are told the world.

An event that triggers is also written to the outbox, under the name that `told_as` gives. One
that does not is for whoever reads the timeline.
"""

from __future__ import annotations

#: Event -> whether it triggers.
EVENTS: dict[str, bool] = {
    "opened": True,
    "reopened": True,
    "resolved": True,
    "started": True,
    "moved_to_open": False,
    "held": True,
    "resumed": True,
    "assigned": True,
    "unassigned": False,
    "escalated": True,
    "snoozed": False,
    "unsnoozed": False,
    "closed": True,
    "comment_added": True,
    "description_edited": True,
    "fields_edited": False,
    "sla_at_risk": True,
    "sla_breached": True,
    "attachment_added": False,
    "attachment_removed": False,
    "link_added": False,
    "link_removed": False,
    "maintenance_linked": False,
    "priority_changed": True,
    "flapping": True,
    # Beside `opened` or `reopened`, for those who want to hear of this above all.
    "impaired": True,
    # Only for receivers that ask to be tested, whatever their filter says.
    "self_test": True,
    "kind_changed": False,
    "recovered": False,
    "recovery_withdrawn": False,
    "relapsed": False,
    "target_removed": False,
    "merged": True,
    "absorbed": False,
    "linked": False,
    "member_joined": False,
    "member_recovered": False,
    "member_failed": False,
    "parent_failed": False,
    "parent_recovered": False,
}

#: What ends the time in which a ticket is open.
ENDS = frozenset({"resolved", "closed", "merged"})

#: What is told under another name than `ticket.<event>`.
_TOLD_AS = {"impaired": "monitor.impaired"}


def is_end(told: str) -> bool:
    """Whether a ticket is over by what is told under this name."""
    return told in _ENDS


def told_as(event: str) -> str:
    """Name *event* as receivers, streams and logs are told of it."""
    return _TOLD_AS.get(event, f"ticket.{event}")


#: What receivers and workflows may ask for.
TRIGGERS = tuple(
    told_as(name) for name, triggers in EVENTS.items() if triggers and name != "self_test"
)
_ENDS = frozenset(map(told_as, ENDS))
