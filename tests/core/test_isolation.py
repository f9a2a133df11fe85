"""Whether the monitor is cut off: the table of edges, the votes, and what correlation asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fettled.core.isolation import (
    CUT,
    TABLE,
    Canary,
    Link,
    Round,
    Rules,
    Standing,
    Trace,
    Word,
    correlated,
    count,
    expire,
    hear,
    judge,
    voters,
)
from fettled.core.observations import FAILURES, Failure, Reason
from fettled.core.reach import NETWORK_CLASS, proves_network, requirement_of
from fettled.core.words import Requires
from timeline import at

LAN, INTERNET = Requires.LAN, Requires.INTERNET
RULES = Rules()
S = timedelta(seconds=1)
GATEWAY, NEAR = Canary("gateway", LAN), Canary("near", LAN)
FAR, FARTHER = Canary("far", INTERNET), Canary("farther", INTERNET)
ALL = [GATEWAY, NEAR, FAR, FARTHER]
NAMES = frozenset(each.name for each in ALL)


def _after(*words: tuple[Word, float]) -> Link:
    link = Link(LAN)
    for word, second in words:
        link = hear(link, word, at(second), RULES)
    return link


def test_every_edge_is_in_the_table() -> None:
    """No standing and word without an answer; a target or a quorum that answers ends it always."""
    assert set(TABLE) == {(standing, word) for standing in Standing for word in Word}
    assert {TABLE[standing, Word.ANSWERED] for standing in Standing} == {Standing.CONNECTED}
    assert {s for s in Standing if TABLE[Standing.CONNECTED, Word.NOTHING] is s} == {
        Standing.CONNECTED
    }


@pytest.mark.parametrize(
    ("seconds", "standing"),
    [(299.999, Standing.SUPPOSED), (300, Standing.DOUBTED), (4000, Standing.DOUBTED)],
)
def test_without_proof_it_holds_for_five_minutes_half_open(
    seconds: float, standing: Standing
) -> None:
    """
    Believed in [0, 5 min), not at 5 min.

    Seen to fail with `>` for `>=`: believed at 300 s still.
    """
    supposed = _after((Word.CORRELATED, 0))

    assert expire(supposed, at(seconds), RULES).standing is standing
    assert hear(supposed, Word.NOTHING, at(seconds), RULES).standing is standing


def test_with_proof_it_holds_as_long_as_the_proof() -> None:
    """Hours of silent canaries are no doubt; without their votes the five minutes begin anew."""
    proven = _after((Word.SILENT, 0), (Word.SILENT, 7200))
    assert proven.standing is Standing.PROVEN

    supposed = hear(proven, Word.NOTHING, at(7200), RULES)
    assert supposed.standing is Standing.SUPPOSED
    assert expire(supposed, at(7499), RULES).is_cut
    assert expire(supposed, at(7500), RULES).standing is Standing.DOUBTED
    assert expire(supposed, at(7500), RULES).began == at(0)


def test_what_is_connected_stays_the_same_object() -> None:
    """The path on which nothing happens makes nothing."""
    link = Link(LAN)

    assert hear(link, Word.ANSWERED, at(0), RULES) is link
    assert hear(link, Word.NOTHING, at(0), RULES) is link


WORDS = st.lists(st.tuples(st.sampled_from(Word), st.integers(0, 200)), max_size=30)


@given(WORDS)
def test_it_is_believed_for_at_most_five_minutes_at_a_time_without_a_silent_canary(
    words: list[tuple[Word, int]],
) -> None:
    """
    Whatever is heard in whatever order: 5 min after the last proof or answer it is not.

    Seen to fail with (supposed, correlated) as an entry that sets `since` anew.
    """
    link, now, anchor = Link(LAN), 0, None
    for word, later in words:
        now += later
        before, link = link, hear(link, word, at(now), RULES)
        if word in {Word.SILENT, Word.ANSWERED} or not before.is_cut:
            anchor = now
        if link.standing is Standing.SUPPOSED and before.standing is Standing.PROVEN:
            anchor = now
        if link.is_cut and link.standing is not Standing.PROVEN:
            assert anchor is not None
            assert now - anchor < 300
        assert link.is_cut is (link.standing in CUT)
        assert (link.began is None) is (link.standing is Standing.CONNECTED)


@given(WORDS)
def test_nothing_heard_but_answers_and_nothing_isolates_nobody(
    words: list[tuple[Word, int]],
) -> None:
    """Neither time nor the want of news begins an isolation."""
    link, now = Link(LAN), 0
    for word, later in words:
        now += later
        if word not in {Word.SILENT, Word.CORRELATED}:
            link = hear(link, word, at(now), RULES)

    assert link.standing is Standing.CONNECTED


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_network_class_or_proof_or_says_nothing(reason: Reason) -> None:
    """Refused, reset, TLS, a status, refused credentials prove that the network works."""
    nothing = FAILURES[reason] is Failure.OWN_FAULT or reason is Reason.OVERDUE

    assert proves_network(reason) is not (reason in NETWORK_CLASS or nothing)


def test_the_reasons_by_name() -> None:
    """The two lists of the rules, as they stand there."""
    assert {r.value for r in NETWORK_CLASS} == {"timeout", "unreachable", "dns", "resolver"}
    proofs = {"ok", "refused", "reset", "tls", "http_status", "auth", "latency", "protocol"}
    assert all(proves_network(Reason(name)) for name in proofs)


@pytest.mark.parametrize(
    ("host", "requires"),
    [
        ("127.0.0.1", Requires.NONE),
        ("127.9.9.9", Requires.NONE),
        ("::1", Requires.NONE),
        ("localhost", Requires.NONE),
        ("db.localhost", Requires.NONE),
        ("", LAN),
        ("10.0.0.7", LAN),
        ("192.168.1.1", LAN),
        ("fe80::1", LAN),
        ("fd00::7", LAN),
        ("printer", LAN),
        ("hub.local", LAN),
        ("hub.home.arpa.", LAN),
        ("9.9.9.9", INTERNET),
        ("2606:4700::1111", INTERNET),
        ("api.acme.example", INTERNET),
    ],
)
def test_what_a_target_needs_is_told_by_its_address(host: str, requires: Requires) -> None:
    """This machine needs nothing, the site the LAN, everything else the uplink too."""
    assert requirement_of(host) is requires


def test_those_beyond_the_uplink_vote_on_the_lan_only_where_nobody_nearer_does() -> None:
    """A dead uplink must not make a dead LAN."""
    assert voters(ALL, NAMES, LAN) == [GATEWAY, NEAR]
    assert voters(ALL, NAMES, INTERNET) == [FAR, FARTHER]
    assert voters(ALL, {"far"}, LAN) == [FAR]
    assert voters(ALL, {"gateway"}, INTERNET) == []


@pytest.mark.parametrize(
    ("answered", "failed", "trusted", "quorum", "word"),
    [
        (set(), NAMES, NAMES, 1, Word.SILENT),
        (set(), NAMES, set(), 1, None),
        (set(), {"near"}, {"near"}, 1, Word.SILENT),
        (set(), {"near"}, {"gateway"}, 1, None),
        ({"gateway"}, {"near", "far"}, NAMES, 1, Word.ANSWERED),
        ({"gateway"}, {"near"}, NAMES, 2, Word.SILENT),
        ({"gateway", "near"}, {"far"}, NAMES, 2, Word.ANSWERED),
        ({"gateway"}, set(), NAMES, 2, Word.ANSWERED),
        ({"far"}, {"near", "gateway"}, NAMES, 1, Word.ANSWERED),
        (set(), set(), NAMES, 1, None),
    ],
)
def test_the_quorum(
    answered: set[str], failed: set[str], trusted: set[str], quorum: int, word: Word | None
) -> None:
    """
    So many must answer, as far as there are so many; one that never answered has no vote.

    Seen to fail with every canary voting: the second and the fourth row isolate.
    """
    heard = Round(frozenset(answered), frozenset(failed))

    assert count(ALL, trusted, heard, Link(LAN), quorum) is word


def test_the_gateway_says_nothing_of_the_internet() -> None:
    """It proves the LAN, whether it answers or not."""
    heard = Round(frozenset({"gateway"}), frozenset({"far"}))
    assert count(ALL, NAMES, heard, Link(INTERNET), 1) is Word.SILENT
    assert count(ALL, {"gateway"}, Round(failed=NAMES), Link(INTERNET), 1) is None


@pytest.mark.parametrize(
    ("worked", "word"), [(None, Word.SILENT), (99, Word.SILENT), (100, Word.ANSWERED)]
)
def test_a_target_that_answered_after_the_failure_outvotes_every_canary(
    worked: float | None, word: Word
) -> None:
    """An answer before it says nothing about it."""
    worked_at = None if worked is None else at(worked)

    assert judge(Word.SILENT, failed=at(100), worked=worked_at, correlated=True) is word


def test_correlation_is_asked_only_where_no_canary_votes() -> None:
    """A canary that answers is believed against any number of failures."""
    vote = {"failed": at(0), "worked": None, "correlated": True}
    assert judge(None, **vote) is Word.CORRELATED
    assert judge(Word.ANSWERED, **vote) is Word.ANSWERED
    assert judge(None, failed=at(0), worked=None, correlated=False) is Word.NOTHING


def _fleet(failing: int = 10, well: int = 0, **fields: object) -> list[Trace]:
    """Give checks of 60 s that were up at 0; the failing ones failed from 10 s on, one a second."""
    down = [
        Trace(f"10.0.0.{n}", f"hub-{n}", 60 * S, 10 * S, at(0), at(10 + n), at(10 + n))
        for n in range(failing)
    ]
    up = [Trace(f"10.0.1.{n}", f"hub-{n}", 60 * S, 10 * S, at(0)) for n in range(well)]
    return [replace(trace, **fields) for trace in [*down, *up]]  # type: ignore[arg-type]  # as given


@pytest.mark.parametrize(
    ("traces", "is_so"),
    [
        (_fleet(10), True),
        (_fleet(9), False),
        (_fleet(10, well=1), True),
        (_fleet(10, well=2), False),
        (_fleet(18, well=2), True),
        (_fleet(10, address="10.0.0.1"), False),
        (_fleet(10, parent="hub"), False),
        (_fleet(10, answered=None), False),
        (_fleet(10) + _fleet(5, failed=at(-1000)), True),
        (_fleet(10) + _fleet(5, well=5, answered=None, failed=None, newest=None), True),
        ([], False),
    ],
)
def test_correlated_failure(traces: list[Trace], is_so: bool) -> None:
    """
    At least 10 checks, 3 addresses, 3 parents, nine tenths of what was up.

    What was down or unknown before has no say. Seen to fail with those that never answered
    in the base: the last row but one is not isolated.
    """
    assert correlated(traces, at(5), at(60), RULES) is is_so


@pytest.mark.parametrize(("spread", "is_so"), [(2, False), (3, True)])
def test_at_least_three_addresses_and_three_parents(spread: int, is_so: bool) -> None:
    """Two switches that die have a simpler explanation."""
    by_address = [replace(t, address=f"10.0.0.{n % spread}") for n, t in enumerate(_fleet(12))]
    by_parent = [replace(t, parent=f"hub-{n % spread}") for n, t in enumerate(_fleet(12))]

    assert correlated(by_address, None, at(60), RULES) is is_so
    assert correlated(by_parent, None, at(60), RULES) is is_so


def test_one_that_answers_meanwhile_shows_that_the_network_works() -> None:
    """What failed before that answer is no sign; what fails after it may be one again."""
    assert correlated(_fleet(10), at(9), at(60), RULES)
    assert not correlated(_fleet(10), at(10), at(60), RULES)
    assert not correlated(_fleet(10), at(19), at(60), RULES)
    retried = [replace(trace, newest=at(40)) for trace in _fleet(10)]
    assert correlated(retried, at(30), at(60), RULES)


@pytest.mark.parametrize(("now", "is_so"), [(80, True), (80.001, False), (1000, False)])
def test_in_one_interval(now: float, is_so: bool) -> None:
    """
    All must have begun to fail within the last interval and the time that a look may take.

    Ten outages spread over a day are ten outages.
    """
    assert correlated(_fleet(10), None, at(now), RULES) is is_so


def test_checks_of_long_intervals_do_not_delay_it() -> None:
    """Those of 10 s all fail, those of an hour have not been looked at yet."""
    fast = _fleet(10, interval=10 * S, failed=at(50), newest=at(50))
    slow = [replace(trace, interval=3600 * S) for trace in _fleet(0, well=50)]

    assert correlated([*slow, *fast], at(49), at(60), RULES)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 40))
def test_the_share_decides_whatever_the_order(failing: int, well: int, turn: int) -> None:
    """The same checks in any order give the same answer, and that is the rule's."""
    traces = _fleet(failing, well)
    traces = traces[turn:] + traces[:turn]

    expected = failing >= 10 and failing >= 0.9 * (failing + well)
    assert correlated(traces, at(5), at(60), RULES) is expected
