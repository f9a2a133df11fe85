"""
What becomes of what is known when alarms are told: rows to keep, and an answer for each.

Pure: what was known and what was told come in. That the rows are committed before anybody is
answered, and that the engine hears of it, is the use case's.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Container, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from fettled.core.alarm_formats import Push, read_alarm
from fettled.core.alarm_rules import OWN, is_ours, judge
from fettled.core.alarms import PREFIX, Aggregate, Alarm, Judged, Kept, Source, State
from fettled.core.errors import InvalidError

#: Many tell times no more exactly.
_WHOLE_SECOND = timedelta(seconds=1)
#: Why an alarm counts for nothing that no rule wants, or that is our own.
UNMATCHED = "no rule matches"
_OURS = f"{OWN} is what fettled tells of its own tickets, and never taken in"


@dataclass(frozen=True, slots=True)
class Line:
    """
    What became of one alarm that was told.

    Attributes:
        alarm: its summary.
        check: what it is an observation of: its own check, or its group's.
        rule, subject: None where no rule matched.
        wanted: the subject that the rule asked for, where there is none of that key.
        because: why it counts for nothing, or not yet; empty where it does.
    """

    alarm: str
    is_firing: bool
    check: str
    rule: str | None = None
    subject: str | None = None
    wanted: str | None = None
    because: str = ""
    judged: Judged | None = None
    is_refused: bool = False
    is_ignored: bool = False


@dataclass(frozen=True, slots=True)
class Intake:
    """
    What a push comes to.

    Attributes:
        rows: of alarms and groups that are new or changed, by check.
        gone: rows of old that made room for new ones.
    """

    rows: dict[str, Kept]
    lines: tuple[Line, ...]
    gone: tuple[str, ...] = ()

    @property
    def refused(self) -> int:
        """How many there was no room for."""
        return sum(line.is_refused for line in self.lines)


@dataclass(frozen=True, slots=True)
class Received:
    """
    What became of a push.

    Attributes:
        faults: one sentence for each alarm that could not be read.
        because: why nothing at all was done; empty where it was.
    """

    source: str
    lines: tuple[Line, ...] = ()
    faults: tuple[str, ...] = ()
    because: str = ""

    @property
    def taken(self) -> int:
        """How many count."""
        return sum(not (line.is_refused or line.is_ignored) for line in self.lines)

    @property
    def ignored(self) -> int:
        """How many count for nothing, and are not meant to."""
        return sum(line.is_ignored for line in self.lines)

    @property
    def refused(self) -> int:
        """How many were not taken that should have been."""
        return len(self.faults) + sum(line.is_refused for line in self.lines)


def take_in(  # noqa: PLR0917 - what is known, what is told, and by what it is judged
    source: Source,
    push: Push,
    known: Mapping[str, Kept],
    subjects: Container[str],
    now: datetime,
    spare: tuple[str, ...] = (),
) -> Intake:
    """
    Bring *known*, the rows of *source*, to what *push* says.

    Args:
        source: who told it.
        push: what was told.
        known: its rows by check.
        subjects: the keys that a rule's subject may be.
        now: wall time.
        spare: rows that may give way to new ones, the oldest first.
    """
    changed: dict[str, Kept] = {}
    gone: list[str] = []
    rows: ChainMap[str, Kept] = ChainMap(changed, dict(known))
    named = {f"{PREFIX}{source.name}/{alarm.id}" for alarm in push.alarms}
    waiting = [check for check in reversed(spare) if check not in named]
    lines: list[Line] = []
    groups: dict[str, Judged] = {}
    for alarm in push.alarms:
        judged = judge(source, alarm, subjects)
        check = f"{PREFIX}{source.name}/{alarm.id}"
        before = rows.get(check)
        line = _line(alarm, check, judged)
        if judged is None and (before is None or alarm.is_firing):
            because = _OURS if is_ours(alarm) else UNMATCHED
            lines.append(replace(line, because=because, is_ignored=True))
            continue
        if before is None and not alarm.is_firing:
            because = "it was not known: there is nothing to resolve"
            lines.append(replace(line, because=because, is_ignored=True))
            continue
        if before is not None and _is_of_before(source, alarm, before):
            because = "it ended before it began to fire now: an end of the time before"
            lines.append(replace(line, because=because, is_ignored=True))
            continue
        if before is None and len(rows) - len(gone) >= source.most:
            if not waiting:
                because = f"{source.name} has {source.most} alarms, which is all that are kept"
                lines.append(replace(line, because=because, is_refused=True))
                continue
            gone.append(waiting.pop())
        part_of = _part_of(judged, before)
        changed[check] = _kept(source, check, alarm, before, push.bundle, part_of, now)
        if judged is not None and part_of is not None:
            groups[part_of] = judged
        lines.append(line)
    _doubt(push, rows, changed)
    touched = dict.fromkeys(row.part_of for row in changed.values() if row.part_of is not None)
    for group in touched:
        _tell_group(group, groups.get(group), source, rows, changed, now)
    told = tuple(_told(line, changed) for line in lines)
    # A group that gave way to those that make it fire again stays, beyond the room there is.
    return Intake(changed, told, tuple(check for check in gone if check not in changed))


def _is_of_before(source: Source, alarm: Alarm, before: Kept) -> bool:
    """
    Whether it is an end from before *before* began: late, or recorded and sent again.

    The other way round nothing is concluded: replicas of a monitor disagree on when an alarm
    began, and what fires is never taken for old.
    """
    if alarm.over_at is None or before.state is State.RESOLVED:
        return False
    try:
        began = read_alarm(source, before.item).starts_at
    except InvalidError:
        return False  # it was written by the words of another format
    return began is not None and began - alarm.over_at >= _WHOLE_SECOND


def _line(alarm: Alarm, check: str, judged: Judged | None) -> Line:
    if judged is None:
        return Line(alarm.summary, alarm.is_firing, check)
    return Line(
        alarm=alarm.summary,
        is_firing=alarm.is_firing,
        check=check if judged.group is None else judged.group[0],
        rule=judged.rule.name,
        subject=judged.subject,
        wanted=judged.wanted,
        judged=judged,
    )


def _part_of(judged: Judged | None, before: Kept | None) -> str | None:
    """Name the group it counts towards; while it fires it counts where it counted first."""
    if before is not None and (judged is None or before.state is not State.RESOLVED):
        return before.part_of
    return judged.group[0] if judged is not None and judged.group is not None else None


def _told(line: Line, changed: Mapping[str, Kept]) -> Line:
    aggregate = line.judged.rule.aggregate if line.judged is not None else None
    if aggregate is None or line.because or line.check in changed or not line.is_firing:
        return line
    because = f"its group is down once {aggregate.count} alarms fired within its window"
    return replace(line, because=because)


def _kept(  # noqa: PLR0917 - all that a row is made of
    source: Source,
    check: str,
    alarm: Alarm,
    before: Kept | None,
    bundle: str,
    part_of: str | None,
    now: datetime,
) -> Kept:
    was_firing = before is not None and before.state is not State.RESOLVED
    fired_at = (
        before.fired_at if before is not None and (was_firing or not alarm.is_firing) else now
    )
    settled_at = None if alarm.is_firing else now
    if before is not None and before.state is State.RESOLVED and not alarm.is_firing:
        settled_at = before.settled_at
    item: dict[str, Any] = dict(alarm.item)
    if before is not None and not alarm.is_firing:
        # What it said while it fired is what its ticket is about.
        item = {**before.item}
    return Kept(
        check=check,
        source=source.name,
        state=State.FIRING if alarm.is_firing else State.RESOLVED,
        item=item,
        fired_at=fired_at,
        heard_at=now,
        part_of=part_of,
        bundle=bundle or (before.bundle if before is not None else ""),
        settled_at=settled_at,
        ends_at=alarm.ends_at,
    )


def _doubt(push: Push, rows: Mapping[str, Kept], changed: dict[str, Kept]) -> None:
    """Hold those for unknown that a truncated group leaves out: they are not up for that."""
    if not push.truncated or not push.bundle:
        return
    for check, row in list(rows.items()):
        is_left_out = row.bundle == push.bundle and check not in changed and not row.is_group
        if is_left_out and row.state is State.FIRING:
            changed[check] = replace(row, state=State.UNSURE)


def _tell_group(  # noqa: PLR0917 - as above
    group: str,
    judged: Judged | None,
    source: Source,
    rows: MutableMapping[str, Kept],
    changed: dict[str, Kept],
    now: datetime,
) -> None:
    """Bring the row of *group* to what its members say."""
    members = list(members_of(group, rows))
    firing = [each for each in members if each.state is State.FIRING]
    unsure = [each for each in members if each.state is State.UNSURE]
    before = rows.get(group)
    is_down = before is not None and before.state is not State.RESOLVED
    if not is_down:
        aggregate = judged.rule.aggregate if judged is not None else None
        if aggregate is None or not firing or _fired(members, aggregate, now) < aggregate.count:
            return
        state = State.FIRING
    elif firing:
        state = State.FIRING
    else:
        state = State.UNSURE if unsure else State.RESOLVED
    newest = max(firing or unsure or members, key=lambda each: each.heard_at)
    is_over = state is State.RESOLVED
    changed[group] = Kept(
        check=group,
        source=source.name,
        state=state,
        item=before.item if before is not None and (is_over or is_down) else newest.item,
        fired_at=before.fired_at if before is not None and is_down else now,
        heard_at=newest.heard_at,
        settled_at=now if is_over else None,
    )


def members_of(group: str, rows: Mapping[str, Kept]) -> Iterator[Kept]:
    """Yield the alarms that count towards *group*."""
    return (row for row in rows.values() if row.part_of == group)


def _fired(members: list[Kept], aggregate: Aggregate, now: datetime) -> int:
    """How many different ones fired within the window, whether or not they still do."""
    return sum(now - each.fired_at < aggregate.window for each in members)
