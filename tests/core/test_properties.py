"""What must hold for every history, not only for those somebody thought of."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from fettled.core.durations import LONGEST, format_duration, parse_duration
from fettled.core.lifecycle import Comment, Reopen, Resolve
from fettled.core.policy import Flap, Policy
from fettled.core.spans import begin, expand, extend
from fettled.core.words import Code, Phase, Status
from timeline import Timeline

#: A step of a history: what happens, and how many seconds after the one before.
SEEN = st.sampled_from(["up", "up", "up", "down", "down", "refused", "auth", "slow", "unknown"])
DEED = st.sampled_from(
    ["comment", "resolve", "wont_fix", "reopen", "close", "restart", "stale", "wall"]
)
STEP = st.tuples(
    st.one_of(SEEN, SEEN, SEEN, DEED), st.sampled_from([0.001, 15, 15, 30, 30, 59, 100, 101, 4000])
)
HISTORY = st.lists(STEP, max_size=80)
POLICY = Policy(flap=Flap(ticket_after=timedelta(minutes=2)))


def live(history: list[tuple[str, float]], *, restarts: bool = True) -> Timeline:
    """Play *history*; without *restarts*, as if the daemon had never stopped."""
    timeline = Timeline(policy=POLICY)
    second = 0.0
    for what, after in history:
        second += after
        before = timeline.condition, timeline.ticket
        if what in {"up", "down", "refused", "auth", "slow", "unknown"}:
            timeline.see(what, second)
            if what == "unknown":
                assert before == (timeline.condition, timeline.ticket), "invariant 6"
        elif what == "stale" and timeline.seq > 1:
            timeline.seq -= 2
            timeline.see("down", second)
            timeline.seq += 1
        elif what == "wall":
            timeline.offset += timedelta(seconds=3600 if after < 60 else -3600)
        elif what == "restart":
            if restarts:
                timeline.restart()
        elif timeline.ticket is not None:
            act(timeline, what, second)
        check(timeline)
    return timeline


def act(timeline: Timeline, what: str, second: float) -> None:
    """Let a person do what a person may do now."""
    ticket = timeline.ticket
    assert ticket is not None
    if ticket.status is Status.CLOSED:
        return
    if what == "comment":
        timeline.act(Comment("seen"), second)
    elif what == "resolve":
        timeline.act(Resolve(), second)
    elif what == "wont_fix":
        timeline.act(Resolve(Code.WONT_FIX), second)
    elif ticket.status is Status.RESOLVED:
        if what == "reopen":
            timeline.act(Reopen(), second)
        else:
            timeline.tickets[-1] = replace(ticket, status=Status.CLOSED)


def check(timeline: Timeline) -> None:
    """Invariants 1 and 3, and the ticket's own consistency, at this instant."""
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
        # A person's resolution is judged again on the next observation.
        was_resolved = ticket is not None and ticket.resolution is not None
        assert is_ticketed or condition.gate is not None or was_resolved


@given(HISTORY)
def test_the_invariants_hold_after_every_step(history: list[tuple[str, float]]) -> None:
    """One open ticket at most; firing is ticketed or gated; unknown changes nothing."""
    live(history)


@given(HISTORY)
def test_a_ticket_needs_its_debounce_and_so_does_its_resolution(
    history: list[tuple[str, float]],
) -> None:
    """Invariants 2 and 4, judged from the observations alone."""
    timeline = Timeline(policy=replace(POLICY, flap=Flap(transitions=10_000)))
    run: list[tuple[bool, float]] = []
    second = 0.0
    for what, after in history:
        second += after
        if what not in {"up", "down", "refused", "auth", "slow"}:
            continue
        up = what == "up"
        if run and (run[-1][0] is not up or second - run[-1][1] > 100):
            run = []
        run.append((up, second))
        counted = len(timeline.events)
        timeline.see(what, second)
        for event in timeline.events[counted:]:
            if event in {"opened", "reopened:relapse"}:
                assert not up
                # Firing may have been reached by an earlier run: a failure while resolving.
                assert timeline.condition.phase is Phase.FIRING
            if event.startswith("resolved"):
                assert up
                assert len(run) >= 2
                assert second - run[0][1] >= 60


@given(HISTORY)
def test_a_restart_changes_no_ticket(history: list[tuple[str, float]]) -> None:
    """Invariant 10 for everything but flap shares, which count this run's evidence only."""
    plain = [step for step in history if step[0] != "restart"]
    stopped = [step for pair in plain for step in (pair, ("restart", 0.0))]
    policy = replace(POLICY, flap=Flap(transitions=10_000))

    def events(steps: list[tuple[str, float]]) -> list[str]:
        timeline = Timeline(policy=policy)
        second = 0.0
        for what, after in steps:
            second += after
            if what == "restart":
                timeline.restart()
            elif what in {"up", "down"}:
                timeline.see(what, second)
        return timeline.events

    assert events(plain) == events(stopped)


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
        if what in {"up", "down", "refused", "auth", "slow", "unknown"}:
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
