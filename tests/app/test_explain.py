"""`why` names what counts, what is missing, every gate with its end, and what comes next."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from desk import POLICY, Desk, check, fleet
from fettled.app.explain import Explainer
from fettled.core.actions import Comment, Resolve
from fettled.core.errors import NotFoundError
from fettled.core.explain import Explanation
from fettled.core.permissions import GRANTS, Principal, Role
from fettled.core.prospects import Relapse
from fettled.core.quiet import Interval, Rule, Scope
from fettled.core.reopening import StayQuiet
from fettled.core.tickets import Actor
from fettled.core.words import Code, Gate, Phase, Verdict
from life import Life

ANN = Actor("user", "ann")
PAIR = {"hub": "up", "door": "up"}
DOWN = PAIR | {"door": "down"}


class Rules:
    """Silences and windows that are set by hand."""

    def __init__(self, *rules: Rule) -> None:
        self.all = rules

    def rules(self, subject: str, at: datetime) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.all if rule.subject == subject and rule.until(at))

    def holding(self, subject: str, at: datetime) -> tuple[StayQuiet, ...]:
        return tuple(StayQuiet(each.gate, each.until(at)) for each in self.rules(subject, at))

    def ended(self, subject: str, at: datetime) -> datetime | None:
        return None


async def why(
    desk: Desk,
    key: str = "door/main",
    rules: Rules | None = None,
    who: Principal | None = None,
) -> Explanation:
    """Explain a check as it is now; its next look is in 30 s."""
    explainer = Explainer(
        store=desk.store,
        clock=desk.clock,
        memory=desk.memory,
        quiet=rules or Rules(),
        next_at=lambda _: desk.clock.now() + timedelta(seconds=30),
        unaccounted=lambda: (),
    )
    made = await explainer.explain(key.partition("/")[0], who)
    return next(each for each in made.checks if each.check == key)


def gates(made: Explanation) -> list[tuple[str, str | None, bool]]:
    """Each gate, what it is called, and whether it has lifted."""
    return [(held.gate.value, held.names, held.is_over) for held in made.gates]


async def settled(desk: Desk, **changes: object) -> None:
    """A hub and a door behind it, both seen as up."""
    policy = replace(POLICY, **changes)  # type: ignore[arg-type]  # fields of a policy
    watched = fleet(check("hub"), check("door", policy=policy), parents={"door": "hub"})
    await desk.adopt(watched)
    await desk.round(PAIR, 2)


async def test_an_unknown_subject_is_not_found_and_one_like_it_is_named(desk: Desk) -> None:
    """At three in the morning keys are mistyped."""
    await settled(desk)
    with pytest.raises(NotFoundError, match="there is no subject 'dor'; did you mean door"):
        await why(desk, "dor/main")
    with pytest.raises(NotFoundError, match=r"there is no subject 'x'$"):
        await why(desk, "x/main")


async def test_before_the_first_look_nothing_is_known(desk: Desk) -> None:
    """Unknown is said as such, with its reason; the first success makes it healthy."""
    await desk.adopt(fleet(check("door")))
    made = await why(desk)
    assert (made.phase, made.missing.phase, made.missing.looks) == (Phase.UNKNOWN, Phase.HEALTHY, 1)
    assert made.blind is not None
    assert made.blind.since is None


async def test_unknown_looks_are_told_with_the_last_evidence(desk: Desk) -> None:
    """It is believed to be up still, and nothing was known since 08:01."""
    await settled(desk)
    last = desk.clock.wall()
    await desk.round({"door": "unknown"}, 3)
    made = await why(desk)
    assert made.phase is Phase.HEALTHY
    assert made.blind is not None
    assert (made.blind.since, made.blind.reason) == (last, "stalled")
    assert "nothing is known of it since" in made.summary
    assert [(seen.verdict, seen.count) for seen in made.evidence] == [
        (Verdict.UP, 2),
        (Verdict.UNKNOWN, 3),
    ]


async def test_a_failure_that_is_not_confirmed_tells_what_is_missing(desk: Desk) -> None:
    """One failure of two, and 60 s from the first one on."""
    await settled(desk)
    await desk.round(DOWN)
    began = desk.clock.wall()
    made = await why(desk)
    assert made.run is not None
    assert (made.run.is_up, made.run.since, made.run.count) == (False, began, 1)
    assert (made.missing.phase, made.missing.looks, made.missing.seconds) == (Phase.FIRING, 1, 60)
    assert made.missing.at == began + timedelta(seconds=60)
    assert [each.at for each in made.coming] == [
        began + timedelta(seconds=30),
        began + timedelta(seconds=60),
    ]
    assert "not confirmed yet: it takes 1 more failure from" in made.summary


async def test_an_open_ticket_is_named_first(desk: Desk) -> None:
    """The first line answers the question, and a further failure belongs to the ticket."""
    await settled(desk)
    await desk.round(DOWN, 4)
    made = await why(desk)
    began = desk.clock.wall() - timedelta(seconds=90)
    since = f"{began:%Y-%m-%d %H:%M:%S}Z"
    assert made.summary == f"door/main: down (refused) since {since} (1m30s); #1 is open."
    assert made.stands is not None
    assert (made.stands.ticket.number, made.stands.is_own, made.gates) == (1, True, ())
    assert (made.relapse.would, made.relapse.rule) == ("attach", "open")


async def test_all_gates_are_named_not_only_the_first(desk: Desk) -> None:
    """Observed only, two silences, and behind a hub that is down: each with its end."""
    await settled(desk, publish=False)
    await desk.round({"hub": "down", "door": "down"}, 4)
    at = desk.clock.wall()
    long, short = at + timedelta(hours=2), at + timedelta(hours=1)
    rules = Rules(
        *(
            Rule(
                ident,
                Gate.SILENCE,
                subject="door",
                scope=Scope.SUBJECT,
                reason="painters",
                author="ann",
                intervals=(Interval(at, end),),
            )
            for ident, end in (("s1", short), ("s2", long))
        )
    )
    made = await why(desk, rules=rules)
    assert gates(made) == [
        ("observe_only", None, False),
        ("silence", "s1", False),
        ("silence", "s2", False),
        ("parent", "hub/main", False),
    ]
    assert [held.until for held in made.gates] == [None, short, long, None]
    assert made.gates[1].because == "painters (ann)"
    assert "which is #1" in made.gates[3].because
    assert "it has no ticket: held by observe_only, silence until" in made.summary


async def test_a_line_on_a_parents_ticket_is_told_with_its_checklist(desk: Desk) -> None:
    """X of Y recovered, and how this one's line stands."""
    await settled(desk)
    await desk.round({"hub": "down", "door": "down"}, 4)
    made = await why(desk)
    assert made.stands is not None
    assert (made.stands.is_own, made.stands.line) == (False, "down")
    assert "it is a line of #1, Device offline: hub (0 of 1 recovered)" in made.summary


async def test_what_was_accepted_stays_quiet_and_says_who_accepted_it(desk: Desk) -> None:
    """Until the time that was given; and a relapse is held by the same rule."""
    await settled(desk)
    await desk.round(DOWN, 4)
    until = desk.clock.wall() + timedelta(hours=3)
    await desk.tickets.act("1", Resolve(Code.WONT_FIX, "known", until=until), ANN)
    await desk.round(DOWN)
    made = await why(desk)
    assert gates(made) == [("accepted", "#1", False)]
    assert made.gates[0].until == until
    assert made.gates[0].because == "#1 was resolved as wont_fix by ann: known"
    assert (made.relapse.would, made.relapse.rule) == ("stay_quiet", "accepted")
    assert made.relapse.until == until


async def test_a_persons_word_is_verified_until_a_time(desk: Desk) -> None:
    """Then the same ticket is reopened."""
    await settled(desk)
    await desk.round(DOWN, 4)
    at = desk.clock.wall()
    await desk.tickets.act("1", Resolve(), ANN)
    await desk.round(DOWN)
    made = await why(desk)
    assert [(held.gate, held.until) for held in made.gates] == [
        (Gate.VERIFY, at + timedelta(minutes=10))
    ]
    assert "verify ends" in [each.what for each in made.coming]
    desk.clock.advance(timedelta(minutes=20))
    made = await why(desk)
    assert gates(made) == [("verify", None, True)]
    assert (made.relapse.would, made.relapse.rule) == ("reopen", "still_unhealthy")


async def relapse_after(desk: Desk, minutes: int) -> Relapse:
    """What a failure would lead to, so long after."""
    desk.clock.advance(timedelta(minutes=minutes))
    return (await why(desk)).relapse


async def test_a_relapse_reopens_within_the_window_and_opens_after_it(desk: Desk) -> None:
    """Told with the ticket, the rule, and until when that is so."""
    await settled(desk)
    assert (await why(desk)).relapse.rule == "none"
    await desk.round(DOWN, 4)
    await desk.round(PAIR, 4)
    resolved = (await desk.store.read(lambda r: r.ticket(1))).resolved_at  # type: ignore[union-attr]  # it is there
    assert resolved is not None
    inside = await relapse_after(desk, 30)
    assert (inside.would, inside.rule, inside.ticket) == ("reopen", "relapse", 1)
    assert inside.until == resolved + timedelta(hours=1)
    assert "#1 was resolved 30m30s ago, within the reopen window of 1h" in inside.because
    outside = await relapse_after(desk, 30)
    assert (outside.would, outside.rule) == ("open", "otherwise")


async def test_a_touched_ticket_tells_when_its_grace_is_over(desk: Desk) -> None:
    """Somebody works on it, so it stays open for a while after the recovery."""
    await settled(desk)
    await desk.round(DOWN, 4)
    await desk.tickets.act("1", Comment("on it"), ANN)
    await desk.round(PAIR, 4)
    made = await why(desk)
    told = {each.what: each.at for each in made.coming}
    what = "#1 resolves: its grace is over, as people worked on it"
    assert made.since is not None
    assert told[what] == made.since + timedelta(minutes=30)


@pytest.mark.parametrize("seed", [2, 5])
async def test_the_gate_that_holds_is_always_named(desk: Desk, seed: int) -> None:
    """
    Invariant 3: held by a gate that `why` names, whatever happened before.

    Seen to fail with the steps of the cascade left out of `all_holding`.
    """
    life = Life(desk, seed)
    await desk.adopt(life.fleet)
    held = 0
    for _ in range(120):
        await life.turn()
        for watch in life.desk.memory:
            gate, made = watch.condition.gate, await why(life.desk, watch.spec.key)
            stands = made.stands is not None
            if watch.condition.phase is not Phase.FIRING or stands:
                continue
            assert made.gates or "its next look decides" in made.summary
            if watch.seen is not None and watch.seen.verdict is Verdict.DOWN and gate:
                held += 1
                assert gate in {each.gate for each in made.gates if not each.is_over}, made
    assert held


async def test_words_on_a_ticket_are_for_those_who_may_see_it(desk: Desk) -> None:
    """
    Whoever sees the subject alone is told that a ticket stands for it, and not what it says.

    Seen to fail while the title, how it was resolved, and by whom, were told to everybody.
    """
    await settled(desk)
    await desk.round(DOWN, 4)
    ticket = await desk.tickets.get("1")
    reporter = Principal("sam", Actor("token", "sam"), GRANTS[Role.REPORTER])
    viewer = replace(reporter, permissions=GRANTS[Role.VIEWER])
    for who, title in ((reporter, "a ticket that you may not see"), (viewer, ticket.title)):
        made = await why(desk, who=who)
        assert made.stands is not None
        assert (made.stands.ticket.number, made.stands.ticket.title) == (1, title)
    await desk.tickets.act("1", Resolve(Code.WONT_FIX, "the painters"), ANN)
    await desk.round(DOWN, 2)
    assert "by user" in (await why(desk, who=reporter)).gates[0].because
    assert "by ann: the painters" in (await why(desk, who=viewer)).gates[0].because
