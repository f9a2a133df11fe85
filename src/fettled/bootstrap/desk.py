"""The parts that people's work on tickets needs, made of one another and the configuration."""

from __future__ import annotations

from datetime import timedelta

from fettled.app.acting import Desk
from fettled.config.schema import Settings
from fettled.core.policy import ALWAYS
from fettled.core.words import Status
from fettled.ports import Directory, Fleet


def make_desk(settings: Settings, directory: Directory) -> Desk:
    """Make the house's rules, as configured."""
    rules = settings.tickets
    return Desk(
        directory=directory,
        reopen_to=None if rules.reopen_to is None else Status(rules.reopen_to),
        escalates_enterprise=rules.escalate_enterprise,
    )


def longest_window(fleet: Fleet) -> timedelta:
    """How long the monitor may still reopen a resolved ticket, where that has an end."""
    windows = {spec.policy.reopen_window for spec in fleet.checks.values()} - {ALWAYS}
    return max(windows, default=timedelta())
