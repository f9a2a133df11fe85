"""Silences and windows at work: who is quiet at every instant, whatever changes meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import MIDNIGHT
from fettled.app.quiet import Due
from fettled.app.silences import Wanted
from fettled.core.quiet import Recurrence, Scope
from fettled.core.reopening import StayQuiet
from fettled.core.words import Gate
from hall import HOUR, NIGHTLY, SECOND, SITE, Hall, configured, fleet, subject, told


async def test_a_rule_of_the_file_holds_whom_it_means_at_every_instant(hall: Hall) -> None:
    """Nobody has to look for that: the gate lifts at the very instant of its end."""
    hall.quiet.fleet_changed(replace(SITE, quiet=(configured(),)))
    start, end = MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR
    held = (StayQuiet(Gate.SILENCE, end),)
    for key, expected in {"hub": held, "door": held, "lock": held, "lamp": (), "gone": ()}.items():
        assert hall.quiet.holding(key, start - SECOND) == ()
        assert hall.quiet.holding(key, start) == expected
        assert hall.quiet.holding(key, end - SECOND) == expected
        assert hall.quiet.holding(key, end) == ()


async def test_a_recurring_window_holds_years_from_where_it_was_expanded(hall: Hall) -> None:
    """
    What is asked for far from now, or on a day when nobody looked, is worked out then.

    Seen to fail with the page's intervals taken as they are, whatever the time, and with
    those of a run that has ended taken for all that mattered since it began.
    """
    hall.quiet.fleet_changed(replace(SITE, quiet=(configured(**NIGHTLY),)))
    for days in (-400, -1, 0, 1, 2, 3, 400):
        opens = MIDNIGHT + timedelta(days=days, hours=1)
        window = (StayQuiet(Gate.MAINTENANCE_WINDOW, opens + HOUR),)
        assert hall.quiet.holding("door", opens - SECOND) == ()
        assert hall.quiet.holding("door", opens) == window
        assert hall.quiet.holding("door", opens + HOUR) == ()
        assert hall.quiet.ended("door", opens + HOUR) == opens + HOUR
        assert hall.quiet.ended("door", opens + HOUR - SECOND) == opens - timedelta(hours=23)
        assert hall.quiet.ended("lamp", opens + HOUR) is None


async def test_a_look_tells_what_began_and_ended_once_and_whom_it_is_about(hall: Hall) -> None:
    """Those that may be looked at again are told with it, what hangs below among them."""
    hall.quiet.fleet_changed(replace(SITE, quiet=(configured(),)))
    assert hall.quiet.due(hall.clock.wall()) == Due()
    began = hall.pass_time(HOUR + SECOND / 2)
    assert told(began) == [("silence.started", MIDNIGHT + HOUR)]
    assert began.subjects == {"hub", "door", "lock"}
    assert hall.pass_time(SECOND) == Due()
    ended = hall.pass_time(HOUR)
    assert told(ended) == [("silence.ended", MIDNIGHT + 2 * HOUR)]
    assert ended.subjects == {"hub", "door", "lock"}
    assert hall.pass_time(SECOND) == Due()


async def test_a_window_that_nobody_saw_is_told_afterwards(hall: Hall) -> None:
    """After a suspend of five hours: it began and ended meanwhile, at its own times."""
    hall.quiet.fleet_changed(replace(SITE, quiet=(configured(**NIGHTLY),)))
    hall.quiet.due(hall.clock.wall())
    slept = hall.pass_time(5 * HOUR)
    assert told(slept) == [
        ("window.started", MIDNIGHT + HOUR),
        ("window.ended", MIDNIGHT + 2 * HOUR),
    ]
    assert slept.subjects == {"hub", "door", "lock"}


async def test_windows_over_one_another_are_one(hall: Hall) -> None:
    """A run that begins before the one before it has ended is no edge."""
    always = replace(configured(**NIGHTLY), recurrence=Recurrence("*/30 * * * *", HOUR))
    hall.quiet.fleet_changed(replace(SITE, quiet=(always,)))
    assert [event for event, _ in told(hall.quiet.due(hall.clock.wall()))] == ["window.started"]
    for _ in range(10):
        assert hall.pass_time(10 * 60 * SECOND) == Due()
        assert hall.held("door") == ["maintenance_window"]


async def test_a_step_of_the_wall_clock_tells_what_is_so_now(hall: Hall) -> None:
    """Back before the start, the silence does not hold any more; then it begins again."""
    hall.quiet.fleet_changed(replace(SITE, quiet=(configured(),)))
    hall.pass_time(HOUR)
    hall.clock.step_wall(-HOUR / 2)
    back = hall.quiet.due(hall.clock.wall())
    assert told(back) == [("silence.ended", MIDNIGHT + HOUR / 2)]
    assert [event for event, _ in told(hall.pass_time(HOUR))] == ["silence.started"]


async def test_a_rule_that_leaves_the_file_ends(hall: Hall) -> None:
    """And whom it meant is looked at again."""
    hall.quiet.fleet_changed(replace(SITE, quiet=(configured(),)))
    hall.pass_time(HOUR)
    hall.quiet.fleet_changed(SITE)
    assert hall.held("door") == []
    gone = hall.pass_time(SECOND)
    assert told(gone) == [("silence.ended", MIDNIGHT + HOUR + SECOND)]
    assert gone.subjects == {"hub", "door", "lock"}


async def test_while_a_fleet_is_adopted_both_are_quiet(hall: Hall) -> None:
    """
    Either may be the one that is decided about; whichever it becomes is gone by then.

    Seen to fail with the new fleet put in force only after it was adopted.
    """
    after = fleet(subject("new"), quiet=(configured("file-2", subject="new"),))
    hall.quiet.fleet_changed(replace(SITE, quiet=(configured(),)))
    hall.clock.advance(HOUR)
    with hall.quiet.adopting(after):
        assert (hall.held("door"), hall.held("new")) == (["silence"], ["silence"])
    assert (hall.held("door"), hall.held("new")) == ([], ["silence"])


async def test_a_fleet_that_is_not_adopted_leaves_all_as_it_was(hall: Hall) -> None:
    """The store went down in the middle of a reload: the old rules, the old subjects."""
    hall.quiet.fleet_changed(replace(SITE, quiet=(configured(),)))
    hall.clock.advance(HOUR)
    with pytest.raises(ZeroDivisionError), hall.quiet.adopting(fleet(subject("new"))):
        _ = 1 / 0
    assert hall.held("door") == ["silence"]
    assert "new" not in hall.quiet.subjects


async def test_a_silence_goes_along_with_a_subject_that_is_renamed(hall: Hall) -> None:
    """Also when `formerly:` has left the file again, and after a restart."""
    await hall.silence("lamp")
    await hall.store.write(lambda unit: unit.rename_subject("lamp", "light"))
    hall.quiet.fleet_changed(fleet(subject("light", formerly="lamp")))
    assert hall.held("light") == ["silence"]
    hall.quiet.fleet_changed(fleet(subject("light")))
    assert hall.held("light") == ["silence"]
    again = await hall.restarted()
    again.quiet.fleet_changed(fleet(subject("light")))
    assert again.held("light") == ["silence"]


async def test_edges_are_logged_once_the_store_is_there(hall: Hall) -> None:
    """What began while it was down is written afterwards, and once."""
    hall.quiet.fleet_changed(replace(SITE, quiet=(configured(),)))
    hall.quiet.due(hall.clock.wall())
    hall.store.is_down = True
    hall.pass_time(HOUR)
    with pytest.raises(Exception, match="down"):
        await hall.quiet.tell()
    hall.store.is_down = False
    await hall.quiet.tell()
    hall.pass_time(HOUR)
    await hall.quiet.tell()
    await hall.quiet.tell()
    assert await hall.inputs() == [("silence.started", "system"), ("silence.ended", "system")]


async def test_what_ended_is_forgotten_after_ninety_days(hall: Hall) -> None:
    """And what recurs never is, before somebody ends it."""
    short = await hall.silence("lamp")
    long = await hall.silence("door", timedelta(days=80))
    window = Wanted(
        Gate.MAINTENANCE_WINDOW, "x", subject="hub", recurrence=Recurrence("0 1 * * *", HOUR)
    )
    weekly = (await hall.silences.add(window, "ann")).spec.id
    for days, left in ((90, {short, long, weekly}), (1, {long, weekly}), (80, {weekly})):
        hall.clock.advance(timedelta(days=days))
        await hall.quiet.forget()
        assert set(hall.quiet.book.pages) == left
        assert set((await hall.restarted()).quiet.book.pages) == left


async def test_ten_thousand_subjects_and_a_thousand_rules_are_cheap(hall: Hall) -> None:
    """Of a subject only the rules are judged that name it, one of its labels or an ancestor."""
    subjects = [subject("hub", labels={"site": "s7"})]
    subjects += [subject(f"d{n}", "hub", labels={"n": str(n % 500)}) for n in range(10_000)]
    rules = [configured(f"k{n}", subject=f"d{n}", scope=Scope.SUBJECT) for n in range(500)]
    rules += [configured(f"l{n}", subject=None, selector={"n": str(n)}) for n in range(500)]
    hall.quiet.fleet_changed(fleet(*subjects, quiet=tuple(rules)))
    judged = hall.quiet.book._about(hall.quiet.book.relations.lineage("d7"), MIDNIGHT)
    assert {rule.id for rule in judged} == {"k7", "l7"}
    hall.clock.advance(HOUR)
    assert hall.held("d9999") == ["silence"]
    assert len(hall.quiet.due(hall.clock.wall()).subjects) == 10_000
