"""What people's moves keep, free and refuse at their edges, where the table says only "legal"."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fettled.core.actions import (
    Action,
    Close,
    Comment,
    Escalate,
    MoveToOpen,
    Reopen,
    SnoozeFor,
    Start,
    Take,
    Unassign,
)
from fettled.core.effects import LONGEST_SNOOZE, Moment
from fettled.core.errors import ConflictError, InvalidError
from fettled.core.moves import act
from fettled.core.tickets import SYSTEM, Actor, Escalation, Resolution, Snooze, Ticket
from fettled.core.words import Code, Status
from tickets_for import filed_by_hand

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANN = Actor("token", "ann")
TICKET = filed_by_hand(START, number=7, team="support-n1")
RESOLVED = replace(
    TICKET,
    status=Status.RESOLVED,
    status_before=Status.IN_PROGRESS,
    assignee="dora",
    resolution=Resolution(Code.FIXED, START, ANN),
    resolved_at=START,
)
UP = Escalate("hierarchical", "too hard")


def after(ticket: Ticket, action: Action, at: datetime = START, **known: object) -> Ticket:
    """Give *ticket* after Ann's *action*, which must change something."""
    moment = Moment(ANN, at, parent="support-n2")
    change = act(ticket, action, replace(moment, **known))  # type: ignore[arg-type] # named by the caller
    assert change is not None
    return change.ticket


def test_whoever_takes_it_frees_the_shift() -> None:
    """
    A person and a shift exclude one another.

    Seen to fail with a take that sets the person alone.
    """
    taken = after(replace(TICKET, status=Status.ASSIGNED, shift="nights"), Take())
    assert (taken.assignee, taken.shift) == ("ann", None)


def test_a_start_that_is_taken_back_leaves_the_shift_that_has_it() -> None:
    """
    It is assigned then, and not open: the shift still has to act.

    Seen to fail where only a person counts as holding it.
    """
    begun = replace(TICKET, status=Status.IN_PROGRESS, shift="nights")
    back = after(begun, MoveToOpen())
    assert (back.status, back.shift) == (Status.ASSIGNED, "nights")


def test_an_escalation_frees_whoever_had_it() -> None:
    """
    The person, the shift, and by an escalation to a team the supplier, too.

    Seen to fail with an escalation that leaves the shift, and with one that leaves the supplier.
    """
    had = replace(TICKET, status=Status.ASSIGNED, shift="nights", supplier="ACME")
    up = after(had, UP)
    assert (up.team, up.shift, up.supplier) == ("support-n2", None, None)


def test_a_supplier_may_be_called_as_a_team_is() -> None:
    """
    "Is there already" is asked of teams only.

    Seen to fail with a comparison that does not ask what is meant.
    """
    theirs = after(TICKET, Escalate("functional", "theirs", "support-n1", is_supplier=True))
    assert (theirs.team, theirs.supplier) == ("support-n1", "support-n1")
    with pytest.raises(InvalidError, match="is support-n1 already"):
        after(TICKET, Escalate("functional", "theirs", "support-n1"))


@pytest.mark.parametrize(
    ("last", "at"),
    [
        (Escalation("functional", "support-n1", START, "not ours"), START + timedelta(seconds=5)),
        (Escalation("hierarchical", "support-n1", START + HOUR, "too hard"), START),
    ],
    ids=["of-another-kind", "of-a-clock-that-was-set-back"],
)
def test_only_the_same_escalation_within_a_minute_is_a_second_click(
    last: Escalation, at: datetime
) -> None:
    """
    Another kind is another thought, and so is one whose minute is over by any clock.

    Seen to fail without the comparison of kinds, and with one that takes every earlier time
    for the same minute.
    """
    once = replace(TICKET, status=Status.ASSIGNED, escalation_level=1, escalated=last)
    assert after(once, UP, at).escalation_level == 2


def test_an_open_ticket_that_somebody_holds_is_not_called_unassigned() -> None:
    """
    `tickets.reopen_to: open` leaves its holder; the answer must not say that nobody has it.

    Seen to fail where the status alone tells that an unassigning has taken effect.
    """
    back = after(RESOLVED, Reopen(), reopen_to=Status.OPEN)
    assert (back.status, back.assignee) == (Status.OPEN, "dora")
    with pytest.raises(ConflictError, match="unassign needs one that is assigned"):
        after(back, Unassign())


def test_whoever_unassigns_has_worked_on_it() -> None:
    """
    A monitor's ticket that people touched is kept for them after the recovery.

    Seen to fail with an unassigning that leaves no trace on the ticket.
    """
    held = replace(TICKET, status=Status.ASSIGNED, assignee="dora")
    assert after(held, Unassign()).touched


def test_the_first_response_stays_the_first() -> None:
    """
    Starting again after an escalation is no first response.

    Seen to fail with a start that always notes its own time.
    """
    begun = after(TICKET, Start())
    again = after(after(begun, UP), Start(), START + HOUR)
    assert again.responded_at == START


@pytest.mark.parametrize(
    ("ticket", "action", "field"),
    [(TICKET, Start(), "responded_at"), (RESOLVED, Close(), "closed_at")],
)
def test_no_time_of_a_ticket_lies_before_its_last_change(
    ticket: Ticket, action: Action, field: str
) -> None:
    """
    Also where the clock on the wall was set back in between.

    Seen to fail with either time taken from the clock as it is.
    """
    assert getattr(after(ticket, action, START - HOUR), field) == START


def test_the_machines_own_comment_is_nobodys_answer() -> None:
    """
    A ticket without a reporter does not go on because a nameless actor wrote on it.

    Seen to fail where the two missing names are compared.
    """
    waiting = replace(
        TICKET, status=Status.PENDING, hold_until=START + HOUR, hold_reason="a part", reporter=None
    )
    said = act(waiting, Comment("seen"), Moment(Actor(SYSTEM.type), START))
    assert said is not None
    assert said.ticket.status is Status.PENDING


def test_reopened_into_work_it_has_been_responded_to() -> None:
    """
    Somebody is at work: the response is the reopening, as the SLA's page says.

    Seen to fail with a reopening that leaves the time empty.
    """
    back = after(RESOLVED, Reopen(), START + HOUR)
    assert (back.status, back.responded_at) == (Status.IN_PROGRESS, START + HOUR)


@pytest.mark.parametrize(
    ("reopen_to", "hold"),
    [(None, (START + HOUR, "a part")), (Status.IN_PROGRESS, (None, None))],
)
def test_a_reopening_keeps_a_hold_only_where_it_leads_back_to_it(
    reopen_to: Status | None, hold: tuple[datetime | None, str | None]
) -> None:
    """
    What is in progress is not resumed by the end of an old hold.

    Seen to fail with a fixed status that leaves the hold behind.
    """
    was = replace(
        RESOLVED,
        status_before=Status.PENDING,
        hold_until=START + HOUR,
        hold_reason="a part",
    )
    back = after(was, Reopen(), reopen_to=reopen_to)
    assert (back.hold_until, back.hold_reason) == hold


def test_what_a_supplier_has_is_held_by_somebody() -> None:
    """
    So it goes back to where it was, though no person and no team has it.

    Seen to fail with the supplier left out of those who can hold it.
    """
    theirs = replace(RESOLVED, assignee=None, team=None, supplier="ACME")
    assert after(theirs, Reopen()).status is Status.IN_PROGRESS


def test_a_reopened_ticket_is_merged_into_nothing_any_more() -> None:
    """
    What the resolution said of it is taken back with the resolution.

    Seen to fail with a reopening that leaves it.
    """
    assert after(replace(RESOLVED, merged_into=3), Reopen()).merged_into is None


@pytest.mark.parametrize(
    ("until", "is_legal"),
    [
        (START, False),
        (START + timedelta(microseconds=1), True),
        (START + LONGEST_SNOOZE, True),
        (START + LONGEST_SNOOZE + timedelta(microseconds=1), False),
    ],
)
def test_a_snooze_ends_in_the_future_and_within_ninety_days(
    until: datetime,
    is_legal: bool,
) -> None:
    """
    What is to be quiet for longer is a silence.

    Seen to fail with either bound moved by the instant at it.
    """
    if is_legal:
        assert after(TICKET, SnoozeFor(until)).snooze == Snooze(until)
    else:
        with pytest.raises(InvalidError, match="at most 90 days away"):
            after(TICKET, SnoozeFor(until))


def test_a_snooze_until_it_changes_is_not_ended_by_its_own_entry() -> None:
    """
    It is noted on a ticket that sleeps already.

    Seen to fail with `snoozed` among the events that trigger.
    """
    assert after(TICKET, SnoozeFor(on_change=True)).snooze == Snooze(None, on_change=True)
