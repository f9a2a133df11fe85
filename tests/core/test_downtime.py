"""Where down time goes, read from intervals; held against a count of every second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fettled.core.account import (
    Account,
    Cover,
    History,
    Place,
    account,
    times_member,
    times_open,
)
from fettled.core.downtime import Watching
from fettled.core.observations import Observation, Reason
from fettled.core.policy import Flap, Policy
from fettled.core.spans import Span, begin, extend
from fettled.core.tickets import MONITOR, Actor, Entry, Member
from fettled.core.words import MemberState, Verdict

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
STEP = 10
TIMEOUT = 4
GAP = 3 * STEP + TIMEOUT
POLICY = Policy(
    open_after=timedelta(seconds=25),
    open_failures=2,
    resolve_after=timedelta(seconds=15),
    resolve_successes=2,
    flap=Flap(transitions=99),
)
WATCHING = Watching(POLICY, timedelta(seconds=STEP), timedelta(seconds=TIMEOUT))
VERDICTS = {
    "u": Verdict.UP,
    "d": Verdict.DOWN,
    "g": Verdict.DEGRADED,
    "?": Verdict.UNKNOWN,
}


def at(second: float) -> datetime:
    """The instant that many seconds after the start."""
    return START + timedelta(seconds=second)


def spans_of(script: str) -> list[Span]:
    """A look every ten seconds, as each letter says; a dot: nobody looked."""
    found: list[Span] = []
    for n, letter in enumerate(script):
        if letter == ".":
            continue
        seen = Observation(
            check="door/main",
            started=at(STEP * n),
            took=timedelta(),
            verdict=VERDICTS[letter],
            reason=Reason.OK,
            order=(1, n),
            cadence=timedelta(seconds=STEP),
        )
        longer = extend(found[-1], seen, timedelta(seconds=TIMEOUT)) if found else None
        found = [*found[:-1], longer] if longer is not None else [*found, begin(seen)]
    return found


def history(script: str, *covers: Cover, watching: Watching = WATCHING) -> History:
    """The history of *script*, accounted for as a whole, ten seconds beyond its last look."""
    return History("door/main", spans_of(script), covers, watching, START, at(STEP * len(script)))


def spent(found: Account) -> dict[str, float]:
    """The seconds by place."""
    return {place.value: time.total_seconds() for place, time in found.spent.items()}


def test_a_debounce_is_the_time_up_to_the_look_that_confirms_it() -> None:
    """Down from 20 s on; 25 s and two looks are met by the look at 50 s."""
    found = account(history("uudddddd", Cover(Place.TICKET, at(50))))
    assert spent(found) == {"debounce": 30, "ticket": 30}
    assert found.unmapped == ()


def test_what_nothing_accounts_for_is_told_with_its_times() -> None:
    """From the look that was due to its end; and it counts as such."""
    found = account(history("uudddddddu"))
    assert spent(found) == {"debounce": 30, "unmapped": 40}
    assert [(each.since, each.until) for each in found.unmapped] == [(at(50), at(90))]


def test_what_waits_for_its_look_is_no_bug() -> None:
    """A person resolved it at 71 s, and the look at 80 s told the gate by 84 s."""
    covers = Cover(Place.TICKET, at(50), at(71)), Cover(Place.GATE, at(84))
    found = account(history("uudddddddddd", *covers))
    assert found.unmapped == ()
    late = Cover(Place.TICKET, at(50), at(71)), Cover(Place.GATE, at(85))
    assert account(history("uudddddddddd", *late)).unmapped


def test_what_was_decided_and_undone_at_once_was_decided() -> None:
    """Reopened by the look at 60 s, and resolved by a person in the same instant: wait anew."""
    first = Cover(Place.TICKET, at(40), at(51))
    rest = Cover(Place.GATE, at(74))
    assert account(history("uudddddddd", first, rest)).unmapped
    again = Cover(Place.TICKET, at(60), at(60))
    assert account(history("uudddddddd", first, again, rest)).unmapped == ()


def test_the_first_place_that_holds_counts() -> None:
    """A ticket before a line, a line before a gate."""
    covers = (
        Cover(Place.GATE, at(0)),
        Cover(Place.MEMBER, at(60), at(80)),
        Cover(Place.TICKET, at(70), at(90)),
    )
    found = account(history("dddddddddd", *covers))
    assert spent(found) == {"gate": 70, "member": 10, "ticket": 20}


def test_over_a_gap_nothing_is_known_and_a_debounce_begins_anew() -> None:
    """Two looks, then nobody for 70 s: what follows has to be confirmed by itself."""
    found = account(history("udd.......dd"))
    assert spent(found) == {"debounce": 10 + 20, "unknown": 80}


def test_a_confirmed_outage_goes_on_over_a_gap() -> None:
    """It was due before, and so it is at the first look after it."""
    found = account(history("dddd.......ddd"))
    assert [each.since for each in found.unmapped] == [at(110)]


def test_an_unknown_look_interrupts_nothing() -> None:
    """It is evidence of nothing: the run of failures goes on around it."""
    assert spent(account(history("ud?dd"))) == {"debounce": 40}
    assert [each.since for each in account(history("ud?dddddd")).unmapped] == [at(40)]


def test_one_success_confirms_no_recovery() -> None:
    """What fails again before it was well is due at once."""
    found = account(history("ddddudddd"))
    assert [each.since for each in found.unmapped][-1:] == [at(50)]
    assert spent(account(history("dddduuuudd")))["debounce"] == 30 + 10 + 20


def test_a_check_that_was_removed_begins_anew() -> None:
    """Down time ends with the removal, and what was believed is forgotten."""
    removed = Watching(POLICY, WATCHING.interval, WATCHING.timeout, (at(35),))
    found = History(
        "door/main", [*spans_of("dddd"), *spans_of("....ddd")], (), removed, START, at(70)
    )
    assert spent(account(found)) == {"debounce": 35 + 30}
    assert account(replace(found, watching=WATCHING)).unmapped


def test_flapping_is_a_debounce_of_its_own() -> None:
    """Held back for `ticket_after`; after that each failure wants an answer."""
    flap = Flap(
        transitions=4,
        window=timedelta(seconds=100),
        ticket_after=timedelta(seconds=60),
        stable_after=timedelta(minutes=5),
    )
    watching = Watching(
        Policy(flap=flap, open_after=timedelta(minutes=5)), WATCHING.interval, WATCHING.timeout
    )
    found = account(history("udududududududud" + "d", watching=watching))
    assert spent(found) == {"debounce": 20 + 10, "flapping": 30, "unmapped": 30}
    covered = account(history("udududududududud", Cover(Place.TICKET, at(114)), watching=watching))
    assert spent(covered) == {"debounce": 20 + 4, "flapping": 30, "ticket": 6 + 20}


@pytest.mark.parametrize(("cut_at", "due_at"), [(22, 60), (25, 40), (45, 40), (5, 40)])
def test_a_failure_that_began_when_the_network_failed_counts_anew(
    cut_at: float, due_at: float
) -> None:
    """Dropped is what was pending then and began within the last interval and timeout."""
    cut = replace(WATCHING, cut=(at(cut_at),))
    spans = [replace(span, reason=Reason.TIMEOUT) for span in (*spans_of("ud"), *spans_of("..d"))]
    rest = [replace(span, reason=Reason.TIMEOUT) for span in spans_of("...dddddddd")]
    found = account(History("door/main", [*spans, *rest], (), cut, START, at(110)))
    assert [each.since for each in found.unmapped] == [at(due_at)]


def test_a_persons_resolution_empties_the_history_of_flips() -> None:
    """So it flaps no more, and a failure that is confirmed is due as any other."""
    flap = Flap(transitions=4, window=timedelta(seconds=100), ticket_after=timedelta(hours=1))
    watching = replace(WATCHING, policy=replace(POLICY, flap=flap))
    script = "ddddudududd"
    assert "flapping" in spent(account(history(script, watching=watching)))
    forgiven = replace(watching, forgiven=(at(65),))
    assert "flapping" not in spent(account(history(script, watching=forgiven)))


def told(event: str, second: float, actor: Actor = MONITOR, **data: object) -> Entry:
    """A line of a timeline."""
    return Entry(event, at(second), actor, data)


def test_a_ticket_covers_what_it_was_about_at_the_time() -> None:
    """A parent's ticket, then its children's roll-up, then the parent's again."""
    entries = [
        told("opened", 0, check="hub/main"),
        told("comment_added", 5),
        told("resolved", 10, Actor("user", "ann")),
        told("reopened", 20, check="door/main", group="hub"),
        told("parent_failed", 30, check="hub/main"),
        told("merged", 40),
        told("reopened", 50, Actor("user", "ann")),
    ]
    assert list(times_open("hub/main", entries)) == [
        ("hub/main", Cover(Place.TICKET, at(0), at(10), by_person=True)),
        ("rollup:hub", Cover(Place.TICKET, at(20), at(30))),
        ("hub/main", Cover(Place.TICKET, at(30), at(40))),
        ("hub/main", Cover(Place.TICKET, at(50))),
    ]


def test_a_renamed_check_goes_by_its_new_key() -> None:
    """The timeline knows the old one only."""
    entries = [told("opened", 0, check="door-1/main"), told("resolved", 10)]
    assert [about for about, _ in times_open("gate-1/main", entries)] == ["gate-1/main"]


def test_a_line_covers_while_its_ticket_was_open_and_it_had_not_recovered() -> None:
    """From when it joined first; one that counts as done without being well covers on."""
    opened = [Cover(Place.TICKET, at(0), at(10)), Cover(Place.TICKET, at(20))]
    down = Member("door/main", "door", joined_at=at(5))
    well = replace(down, state=MemberState.RECOVERED, recovered_at=at(25))
    assert list(times_member(down, opened)) == [
        Cover(Place.MEMBER, at(5), at(10)),
        Cover(Place.MEMBER, at(20)),
    ]
    assert list(times_member(well, opened))[1] == Cover(Place.MEMBER, at(20), at(25))


@dataclass
class Count:
    """The same by counting seconds, one after the other."""

    script: str
    covers: list[Cover]

    def places(self) -> Iterator[tuple[int, Place]]:
        """Where each second of down time went."""
        looks = [
            (STEP * n, letter == "u") for n, letter in enumerate(self.script) if letter not in ".?"
        ]
        end = STEP * len(self.script)
        due, run = False, 0
        begun: float | None = None
        before: tuple[int, bool] | None = None
        for n, (second, is_up) in enumerate(looks):
            fresh = before is None or before[1] is not is_up or second - before[0] > GAP
            begun, run = (second, 1) if fresh or begun is None else (begun, run + 1)
            after = 15 if is_up else 25
            if run >= 2 and second - begun >= after:
                due = not is_up
            before = (second, is_up)
            following = looks[n + 1][0] if n + 1 < len(looks) else end
            for each in range(second, following):
                call = Place.UNMAPPED if due else Place.DEBOUNCE
                if not is_up:
                    is_gap = following - second > GAP
                    yield each, self.place(each, Place.UNKNOWN if is_gap else call)

    def place(self, second: int, otherwise: Place) -> Place:
        """The cover of a second, else what it is by itself."""
        for place in Place:
            for cover in self.covers:
                end = cover.until
                is_begun = cover.place is place and cover.since <= at(second)
                if is_begun and (end is None or at(second) < end):
                    return place
        return otherwise


COVER = st.builds(
    lambda place, since, lasts: Cover(place, at(since), at(since + lasts)),
    st.sampled_from([Place.TICKET, Place.MEMBER, Place.GATE]),
    st.integers(0, 400),
    st.integers(1, 200),
)
SCRIPT = st.lists(
    st.tuples(st.sampled_from("ud?."), st.integers(1, 6)), min_size=1, max_size=12
).map(lambda runs: "".join(letter * times for letter, times in runs))


@given(SCRIPT, st.lists(COVER, max_size=4))
def test_the_account_is_that_of_counting_seconds(script: str, covers: list[Cover]) -> None:
    """Every second of down time is in one place, and in the right one."""
    counted: dict[Place, int] = {}
    for _, place in Count(script, covers).places():
        counted[place] = counted.get(place, 0) + 1
    found = account(history(script, *covers))
    told = {place: int(time.total_seconds()) for place, time in found.spent.items()}
    # What waits for its look is told as debounce: the two together are the same.
    waits = (Place.DEBOUNCE, Place.UNMAPPED)
    assert sum(told.get(place, 0) for place in waits) == sum(counted.get(p, 0) for p in waits)
    rest = set(Place) - set(waits)
    assert {p: told.get(p, 0) for p in rest} == {p: counted.get(p, 0) for p in rest}
    assert told.get(Place.UNMAPPED, 0) <= counted.get(Place.UNMAPPED, 0)
    unmapped = sum((each.until - each.since for each in found.unmapped), timedelta())
    assert int(unmapped.total_seconds()) == told.get(Place.UNMAPPED, 0)


@given(SCRIPT, st.lists(COVER, max_size=3))
def test_only_a_wait_for_one_look_is_excused(script: str, covers: list[Cover]) -> None:
    """What nothing covered is told, from the second look on at which it might have been."""
    told = account(history(script, *covers)).unmapped
    looks = [STEP * n for n, letter in enumerate(script) if letter in "dg"]
    since: int | None = None
    for second, place in Count(script, covers).places():
        since = (since if since is not None else second) if place is Place.UNMAPPED else None
        if since is None:
            continue
        decided = [look for look in looks if since + STEP / 4 <= look <= second - TIMEOUT]
        if decided:
            assert any(each.since <= at(second) < each.until for each in told)
