"""Invariant 7: what the monitor did not open is not the monitor's to resolve or rewrite."""

from dataclasses import replace

import pytest

from fettled.core.policy import Flap, Policy
from fettled.core.words import Kind, Priority, Source
from timeline import Timeline, more, play

PLAIN = Policy(
    flap=Flap(transitions=99), priority={Kind.INTEGRATION_CREDENTIALS_INVALID: Priority.CRITICAL}
)
OTHERS = sorted(set(Source) - {Source.HEALTH_MONITOR})


def of(source: Source) -> Timeline:
    """Play an outage whose ticket came from *source*."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.tickets[0] = replace(timeline.tickets[0], source=source)
    return timeline


@pytest.mark.parametrize("source", OTHERS)
def test_a_recovery_resolves_no_ticket_of_others(source: Source) -> None:
    """
    Whoever opened it decides when it is done, however long the subject has been well.

    Seen to fail without the look at the source in ensure_resolved.
    """
    timeline = of(source)
    before = timeline.ticket
    more(timeline, "up@90..9000/30")

    assert timeline.events == ["opened"]
    assert timeline.ticket == before


@pytest.mark.parametrize("source", OTHERS)
def test_the_evidence_changes_neither_kind_nor_priority_of_others(source: Source) -> None:
    """
    The monitor's own follow another fault that has held; these are what people made them.

    Seen to fail without the look at the source in _keep_up.
    """
    timeline = of(source)
    before = timeline.ticket
    more(timeline, "auth@90..300/30")

    assert timeline.events == ["opened"]
    assert timeline.ticket == before
    assert play("down@0 down@60 auth@90..300/30", PLAIN).events[1:] == [
        "kind_changed",
        "priority_changed",
    ]


@pytest.mark.parametrize("source", OTHERS)
def test_it_is_attached_to_all_the_same(source: Source) -> None:
    """One open ticket per condition: no second one beside a person's."""
    timeline = more(of(source), "down@90..300/30")

    assert len(timeline.tickets) == 1
    assert timeline.condition.gate is None
