"""What becomes of what is known when alarms are told: raw ones, groups, and truncated lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from alarming import alert, over, rule, source, webhook
from around import at
from fettled.core.alarm_formats import read_push
from fettled.core.alarm_intake import Intake, take_in
from fettled.core.alarms import Aggregate, Clause, Kept, Op, Source, State, outcome
from fettled.core.words import Verdict

GROUP = source(rule(group=Aggregate(("alertname",), 3, timedelta(minutes=5))))
HOUR = timedelta(hours=1)


class Desk:
    """Keeps what is known, as the store would."""

    def __init__(self, by: Source | None = None) -> None:
        self.by = by or source()
        self.known: dict[str, Kept] = {}

    def tell(self, second: float, *alerts: dict[str, Any], **more: Any) -> Intake:
        """Tell *alerts* at *second*."""
        push = read_push(self.by, webhook(*alerts, **more))
        spare = tuple(k for k, row in self.known.items() if row.state is State.RESOLVED)
        intake = take_in(self.by, push, self.known, {"prom"}, at(second), spare)
        for check in intake.gone:
            del self.known[check]
        self.known |= intake.rows
        return intake

    def states(self) -> dict[str, State]:
        """What is known, by what is special in the key: groups first."""
        return {("group" if r.is_group else k): r.state for k, r in sorted(self.known.items())}

    def group(self) -> State | None:
        """How the only group stands."""
        return self.states().get("group")


def test_a_hostile_source_is_bounded_and_what_is_known_goes_on() -> None:
    """
    Ten thousand fingerprints take the room there is; the end of a known one still counts.

    Seen to fail where nobody counts.
    """
    desk = Desk(source(most=5))
    desk.tell(0, *(alert(n=str(n)) for n in range(5)))

    intake = desk.tell(1, *(alert(n=str(n)) for n in range(5, 1005)), over(n="0"))

    assert len(desk.known) == 5
    assert intake.refused == 1000
    assert {line.because for line in intake.lines if line.is_refused} == {
        "prom has 5 alarms, which is all that are kept"
    }
    assert list(desk.states().values()).count(State.RESOLVED) == 1


def test_what_is_over_gives_way_to_what_fires() -> None:
    """The oldest of those that are over goes first; what fires never does."""
    desk = Desk(source(most=2))
    desk.tell(0, alert(n="0"), alert(n="1"))
    desk.tell(1, over(n="0"))

    intake = desk.tell(2, alert(n="2"))

    assert intake.refused == 0
    assert len(intake.gone) == 1
    assert set(desk.states().values()) == {State.FIRING}


def test_what_fires_again_does_not_give_way_to_what_is_told_beside_it() -> None:
    """
    Over until now and oldest of all, it is told with another for which there is no room.

    Seen to fail where only what was known before is asked: an outage that was told was lost.
    """
    desk = Desk(source(most=1))
    desk.tell(0, alert(n="0"))
    desk.tell(1, over(n="0"))

    for both in ([alert(n="0"), alert(n="1")], [alert(n="1"), alert(n="0")]):
        intake = desk.tell(2, *both)
        assert intake.refused == 1
        assert list(desk.states().values()) == [State.FIRING]
        assert intake.gone == ()


def test_a_group_does_not_give_way_to_its_own_alarms() -> None:
    """
    They make it fire again; it stays, and with it the one check that tells of them.

    Seen to fail where a group is as spare as any alarm.
    """
    desk = Desk(replace(GROUP, rules=(rule(group=Aggregate((), 2, HOUR)),), most=3))
    desk.tell(0, alert(n="0"), alert(n="1"))
    desk.tell(1, over(n="0"), over(n="1"))
    assert desk.group() is State.RESOLVED

    desk.tell(2, *(alert(n=str(n)) for n in range(2, 5)))

    assert desk.group() is State.FIRING


def test_the_end_of_what_was_never_heard_of_is_nothing() -> None:
    """Nothing is kept, and the answer says why."""
    desk = Desk()

    intake = desk.tell(0, over())

    assert desk.known == {}
    assert [line.because for line in intake.lines] == [
        "it was not known: there is nothing to resolve"
    ]


def test_a_repeat_is_the_same_alarm_from_the_same_time() -> None:
    """Heard again, and fired once; after its end it fires anew."""
    desk = Desk()
    (first,) = desk.tell(0, alert()).rows.values()
    (again,) = desk.tell(4 * 3600, alert()).rows.values()
    desk.tell(5 * 3600, over())
    (anew,) = desk.tell(6 * 3600, alert()).rows.values()

    assert (again.fired_at, again.heard_at) == (first.fired_at, at(4 * 3600))
    assert anew.fired_at == at(6 * 3600)
    assert anew.settled_at is None


def test_what_no_rule_matches_is_ignored_but_its_end_is_heard() -> None:
    """A rule may look at what only a firing alarm says."""
    by = source(rule(when={"severity": "critical"}))
    desk = Desk(by)
    intake = desk.tell(0, alert(severity="info"))
    desk.tell(1, alert(severity="critical"))

    desk.by = source(rule(when={"severity": "page"}))
    desk.tell(2, over(severity="critical"))

    assert [line.because for line in intake.lines] == ["no rule matches"]
    assert set(desk.states().values()) == {State.RESOLVED}


def test_our_own_ticket_is_refused_for_what_it_is() -> None:
    """
    An Alertmanager that is told of our tickets sends them back: a rule would match.

    Seen to fail where the answer said that none does.
    """
    intake = Desk(source(rule())).tell(0, alert("FettledTicket"))
    (line,) = intake.lines
    assert line.because == (
        "FettledTicket is what fettled tells of its own tickets, and never taken in"
    )
    assert (line.is_ignored, intake.rows) == (True, {})


def test_a_truncated_group_makes_what_it_leaves_out_unknown_and_never_up() -> None:
    """
    Of the same group only; named again it counts again, and its own end resolves it.

    Seen to fail where what is left out counts as resolved.
    """
    desk = Desk()
    desk.tell(0, alert(n="1"), alert(n="2"))
    desk.tell(0, alert(n="3"), groupKey="other")
    two = next(check for check, row in desk.known.items() if row.item["labels"]["n"] == "2")

    desk.tell(1, over(n="1"), truncatedAlerts=1)

    assert sorted(desk.states().values()) == [State.FIRING, State.RESOLVED, State.UNSURE]
    assert outcome(desk.known[two], desk.by, "x", at(1)).verdict is Verdict.UNKNOWN
    desk.tell(2, alert(n="2"))
    assert desk.known[two].state is State.FIRING
    desk.tell(3, alert(n="1"), truncatedAlerts=1)
    desk.tell(4, over(n="2"))
    assert desk.known[two].state is State.RESOLVED


def test_without_truncation_what_is_left_out_goes_on_firing() -> None:
    """Alertmanager tells a group's alarms as they stand; its silence says nothing."""
    desk = Desk()
    desk.tell(0, alert(n="1"), alert(n="2"))

    desk.tell(1, over(n="1"))

    assert sorted(desk.states().values()) == [State.FIRING, State.RESOLVED]


def test_a_group_is_down_once_enough_different_ones_fired_in_its_window() -> None:
    """Repeats of one are one; what fired too long ago counts no more."""
    desk = Desk(GROUP)
    desk.tell(0, alert(n="1"))
    desk.tell(1, alert(n="1"))
    intake = desk.tell(2, alert(n="2"))
    assert [line.because for line in intake.lines] == [
        "its group is down once 3 alarms fired within its window"
    ]
    desk.tell(301, alert(n="3"))
    assert desk.group() is None

    desk.tell(302, alert(n="4"))
    assert desk.group() is None
    desk.tell(303, alert(n="5"))

    assert desk.group() is State.FIRING


def test_a_group_is_up_when_all_of_its_alarms_are_resolved_and_no_sooner() -> None:
    """Fewer than its count keep it down; so does one that is not known."""
    desk = Desk(GROUP)
    desk.tell(0, *(alert(n=str(n)) for n in range(3)))
    assert desk.group() is State.FIRING

    desk.tell(1, over(n="0"), over(n="1"))
    assert desk.group() is State.FIRING
    desk.tell(2, over(n="1"), truncatedAlerts=1)
    assert desk.group() is State.UNSURE
    desk.tell(3, over(n="2"))

    assert desk.group() is State.RESOLVED


def test_the_end_of_a_member_counts_where_its_rule_does_not_match_ends() -> None:
    """A rule may ask for what fires only; what it counted is counted down again."""
    only_firing = replace(GROUP.rules[0], clauses=(Clause("status", Op.EQ, "firing"),))
    desk = Desk(replace(GROUP, rules=(only_firing,)))
    desk.tell(0, *(alert(n=str(n)) for n in range(3)))

    desk.tell(1, *(over(n=str(n)) for n in range(3)))

    assert desk.group() is State.RESOLVED


def test_a_group_begins_anew_after_its_end() -> None:
    """Two that fire within the window of the last time, with one that did: three of them did."""
    desk = Desk(GROUP)
    desk.tell(0, *(alert(n=str(n)) for n in range(3)))
    desk.tell(1, *(over(n=str(n)) for n in range(3)))
    desk.tell(1000, alert(n="0"), alert(n="1"))
    assert desk.group() is State.RESOLVED

    desk.tell(1001, alert(n="2"))

    assert desk.group() is State.FIRING


def test_a_firing_alarm_is_unknown_once_its_source_is_silent_for_too_long() -> None:
    """Never resolved; what says until when it holds is believed no longer than that."""
    by = source(stale_after=timedelta(hours=24))
    desk = Desk(by)
    (row,) = desk.tell(0, alert()).rows.values()
    ends = {**alert(n="2"), "endsAt": at(60).isoformat()}
    dated = next(iter(desk.tell(0, ends).rows.values()))

    assert outcome(row, by, "x", at(86_399)).verdict is Verdict.DOWN
    assert outcome(row, by, "x", at(86_400)).verdict is Verdict.UNKNOWN
    assert outcome(row, source(), "x", at(10**7)).verdict is Verdict.DOWN
    assert outcome(dated, by, "x", at(59)).verdict is Verdict.DOWN
    assert outcome(dated, by, "x", at(60)).verdict is Verdict.UNKNOWN


def ended(second: float, **labels: str) -> dict[str, Any]:
    """Make an end that says when it was."""
    return {
        **over(**labels),
        "startsAt": at(second - 5).isoformat(),
        "endsAt": at(second).isoformat(),
    }


def test_an_end_from_before_the_alarm_began_does_not_end_it() -> None:
    """
    It is of the time before, and was late or is recorded: what fires now goes on.

    Seen to fail where any end is believed.
    """
    desk = Desk()
    desk.tell(100, {**alert(), "startsAt": at(100).isoformat()})

    intake = desk.tell(101, ended(90))

    assert list(desk.states().values()) == [State.FIRING]
    assert [(line.because, line.is_ignored) for line in intake.lines] == [
        ("it ended before it began to fire now: an end of the time before", True)
    ]
    desk.tell(102, ended(101))
    assert list(desk.states().values()) == [State.RESOLVED]


def test_an_end_without_a_time_or_at_the_beginning_is_believed() -> None:
    """Many say no time, or zero, or one of whole seconds: it ends all the same."""
    for end in (over(), {**over(), "endsAt": "soon"}, ended(100)):
        desk = Desk()
        desk.tell(100, {**alert(), "startsAt": at(100.4).isoformat()})
        desk.tell(101, end)
        assert list(desk.states().values()) == [State.RESOLVED], end


def test_what_fires_is_believed_whatever_time_it_says() -> None:
    """Replicas of a monitor disagree on when it began, and an outage is never hidden by that."""
    desk = Desk()
    desk.tell(100, {**alert(), "startsAt": at(100).isoformat()})
    desk.tell(110, {**ended(109), "startsAt": at(100).isoformat()})

    desk.tell(111, {**alert(), "startsAt": at(95).isoformat()})

    assert list(desk.states().values()) == [State.FIRING]
