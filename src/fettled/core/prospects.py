"""
What comes next for a check: what is missing until its next phase, when, and a relapse.

For `explain`. Decides nothing: the thresholds are read from where they are applied, and
the six rules are asked as they are when it matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from fettled.core.durations import format_duration
from fettled.core.gates import Due
from fettled.core.holding import Held, asks_for_ticket, case_of, how_resolved
from fettled.core.phases import COUNTING, debounce
from fettled.core.policy import ALWAYS, NEVER, Policy
from fettled.core.reopening import RULES, Attach, Decision, OpenNew, ReopenIt, StayQuiet
from fettled.core.tickets import Ticket
from fettled.core.words import Phase, Verdict

Outcome = Literal["attach", "stay_quiet", "reopen", "open"]


@dataclass(frozen=True, slots=True)
class Missing:
    """
    What the next phase still needs.

    Attributes:
        seconds: of observed time, from the first of a run of such looks.
        looks: failures, or successes, in a row; the one that begins the run is one.
        at: the earliest time, wall time; None where no run is counted.
    """

    phase: Phase
    seconds: float
    looks: int
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Coming:
    """Something that will happen, and when (wall time); None: that depends on what is seen."""

    what: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Relapse:
    """
    What a failure now would lead to, once it is confirmed.

    Attributes:
        rule: which of the six rules says so; `none` where there was no ticket yet.
        until: until when that is so.
    """

    would: Outcome
    rule: str
    because: str
    ticket: int | None = None
    until: datetime | None = None


def missing(due: Due) -> Missing:
    """Say what the next phase still needs."""
    condition, policy = due.condition, due.policy
    phase = condition.phase
    up = phase in {Phase.FIRING, Phase.PENDING_RESOLVE}
    if phase is Phase.FLAPPING:
        up = condition.verdict is Verdict.UP
    after, looks = debounce(phase, policy, up=up)
    towards = Phase.HEALTHY if up else Phase.FIRING
    if phase is Phase.UNKNOWN:
        return Missing(Phase.HEALTHY, 0, 1)
    if phase not in COUNTING or condition.run_from is None:
        return Missing(towards, after.total_seconds(), looks)
    deadline = condition.run_from + after
    left = max(deadline - due.seen_at, timedelta())
    return Missing(
        phase=towards,
        seconds=left.total_seconds(),
        looks=max(looks - condition.run_count, 0),
        at=due.wall_of(max(deadline, due.seen_at)),
    )


def coming(
    due: Due, next_at: datetime | None, gates: Iterable[Held], relapse: Relapse
) -> tuple[Coming, ...]:
    """Say what will happen next, the earliest first."""
    found = [Coming("next look", next_at)] if next_at is not None else []
    need = missing(due)
    if need.at is not None:
        found.append(Coming(f"it can be {need.phase}, if each look says so", need.at))
    found += (Coming(f"{held.gate} ends", held.until) for held in gates if held.until is not None)
    found += _of_ticket(due)
    if relapse.would == "reopen" and relapse.until is not None:
        found.append(Coming("from then on a relapse opens a new ticket", relapse.until))
    latest = max((each.at for each in found if each.at is not None), default=due.context.wall)
    return tuple(sorted(found, key=lambda each: each.at or latest))


def _of_ticket(due: Due) -> Iterator[Coming]:
    ticket, condition, policy = due.context.ticket, due.condition, due.policy
    since = due.wall_of(condition.since) if condition.since is not None else None
    if since is not None and condition.phase is Phase.FLAPPING:
        at = since + policy.flap.ticket_after
        if at > due.context.wall and not (ticket is not None and ticket.is_open):
            yield Coming("flapping alone is enough for a ticket", at)
    if ticket is None or not ticket.is_open:
        if asks_for_ticket(due):
            yield Coming("the next look that finds it down decides about a ticket")
        return
    if condition.phase is not Phase.HEALTHY or since is None:
        return
    if ticket.kept_open:
        yield Coming(f"#{ticket.number} is kept open until a new outage has ended")
    elif ticket.unstable_since is not None:
        at = since + policy.reopen_budget.window
        yield Coming(f"#{ticket.number} resolves, if it stays healthy so long", at)
    elif ticket.touched:
        at = since + policy.touched_grace
        yield Coming(f"#{ticket.number} resolves: its grace is over, as people worked on it", at)
    else:
        yield Coming(f"#{ticket.number} resolves with the next look")


def relapse_of(due: Due) -> Relapse:
    """Say what a failure now would lead to, by the six rules."""
    ticket = due.context.ticket
    if ticket is None:
        return Relapse("open", "none", "there was no ticket about it yet: a new one would open")
    case = case_of(due, ticket)
    rule, answer = next(
        (rule.__name__.strip("_"), found) for rule in RULES if (found := rule(case)) is not None
    )
    because, until = _words(answer, rule, ticket, due.policy, due.context.wall)
    return Relapse(_OUTCOMES[type(answer)], rule, because, ticket.number, until)


_OUTCOMES: dict[type[Decision], Outcome] = {
    Attach: "attach",
    StayQuiet: "stay_quiet",
    ReopenIt: "reopen",
    OpenNew: "open",
}


def _words(
    answer: Decision, rule: str, ticket: Ticket, policy: Policy, wall: datetime
) -> tuple[str, datetime | None]:
    name, resolved = f"#{ticket.number}", how_resolved(ticket)
    match answer:
        case Attach():
            return f"{name} is open: a failure belongs to it", None
        case StayQuiet(until=until):
            return f"{resolved}: it would stay quiet", until
        case ReopenIt() if rule != "relapse":
            because = f"{resolved}, and it has not been healthy since"
            return f"{because}: {name} would be reopened", None
        case ReopenIt():
            window, at = policy.reopen_window, ticket.resolved_at
            until = None if window == ALWAYS or at is None else at + window
            because = f"{_ago(ticket, wall)}, within the reopen window of {_window(window)}"
            return f"{because}: {name} would be reopened", until
        case OpenNew():
            if rule == "closed":
                return f"{name} is closed, and closed for good: a new ticket would open", None
            because = (
                f"{_ago(ticket, wall)}, and the reopen window is {_window(policy.reopen_window)}"
            )
            return f"{because}: a new ticket would open", None


def _ago(ticket: Ticket, wall: datetime) -> str:
    since = wall - (ticket.resolved_at or wall)
    return f"#{ticket.number} was resolved {in_words(since)} ago"


def _window(window: timedelta) -> str:
    return {NEVER: "never", ALWAYS: "always"}.get(window) or format_duration(window)


def in_words(time: timedelta) -> str:
    """Write a duration for people: whole seconds, and of long ones the first two units."""
    seconds = timedelta(seconds=max(int(time.total_seconds()), 0))
    if seconds >= timedelta(days=1):
        seconds -= seconds % timedelta(hours=1)
    elif seconds >= timedelta(hours=1):
        seconds -= seconds % timedelta(minutes=1)
    return format_duration(seconds)
