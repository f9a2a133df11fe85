"""An open ticket follows the evidence, and people's work is kept safe."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fettled.core.actions import Comment, Reopen, Resolve
from fettled.core.errors import ConflictError, InvalidError
from fettled.core.policy import Flap, Policy
from fettled.core.words import Code, Kind, Priority, Status, SubjectType
from timeline import ANN, at, more, play

PLAIN = Policy(flap=Flap(transitions=99))


def test_the_kind_follows_once_the_new_reason_has_held() -> None:
    """One blip of another reason changes nothing; open_after of it does, on one ticket."""
    timeline = play("down@0 down@60 auth@90 down@120 auth@150 auth@180", PLAIN)
    assert timeline.ticket.kind == Kind.INTEGRATION_UNREACHABLE
    more(timeline, "auth@209.999")
    assert timeline.ticket.kind == Kind.INTEGRATION_UNREACHABLE
    more(timeline, "auth@210")

    assert timeline.ticket.kind == Kind.INTEGRATION_CREDENTIALS_INVALID
    assert timeline.events == ["opened", "kind_changed"]


def test_an_unobserved_time_does_not_count_towards_the_new_kind() -> None:
    """A gap between two looks at the new reason: it has to hold from the later one on."""
    timeline = play("down@0 down@60 auth@90 auth@3600 auth@3659", PLAIN)
    assert timeline.ticket.kind == Kind.INTEGRATION_UNREACHABLE
    more(timeline, "auth@3660")

    assert timeline.ticket.kind == Kind.INTEGRATION_CREDENTIALS_INVALID


def test_priority_is_raised_never_lowered_and_a_persons_is_left_alone() -> None:
    """A certificate comes nearer to its end: low, high; back to low changes nothing."""
    timeline = play("", PLAIN)
    for second in (0, 60):
        timeline.see("slow", second, priority=Priority.LOW)
    for second in (90, 150):
        timeline.see("slow", second, priority=Priority.CRITICAL)
    assert timeline.ticket.priority is Priority.CRITICAL
    assert timeline.events == ["opened", "priority_changed"]

    for second in (180, 240, 300):
        timeline.see("slow", second, priority=Priority.LOW)
    assert timeline.ticket.priority is Priority.CRITICAL

    timeline = play("", PLAIN)
    for second in (0, 60):
        timeline.see("slow", second, priority=Priority.LOW)
    timeline.tickets[0] = replace(timeline.tickets[0], priority_by_person=True)
    for second in (90, 150):
        timeline.see("slow", second, priority=Priority.CRITICAL)

    assert timeline.ticket.priority is Priority.LOW


def test_what_people_touched_is_given_grace() -> None:
    """recovered_at and a note at the recovery; resolved half an hour later."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Comment("on my way"), 70)
    more(timeline, "up@90 up@150")
    assert timeline.ticket.is_open
    assert timeline.ticket.recovered_at == at(90)

    more(timeline, "up@180..1949/30 up@1949.999")
    assert timeline.ticket.is_open
    more(timeline, "up@1950")

    assert timeline.events == ["opened", "comment_added", "recovered", "resolved:auto_recovered"]
    assert timeline.ticket.recovered_at == at(90)


def test_a_blip_starts_the_grace_anew_and_a_failure_withdraws_the_note() -> None:
    """A pending_open that ends is a blip; firing is not."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Comment("on my way"), 70)
    more(timeline, "up@90 up@150 down@1000 up@1010 up@1040..2780/30 up@2809.9")
    assert timeline.ticket.is_open
    assert timeline.events[2:] == ["recovered"]
    more(timeline, "down@2809.95 down@2890 up@2900 up@2960")

    assert timeline.events[3:] == ["recovery_withdrawn", "recovered"]
    assert timeline.ticket.recovered_at == at(2900)


def test_a_reopened_ticket_keeps_its_assignee_and_its_status() -> None:
    """Back to where it was before the resolution; open if nobody holds it."""
    timeline = play("down@0 down@60", PLAIN)
    held = replace(timeline.tickets[0], status=Status.IN_PROGRESS, assignee="ann")
    timeline.tickets[0] = held
    more(timeline, "up@90 up@150 down@200 down@260")
    assert timeline.ticket.status is Status.IN_PROGRESS
    assert timeline.ticket.assignee == "ann"

    timeline = play("down@0 down@60", PLAIN)
    timeline.tickets[0] = replace(timeline.tickets[0], status=Status.IN_PROGRESS)
    more(timeline, "up@90 up@150 down@200 down@260")

    assert timeline.ticket.status is Status.OPEN


def test_people_cannot_move_a_closed_ticket() -> None:
    """Final: not even a comment, and nothing changed."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.tickets[0] = replace(timeline.tickets[0], status=Status.CLOSED, open_key=None)
    for action in (Comment("x"), Resolve(), Reopen()):
        with pytest.raises(ConflictError, match="closed"):
            timeline.act(action, 70)

    assert timeline.events == ["opened"]


def test_repeating_what_took_effect_changes_nothing() -> None:
    """A double click is a success without a second entry."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Resolve(), 70)
    assert timeline.act(Resolve(Code.WONT_FIX), 71) is None
    timeline.act(Reopen(), 72)
    assert timeline.act(Reopen(), 73) is None

    assert timeline.events == ["opened", "resolved:fixed", "reopened:person"]


def test_reopening_what_was_never_resolved_is_refused() -> None:
    """With the status, and what would be legal."""
    timeline = play("down@0 down@60", PLAIN)

    with pytest.raises(ConflictError, match="#1 is open; reopen needs one that is resolved"):
        timeline.act(Reopen(), 70)


BAD = {
    "an empty comment": (Comment("  \n"), "body"),
    "the monitor's own code": (Resolve(Code.AUTO_RECOVERED), "code"),
    "a duplicate of nothing": (Resolve(Code.DUPLICATE), "duplicate_of"),
    "a duplicate of itself": (Resolve(Code.DUPLICATE, duplicate_of=1), "duplicate_of"),
    "a fix that names another": (Resolve(duplicate_of=2), "duplicate_of"),
}


@pytest.mark.parametrize(("action", "field"), BAD.values(), ids=BAD)
def test_a_field_that_cannot_be_taken_is_named(action: Comment | Resolve, field: str) -> None:
    """And nothing changes."""
    timeline = play("down@0 down@60", PLAIN)

    with pytest.raises(InvalidError) as caught:
        timeline.act(action, 70)

    assert caught.value.field == field
    assert timeline.events == ["opened"]


def test_a_peoples_resolution_says_whether_the_subject_is_still_down() -> None:
    """So that its coming back surprises nobody."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Resolve(), 70)

    assert timeline.entries[-1][1].data["subject_phase"] == "firing"
    assert timeline.entries[-1][1].actor == ANN


TITLES = {
    SubjectType.DEVICE: "Device offline: hub",
    SubjectType.INTEGRATION: "Integration unreachable: hub",
    SubjectType.SERVICE: "Service down: hub",
}


@pytest.mark.parametrize(("subject_type", "title"), TITLES.items())
def test_the_title_says_what_and_whom(subject_type: SubjectType, title: str) -> None:
    """The kind in words, and the subject's key."""
    assert title == play("down@0 down@60", PLAIN, type=subject_type).ticket.title


def test_times_never_run_backwards_within_a_ticket() -> None:
    """Wall time stepped back between the opening and the resolution."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.offset = -timedelta(days=400)
    more(timeline, "up@90 up@150")

    assert timeline.ticket.resolved_at >= timeline.ticket.created_at
