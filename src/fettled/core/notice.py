"""
What people are told of a ticket: two lines that are enough at 3 a.m., and then the rest.

One text for every road; mail, chat and pagers only dress it. Facts come in as values, what
nobody knows is left out, and no line is empty. Text of targets and of people is made one line
here, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from fettled.core.durations import format_duration
from fettled.core.events import is_end
from fettled.core.lines import in_one_line
from fettled.core.reopened import Reopened
from fettled.core.tickets import OVER_STATUSES
from fettled.core.words import Kind, Priority, Status

#: A line is cut to this: a pager shows no more anyway.
_LONGEST = 300
#: Of what somebody said, in the second line; all of it is further down.
_LONGEST_WORDS = 120
RECENT_DAYS = 30
_LINES_OF_CHANGES = 5


@dataclass(frozen=True, slots=True)
class Before:
    """How the same fault ended last time."""

    number: int
    at: datetime
    code: str
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """
    What there is to tell of a ticket when something happened to it. Times are wall time.

    Attributes:
        event: what happened last, such as `ticket.opened`.
        at: when that was.
        by: who did it; empty for the machine's own parts.
        words: what that person said, such as a comment.
        happened: what the event is about, such as which clock runs out; in words.
        kind: of the ticket.
        is_monitored: the monitor opened it, so that it says by itself whether it is down.
        since: the first failure.
        recovered_at: the first success after it.
        last_good: the last success before it.
        reason: why, in words.
        down, members: of the checklist; 0 members: there is none.
        times: how often the same fault came in 30 days, this time included.
        resolution: how it ended, in words.
        resolved_at: when that was; it may have recovered before, or be down still.
        owner: who is on it.
        overdue: which clocks ran out, in words.
        next_step: what happens next if nobody does anything.
        changes: markers of recent changes, newest first.
        more: how many events of this ticket this tells of besides the last.
        reopened: that it was over and came back within those; None: it did not.
        url: of the ticket in the API; empty where nobody said how we are reached.
    """

    event: str
    number: int
    reference: str
    title: str
    priority: Priority
    status: Status
    now: datetime
    at: datetime | None = None
    by: str = ""
    words: str = ""
    happened: str = ""
    kind: str = ""
    is_monitored: bool = True
    since: datetime | None = None
    recovered_at: datetime | None = None
    last_good: datetime | None = None
    reason: str = ""
    down: int = 0
    members: int = 0
    times: int = 1
    before: Before | None = None
    resolution: str = ""
    resolved_at: datetime | None = None
    runbook: str = ""
    changes: tuple[str, ...] = ()
    owner: str = ""
    overdue: str = ""
    next_step: str = ""
    url: str = ""
    more: int = 0
    reopened: Reopened | None = None
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """
    What is told.

    Attributes:
        headline: the first line: what, and how urgent.
        gist: the second: since when, why, how much.
        details: the rest, as pairs of a word and what there is to say.
        url: of the ticket in the API, for programs. It wants a token, so it is in no text:
            whoever pressed it would read that they are not allowed to.
    """

    headline: str
    gist: str
    details: tuple[tuple[str, str], ...] = ()
    url: str = ""

    @property
    def text(self) -> str:
        """All of it, a line each."""
        lines = [self.headline, self.gist, *(f"{name}: {said}" for name, said in self.details)]
        return "\n".join(line for line in lines if line)


def notice(facts: Facts, local: Callable[[datetime], str]) -> Notice:
    """
    Word *facts*.

    Args:
        facts: what there is to tell.
        local: writes a time as people of the place write it, with its zone.
    """
    return Notice(
        headline=_headline(facts),
        gist=_gist(facts, local),
        details=tuple((name, _short(said)) for name, said in _details(facts, local) if said),
        url=facts.url,
    )


#: The last event, as a word before the title. What is not here is `updated`.
_HAPPENED = {
    "ticket.opened": "DOWN",
    "ticket.reopened": "DOWN AGAIN",
    "ticket.resolved": "RESOLVED",
    "ticket.closed": "CLOSED",
    "ticket.started": "started",
    "ticket.assigned": "assigned",
    "ticket.escalated": "ESCALATED",
    "ticket.comment_added": "comment",
    "ticket.held": "on hold",
    "ticket.resumed": "resumed",
    "ticket.sla_at_risk": "TIME IS RUNNING OUT",
    "ticket.sla_breached": "OVERDUE",
    "ticket.flapping": "FLAPPING",
    "ticket.merged": "merged",
    "ticket.priority_changed": "priority",
    "ticket.description_edited": "description",
    "ticket.self_test": "TEST",
    "reminder": "STILL DOWN",
}
#: What the monitor tells of that is not down.
_NOT_DOWN = {
    Kind.CERTIFICATE_EXPIRING.value: "EXPIRING",
    Kind.SERVICE_DEGRADED.value: "DEGRADED",
    Kind.UNSTABLE.value: "FLAPPING",
    Kind.MONITOR_IMPAIRED.value: "IMPAIRED",
}
#: Of what people filed, nobody knows whether it is down.
_FILED = {
    "ticket.opened": "NEW",
    "ticket.reopened": "REOPENED",
    "reminder": "STILL OPEN",
}
_REOPENED = "ticket.reopened"


def _headline(facts: Facts) -> str:
    title = in_one_line(facts.title, _LONGEST)
    return f"[{_happened(facts)}] {title} ({facts.priority}, #{facts.number})"


def _happened(facts: Facts) -> str:
    word = _word(facts, facts.event)
    # What is told late may be over meanwhile, and nobody is to get up for that.
    is_over, was_end = facts.status in OVER_STATUSES, is_end(facts.event)
    if (facts.is_late or facts.more) and is_over is not was_end:
        return f"{word}, now {facts.status.replace('_', ' ').upper()}"
    if facts.reopened is not None and not is_over and facts.event != _REOPENED:
        # Whoever slept through it must not take it for a mere comment.
        return f"{_word(facts, _REOPENED)}, then {word}"
    return word


def _word(facts: Facts, event: str) -> str:
    word = _HAPPENED.get(event, "updated")
    if not facts.is_monitored:
        return _FILED.get(event, word)
    if facts.kind in _NOT_DOWN:
        return word.replace("DOWN", _NOT_DOWN[facts.kind])
    return word


def _gist(facts: Facts, local: Callable[[datetime], str]) -> str:
    parts: list[str] = []
    over = facts.status in OVER_STATUSES
    if facts.words:
        parts.append(_said(facts, _LONGEST_WORDS))
    if facts.happened:
        parts.append(facts.happened)
    if facts.since is not None:
        end = ((facts.recovered_at or facts.resolved_at) if over else None) or facts.now
        lasted = "lasted" if over else "for"
        parts.append(f"since {local(facts.since)} ({lasted} {_rough(end - facts.since)})")
    if over and facts.resolution:
        parts.append(facts.resolution)
    elif facts.reason:
        parts.append(facts.reason)
    if not over and facts.recovered_at is not None:
        parts.append(f"well again since {local(facts.recovered_at)}")
    elif not over and facts.last_good is not None:
        parts.append(f"last good {local(facts.last_good)}")
    if facts.members:
        parts.append(f"{facts.down} of {facts.members} affected")
    return _short("; ".join(parts))


def _said(facts: Facts, most: int) -> str:
    words = in_one_line(facts.words, most)
    return f"{facts.by}: {words}" if facts.by else words


def _details(facts: Facts, local: Callable[[datetime], str]) -> Iterator[tuple[str, str]]:
    if facts.is_late:
        when = "before" if facts.at is None else local(facts.at)
        yield "Told late", f"this happened {when}; it is now {local(facts.now)}"
    is_long = in_one_line(facts.words, _LONGEST) != in_one_line(facts.words, _LONGEST_WORDS)
    yield "Said", _said(facts, _LONGEST) if is_long else ""
    yield "Done by", "" if facts.words else facts.by
    yield "Also", _earlier(facts.more)
    if facts.reopened is not None:
        yield "Reopened", _came_back(facts.reopened, local)
    if facts.times > 1:
        yield "Again", f"{facts.times} times in {RECENT_DAYS} days"
    if facts.before is not None:
        before = facts.before
        how = f"{before.code}: {before.summary}" if before.summary else before.code
        yield "Last time", f"#{before.number}, {local(before.at)}, {how}"
    yield "Runbook", facts.runbook
    for each in facts.changes[:_LINES_OF_CHANGES]:
        yield "Changed", each
    yield "On it", facts.owner
    # Where that is the very event, the second line has said it.
    yield "Overdue", facts.overdue if facts.overdue != facts.happened else ""
    yield "Next", facts.next_step
    yield "Ticket", facts.reference


def _earlier(more: int) -> str:
    if not more:
        return ""
    return f"{more} earlier {'event' if more == 1 else 'events'} of this ticket"


def _came_back(reopened: Reopened, local: Callable[[datetime], str]) -> str:
    if reopened.at is None:
        return "once meanwhile" if reopened.times == 1 else f"{reopened.times} times meanwhile"
    said = local(reopened.at)
    if reopened.resolved_at is not None:
        said += f", after it was resolved {local(reopened.resolved_at)}"
    return said if reopened.times == 1 else f"{said}; the last of {reopened.times} times"


def _rough(length: timedelta) -> str:
    """Write a length to two units, which is what anybody reads."""
    whole = timedelta(seconds=max(0, int(length.total_seconds())))
    if whole >= timedelta(days=1):
        whole -= whole % timedelta(hours=1)
    elif whole >= timedelta(hours=1):
        whole -= whole % timedelta(minutes=1)
    return format_duration(whole)


def _short(text: str) -> str:
    """Make one line of *text*, and not a long one."""
    return in_one_line(text, _LONGEST)
