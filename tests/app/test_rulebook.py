"""The rulebook finds rules by what they name; it must find the very ones that reading all would."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fakes import MIDNIGHT
from fettled import calendar
from fettled.app.quiet_watch import QuietWatch
from fettled.app.rulebook import Rulebook, make_page, make_relations, make_rulebook
from fettled.core import quiet
from fettled.core.quiet import Kin, Recurrence, Scope
from fettled.core.words import Gate, SubjectType
from fettled.ports import QuietSpec, SubjectSpec

HALF_HOUR = timedelta(minutes=30)
KEYS = ["a", "b", "c", "d"]
LABELS = st.dictionaries(st.sampled_from("xy"), st.sampled_from("12"), max_size=2)
TIMES = st.integers(-6, 6).map(lambda n: MIDNIGHT + n * HALF_HOUR)
#: Parents lie before their children, as in a fleet without circles.
FLEETS = st.tuples(
    *(st.tuples(LABELS, st.sampled_from([None, *KEYS[:n]])) for n in range(len(KEYS)))
).map(
    lambda made: {
        key: SubjectSpec(key, key, SubjectType.DEVICE, parent=parent, labels=labels)
        for key, (labels, parent) in zip(KEYS, made, strict=True)
    }
)
WHOM = st.tuples(st.sampled_from([*KEYS, "gone"]), st.just({})) | st.tuples(st.none(), LABELS)
WHEN = st.tuples(st.none() | TIMES, TIMES, st.none()) | st.tuples(
    st.none(),
    st.none(),
    st.builds(
        Recurrence,
        cron=st.sampled_from(["0 * * * *", "*/30 * * * *", "15 0 * * *", "0 0 22 11 *"]),
        duration=st.sampled_from([HALF_HOUR / 2, HALF_HOUR, 3 * HALF_HOUR]),
        zone=st.sampled_from(["UTC", "Asia/Kathmandu"]),
    ),
)


def _spec(number: int, made: tuple[object, ...]) -> QuietSpec:
    gate, scope, (subject, selector), (starts, ends, recurrence), (created, ended) = made
    return QuietSpec(
        id=str(number),
        gate=gate,
        scope=scope,
        subject=subject,
        selector=selector,
        reason="",
        author="",
        starts_at=starts,
        ends_at=ends,
        recurrence=recurrence,
        created_at=created,
        ended_at=ended,
    )


SPECS = st.lists(
    st.tuples(
        st.sampled_from(quiet.QUIET_GATES),
        st.sampled_from(Scope),
        WHOM,
        WHEN,
        st.tuples(st.none() | TIMES, st.none() | TIMES),
    ),
    max_size=5,
).map(lambda many: [_spec(number, made) for number, made in enumerate(many)])


def book_of(fleet: dict[str, SubjectSpec], specs: list[QuietSpec], at: datetime) -> Rulebook:
    """Make a rulebook, expanded around *at*."""
    return make_rulebook(specs, make_relations(fleet), at, calendar.around)


def lineage(fleet: dict[str, SubjectSpec], key: str | None) -> list[Kin]:
    """Walk up, naively."""
    return [] if key is None else [Kin(key, fleet[key].labels), *lineage(fleet, fleet[key].parent)]


@given(FLEETS, SPECS, TIMES, TIMES)
def test_it_answers_what_reading_every_rule_would(
    fleet: dict[str, SubjectSpec], specs: list[QuietSpec], made: datetime, at: datetime
) -> None:
    """
    Whenever it was made: found by key and label, and expanded where that is out of date.

    Seen to fail with rules looked up for the nearest subject only, and with one label of a
    selector taken for all.
    """
    book = book_of(fleet, specs, made)
    rules = [
        make_page(spec, max(at, spec.created_at or at), calendar.around).rule for spec in specs
    ]
    for key in fleet:
        above = lineage(fleet, key)
        assert book.holding(key, at) == quiet.holding(rules, above, at)
        assert book.ended(key, at) == quiet.ended_last(rules, above, at)
    for rule in rules:
        means = {key for key in fleet if rule.means(lineage(fleet, key))}
        assert book.relations.meant(rule) == means


@given(SPECS, st.lists(TIMES, max_size=8))
def test_edges_alternate_and_agree_with_what_holds(
    specs: list[QuietSpec], looks: list[datetime]
) -> None:
    """
    Whatever the looks, also backwards: what was told to have begun holds until its end is told.

    Seen to fail with rules forgotten that leave the rulebook while they hold.
    """
    watch, told = QuietWatch(), dict.fromkeys((spec.id for spec in specs), False)
    fleet = {"a": SubjectSpec("a", "a", SubjectType.DEVICE)}
    for number, at in enumerate(looks):
        kept = specs[: len(specs) - number % 2]
        book = book_of(fleet, kept, at)
        edges, rules = watch.look(book, at)
        assert {edge.spec.id for edge in edges} == {rule.id for rule in rules}
        for edge in edges:
            assert told[edge.spec.id] is not edge.started
            told[edge.spec.id] = edge.started
        now = {key: book.at(page, at).until(at) is not None for key, page in book.pages.items()}
        assert told == dict.fromkeys(told, False) | now


def test_runs_that_overlap_and_went_unseen_are_told_as_one() -> None:
    """
    A window of 90 minutes every hour, ended while nobody could look, began once.

    Seen to fail with every run told for itself: it began again before it had ended.
    """
    often = Recurrence(cron="0 * * * *", duration=3 * HALF_HOUR, zone="UTC")
    before, end = MIDNIGHT - 3 * HALF_HOUR, MIDNIGHT + HALF_HOUR
    spec = _spec(0, (Gate.SILENCE, Scope.SUBJECT, ("a", {}), (None, None, often), (None, end)))
    fleet = {"a": SubjectSpec("a", "a", SubjectType.DEVICE)}
    watch = QuietWatch()
    watch.look(book_of(fleet, [], before), before)
    edges, _ = watch.look(book_of(fleet, [spec], end), end)
    assert [edge.started for edge in edges] == [True, False]


def test_gates_of_this_kind_are_these_two() -> None:
    """In the order in which they are named."""
    assert quiet.QUIET_GATES == (Gate.SILENCE, Gate.MAINTENANCE_WINDOW)
