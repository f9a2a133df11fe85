"""What an event tells by itself: the same words, while nothing else can be asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fettled.core.deliveries import Delivery
from fettled.core.event_words import event_notice
from fettled.core.subject_events import PHASE_CHANGED

AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
TICKET = {"title": "Coffee is cold", "priority": "low", "status": "open", "source": "user"}


def event(name: str, data: Any = None, ticket: Any = None, number: int = 7) -> Delivery:
    """One event as the outbox keeps it."""
    actor = {"type": "user", "name": "ann"}
    payload = {"ticket": ticket, "actor": actor, "data": data}
    return Delivery(1, "hook", number, name, "e-1", 1, AT, 1, payload)


def test_what_a_person_filed_is_new_and_not_down() -> None:
    """
    Also where nobody else words it.

    Seen to fail where a road of its own took every ticket for one of the monitor's.
    """
    told = event_notice(event("ticket.opened", {}, TICKET))
    assert told.headline == "[NEW] Coffee is cold (low, #7)"


def test_an_internal_comment_is_not_told_where_nobody_knows_who_reads_it() -> None:
    """
    Only that there was one.

    Seen to fail where whatever was said was told.
    """
    data = {"body": "the key is under the mat", "visibility": "internal"}
    told = event_notice(event("ticket.comment_added", data, TICKET)).text
    assert "mat" not in told
    assert "ann: an internal comment" in told


def test_a_code_is_told_in_words() -> None:
    """As everywhere."""
    end = {"code": "auto_recovered", "summary": ""}
    over = TICKET | {"status": "resolved", "resolution": end}
    assert "recovered by itself" in event_notice(event("ticket.resolved", {}, over)).gist


def test_a_change_of_phase_names_the_subject() -> None:
    """And what has another shape is told by its name."""
    data = {"subject": {"name": "Front\ndoor"}, "check": "door-1/ping", "from": "up", "to": "down"}
    told = event_notice(event(PHASE_CHANGED, data | {"message": "no\nanswer"}, number=0))
    assert told.text.splitlines() == ["[down] Front door", "door-1/ping was up: no answer"]
    for odd in (None, [], {"subject": 3}, {"subject": {"name": "x"}}):
        assert event_notice(event(PHASE_CHANGED, odd, number=0)).headline == PHASE_CHANGED
