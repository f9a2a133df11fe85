"""Which of the six rules goes before which, where two of them have an answer."""

from dataclasses import replace
from datetime import timedelta

from fettled.core import lifecycle
from fettled.core.actions import Comment, Resolve
from fettled.core.condition import Condition
from fettled.core.policy import ALWAYS, Flap, Policy
from fettled.core.tickets import SYSTEM, Resolution
from fettled.core.words import Code, Gate, Status
from timeline import Timeline, at, more, play

PLAIN = Policy(flap=Flap(transitions=99))


def closed(timeline: Timeline) -> Timeline:
    """Let the newest ticket be closed, as time or a person does it."""
    timeline.tickets[-1] = replace(timeline.tickets[-1], status=Status.CLOSED)
    return timeline


def test_what_people_accepted_stays_accepted_when_its_ticket_is_closed() -> None:
    """
    Rule 2 before rule 3: wont_fix, closed a week later, is still down and still accepted.

    Seen to fail with the two exchanged: closing opened a new ticket about it.
    """
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Resolve(Code.WONT_FIX), 70)
    more(closed(timeline), "down@90..9000/90")

    assert timeline.events == ["opened", "resolved:wont_fix"]
    assert timeline.condition.gate is Gate.ACCEPTED


def test_a_closed_ticket_is_not_verified_but_followed_by_a_new_one() -> None:
    """
    Rule 3 before rule 4: closed is final, whoever resolved it and whatever is still down.

    Seen to fail with the two exchanged: a closed ticket was held by verify, then reopened.
    """
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Resolve(), 70)
    more(closed(timeline), "down@90")

    assert timeline.events == ["opened", "resolved:fixed", "opened"]
    assert timeline.ticket.previous == 1
    assert timeline.condition.gate is None


def test_a_fault_that_never_went_is_no_relapse() -> None:
    """
    Rule 4 before rule 5: inside the window, too, a person's word is believed for a while.

    Seen to fail with the two exchanged: it was reopened at once, as a relapse.
    """
    timeline = play("down@0 down@60", replace(PLAIN, reopen_window=ALWAYS))
    timeline.act(Resolve(), 70)
    more(timeline, "down@90")
    assert timeline.condition.gate is Gate.VERIFY
    more(timeline, "down@670")

    assert timeline.events == ["opened", "resolved:fixed", "reopened:still_unhealthy"]


def test_what_the_monitor_resolved_is_never_verified() -> None:
    """
    Rule 4 is about people: a target that was removed and is back is judged by the window.

    Seen to fail without the look at who resolved it.
    """
    timeline = play("down@0 down@60", PLAIN)
    timeline.keep(
        lifecycle.resolved(timeline.ticket, Resolution(Code.TARGET_REMOVED, at(70), SYSTEM))
    )
    timeline.condition = Condition(timeline.condition.check)
    more(timeline, "down@200 down@260")

    assert timeline.events[-1] == "reopened:relapse"


def test_a_gate_forbids_but_leaves_an_open_ticket_alone() -> None:
    """An open ticket is attached to before any gate is asked, and follows the evidence."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.policy = replace(PLAIN, publish=False, open_after=timedelta(seconds=30))
    more(timeline, "auth@90 auth@120")

    assert timeline.events == ["opened", "kind_changed"]
    assert timeline.condition.gate is None


def test_neither_a_long_debounce_nor_a_later_comment_moves_the_window() -> None:
    """
    From the resolution to the first failure: said after it, or confirmed after it, is no matter.

    Seen to fail with a window that runs from the ticket's last change, and with one that runs
    to the instant of firing.
    """
    patient = replace(PLAIN, open_after=timedelta(minutes=30), reopen_window=timedelta(hours=1))
    timeline = play("down@0..1800/90 up@1830 up@1890", patient)  # resolved at 1890
    timeline.act(Comment("it was the fan"), 5000)
    more(timeline, "down@5489..7289/90")  # first failed inside the hour, fires outside
    assert timeline.events[-1] == "reopened:relapse"
    more(timeline, "up@7300 up@7360")
    assert timeline.ticket.recovered_at == at(7300)
    more(timeline, "up@9160")  # touched: resolved after its grace
    timeline.act(Comment("and again"), 12700)
    more(timeline, "down@12760..14560/90")

    assert timeline.events[-1] == "opened"
