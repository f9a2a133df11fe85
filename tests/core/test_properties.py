"""What must hold for every history, not only for those somebody thought of."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from fettled.core.actions import Comment, Reopen, Resolve
from fettled.core.durations import LONGEST, format_duration, parse_duration
from fettled.core.policy import Flap, Policy
from fettled.core.spans import begin, expand, extend
from fettled.core.words import Code, Phase, Status, Verdict
from timeline import Timeline

#: A step of a history: what happens, and how many seconds after the one before.
SEEN = st.sampled_from(["up", "up", "up", "down", "down", "refused", "auth", "slow", "unknown"])
DEED = st.sampled_from(
    ["comment", "resolve", "wont_fix", "reopen", "close", "restart", "stale", "wall"]
)
STEP = st.tuples(
    st.one_of(SEEN, SEEN, SEEN, DEED), st.sampled_from([0.001, 15, 15, 30, 30, 59, 100, 101, 4000])
)
#: Four of the same, some long enough for a debounce: most histories get as far as a ticket.
SPELL = st.tuples(st.sampled_from(["up", "down", "auth"]), st.sampled_from([15.0, 30.0, 75.0])).map(
    lambda step: [step] * 4
)
HISTORY = st.lists(st.one_of(STEP.map(lambda step: [step]), SPELL), max_size=60).map(
    lambda parts: [step for part in parts for step in part]
)
WORDS = {"up", "down", "refused", "auth", "slow", "unknown"}
POLICY = Policy(flap=Flap(ticket_after=timedelta(minutes=2)))


def live(history: list[tuple[str, float]]) -> Timeline:
    """Play *history*, and hold every step against the invariants."""
    timeline = Timeline(policy=POLICY)
    second = 0.0
    was_just_resolved = False
    for what, after in history:
        second += after
        before = timeline.condition, timeline.ticket
        if what in WORDS:
            timeline.see(what, second)
            if what == "unknown":
                assert before == (timeline.condition, timeline.ticket), "invariant 6"
            else:
                was_just_resolved = False
        elif what == "stale" and timeline.seq > 0:
            see_again(timeline, second)
            assert before == (timeline.condition, timeline.ticket), "invariant 6"
        elif what == "wall":
            timeline.offset += timedelta(seconds=3600 if after < 60 else -3600)
        elif what == "restart":
            timeline.restart()
        elif timeline.ticket is not None:
            was_just_resolved |= act(timeline, what, second)
        check(timeline, was_just_resolved=was_just_resolved)
    return timeline


def see_again(timeline: Timeline, second: float) -> None:
    """Let what last changed anything come once more, saying otherwise: it is no news."""
    newest = timeline.incarnation, timeline.seq
    incarnation, seq = timeline.condition.order
    timeline.incarnation, timeline.seq = incarnation, seq - 1
    timeline.see("down" if timeline.condition.verdict is Verdict.UP else "up", second)
    timeline.incarnation, timeline.seq = newest


def act(timeline: Timeline, what: str, second: float) -> bool:
    """Let a person do what a person may do now; whether that resolved an open ticket."""
    ticket = timeline.ticket
    assert ticket is not None
    if ticket.status is Status.CLOSED:
        return False
    if what == "comment":
        timeline.act(Comment("seen"), second)
    elif what == "resolve":
        timeline.act(Resolve(), second)
    elif what == "wont_fix":
        timeline.act(Resolve(Code.WONT_FIX), second)
    elif ticket.status is Status.RESOLVED:
        if what == "reopen":
            timeline.act(Reopen(), second)
        elif what == "close":
            timeline.tickets[-1] = replace(ticket, status=Status.CLOSED)
    return what in {"resolve", "wont_fix"} and ticket.is_open


def check(timeline: Timeline, *, was_just_resolved: bool) -> None:
    """
    Invariants 1 and 3, and the ticket's own consistency, at this instant.

    *was_just_resolved*: a person resolved it, and there was no evidence since. That, and no
    older resolution, excuses a firing check without ticket or gate.
    """
    condition, ticket = timeline.condition, timeline.ticket  # .ticket asserts invariant 1
    for each in timeline.tickets:
        assert (each.open_key is not None) == each.is_open
        assert (each.resolved_at is None) == each.is_open
        entries = [entry for number, entry in timeline.entries if number == each.number]
        assert each.last_seq == len(entries)
        assert entries[0].event == "opened"
        assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    if condition.phase is Phase.FIRING:
        is_ticketed = ticket is not None and ticket.is_open
        assert is_ticketed or condition.gate is not None or was_just_resolved


@given(HISTORY)
def test_the_invariants_hold_after_every_step(history: list[tuple[str, float]]) -> None:
    """
    One open ticket at most; firing is ticketed or gated; unknown and old news change nothing.

    Seen to fail with a firing check that asks for its ticket only once, when it begins.
    """
    live(history)


@given(HISTORY)
def test_a_ticket_needs_its_debounce_and_so_does_its_resolution(
    history: list[tuple[str, float]],
) -> None:
    """
    Invariants 2, 3 and 4, recounted from the script alone: 3 observations over 60 s.

    A run is broken by the other side, or by more than three intervals and a timeout without
    evidence. Seen to fail with a debounce that asks for time or count alone, with one that
    counts over gaps, and with one failure too many asked for.
    """
    steady = Flap(transitions=10_000)
    timeline = Timeline(policy=Policy(open_failures=3, resolve_successes=3, flap=steady))
    run: list[int] = []
    side, now = "", 0
    for what, after in history:
        now += round(after * 1000)  # milliseconds: sums of fractions would miss the edges
        if what not in WORDS:
            continue
        counted = len(timeline.events)
        timeline.see(what, now / 1000)
        events = timeline.events[counted:]
        if what == "unknown":
            assert not events
            continue
        seen = "up" if what == "up" else "not-up"
        if seen != side or now - run[-1] > 100_000:
            run = []
        side = seen
        run.append(now)
        is_held = len(run) >= 3 and now - run[0] >= 60_000
        for event in events:
            if event in {"opened", "reopened:relapse"}:
                assert (side, is_held) == ("not-up", True)
            if event.startswith("resolved"):
                assert (side, is_held) == ("up", True)
        if side == "not-up" and is_held:
            assert timeline.ticket is not None
            assert timeline.ticket.is_open, "invariant 3"


#: What may come later for a restart: evidence of a new kind has to hold anew.
DELAYED = {"kind_changed", "priority_changed"}


@given(HISTORY)
def test_a_restart_changes_no_ticket(history: list[tuple[str, float]]) -> None:
    """
    Invariant 10, with all reasons and people's actions; a restart between any two steps.

    All but the delay: the kind of a ticket follows the evidence once it has held since the
    start. Flap shares count this run's evidence only, and are left out; so is a wall clock that
    goes back, since a ticket's times then hang on the entry before.

    Seen to fail with observations ordered by their sequence number alone, and with a run that
    an earlier start of the daemon had begun thrown away.
    """

    def lived(*, stopped: bool) -> Timeline:
        timeline = Timeline(policy=replace(POLICY, flap=Flap(transitions=10_000)))
        second = 0.0
        for what, after in history:
            second += after
            if stopped:
                timeline.restart()
            if what in WORDS:
                timeline.see(what, second)
            elif timeline.ticket is not None and what not in {"restart", "stale", "wall"}:
                act(timeline, what, second)
        for _ in range(8):
            second += 30
            timeline.see("auth", second)
        return timeline

    one, other = lived(stopped=False), lived(stopped=True)

    told = [entry for entry in one.entries if entry[1].event not in DELAYED]
    assert told == [entry for entry in other.entries if entry[1].event not in DELAYED]
    assert (one.condition.phase, one.condition.gate) == (
        other.condition.phase,
        other.condition.gate,
    )
    assert [t.status for t in one.tickets] == [t.status for t in other.tickets]
    assert [t.kind for t in one.tickets if t.is_open] == [
        t.kind for t in other.tickets if t.is_open
    ]


@given(HISTORY)
def test_a_span_is_its_observations(history: list[tuple[str, float]]) -> None:
    """Folding what a span expands to gives what its observations gave."""
    direct, spanned = Timeline(policy=POLICY), Timeline(policy=POLICY)
    spans = []
    take = direct.take

    def remember(seen):  # noqa: ANN001, ANN202  # wraps Timeline.take as it is
        longer = extend(spans[-1], seen, direct.timeout) if spans else None
        even = longer is not None and (
            longer.count == 2
            or (longer.last - spans[-1].last) == (longer.last - longer.first) / (longer.count - 1)
        )
        if longer is not None and even:
            spans[-1] = longer
        else:
            spans.append(begin(seen))
        return take(seen)

    direct.take = remember  # type: ignore[method-assign]  # a spy on this one object
    second = 0.0
    for what, after in history:
        second += after
        if what in WORDS:
            direct.see(what, second)
    for span in spans:
        for seen in expand(span):
            spanned.take(seen)

    assert direct.events == spanned.events
    assert direct.condition.phase == spanned.condition.phase


@given(st.timedeltas(min_value=timedelta(), max_value=LONGEST))
def test_durations_read_back_as_written(value: timedelta) -> None:
    """To the millisecond, as they are written."""
    value -= timedelta(microseconds=value.microseconds % 1000)

    assert parse_duration(format_duration(value)) == value
