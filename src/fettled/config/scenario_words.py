"""
The language of scenarios, word by word: from one line of text to what it means.

    at 3s door-1 down; door-2 slow
    between 8s and 10s expect door-1 ticket open

`docs/reference/scenario.md` tells the whole of it. Where lines stand in their file and
what a scenario may hold besides is `scenario`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase

from fettled.config.faults import suggest
from fettled.core.durations import parse_duration
from fettled.core.scenario import (
    Act,
    Claim,
    Count,
    Event,
    GatedBy,
    Hush,
    InPhase,
    MemberOf,
    NoTicket,
    OnTicket,
    Restart,
    State,
    Turn,
)
from fettled.core.words import Code, Gate, Phase, Status

_WHEN = re.compile(
    r"(?:at (?P<at>\S+)|between (?P<start>\S+) and (?P<end>\S+)"
    r"|from (?P<since>\S+) to (?P<until>\S+))\s+(?P<rest>\S.*)"
)
_TIMES = "a line begins with 'at 3s', 'between 8s and 10s' or 'from 8s to 10s'"
_EVENTS = (
    "what happens is 'SUBJECT down' (or up, refused, silent, wrong, auth, slow, unknown),"
    " 'resolve SUBJECT', 'reopen SUBJECT', 'comment SUBJECT TEXT', 'silence SUBJECT for 10m'"
    " or 'restart'"
)
_CLAIMS = (
    "what is expected is 'SUBJECT ticket open' (or another status, or 'of kind KIND', with or"
    " without 'with 3 members'), 'SUBJECT no ticket', 'SUBJECT phase PHASE', 'SUBJECT gated by"
    " GATE', 'SUBJECT not gated', 'SUBJECT member of SUBJECT' or '2 tickets opened'"
)
_COUNTED = ("opened", "reopened", "resolved", "merged")


@dataclass(frozen=True, slots=True)
class Names:
    """Who may be named: the checks of each subject, the primary first."""

    checks: Mapping[str, tuple[str, ...]]

    def check(self, name: str) -> str:
        """
        Give the check that *name* means: the primary of a subject, or `subject/check`.

        Raises:
            ValueError: there is none.
        """
        return self.all(name)[0]

    def all(self, name: str) -> tuple[str, ...]:
        """Give every check that *name* means; see `check`."""
        subject, slash, _ = name.partition("/")
        if not self.checks.get(subject):
            msg = f"there is no subject {subject} with a check{suggest(subject, self.checks)}"
            raise ValueError(msg)
        if not slash:
            return self.checks[subject]
        if name not in self.checks[subject]:
            msg = f"{subject} has no check {name}{suggest(name, self.checks[subject])}"
            raise ValueError(msg)
        return (name,)

    def matching(self, pattern: str) -> tuple[str, ...]:
        """Give every check of the subjects that *pattern* (`door-*`) means; see `check`."""
        if "*" not in pattern:
            return self.all(pattern)
        found = [key for key in self.checks if fnmatchcase(key, pattern) and self.checks[key]]
        if not found:
            msg = f"no subject with a check matches {pattern}"
            raise ValueError(msg)
        return tuple(check for key in found for check in self.checks[key])


@dataclass(frozen=True, slots=True)
class Line:
    """One line, taken apart; *start* and *end* are the same for `at`."""

    start: timedelta
    end: timedelta
    throughout: bool
    parts: tuple[str, ...]

    @property
    def is_instant(self) -> bool:
        """Whether it is about one instant."""
        return self.start == self.end and not self.throughout


def read_line(text: str) -> Line:
    """
    Take a line apart into its time and its parts.

    Raises:
        ValueError: it has no time, or one that cannot be.
    """
    found = _WHEN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"cannot be understood: {_TIMES}")  # noqa: EM102, TRY003 - one sentence
    at, start, end, since, until = found.group("at", "start", "end", "since", "until")
    first, last = _time(at or start or since), _time(at or end or until)
    if last < first:
        msg = f"ends at {end or until}, before it starts at {start or since}: swap the two"
        raise ValueError(msg)
    parts = tuple(part.strip() for part in found["rest"].split(";") if part.strip())
    return Line(first, last, since is not None, parts)


def _time(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        msg = f"{text} {error}"
        raise ValueError(msg) from None


def read_event(text: str, names: Names) -> Event:
    """
    Read what happens.

    Raises:
        ValueError: the text says what is wrong, and the cure.
    """
    first, _, rest = text.partition(" ")
    make = _VERBS.get(first)
    if make is not None:
        return make(rest.strip(), names)
    *whom, word = text.replace(",", " ").split()
    if word not in set(State) or not whom:
        near = suggest(word, State) or suggest(first, _VERBS)
        msg = f"{word} is no state that a check can be in{near}; {_EVENTS}"
        raise ValueError(msg)
    checks = dict.fromkeys(check for name in whom for check in names.matching(name))
    return Turn(tuple(checks), State(word))


def _resolve(rest: str, names: Names) -> Event:
    name, _, code = rest.partition(" ")
    if code and code not in set(Code):
        msg = f"{code} is no code of a resolution{suggest(code, Code)}"
        raise ValueError(msg)
    return Act(names.check(name), code=Code(code or Code.FIXED))


def _reopen(rest: str, names: Names) -> Event:
    return Act(names.check(rest))


def _comment(rest: str, names: Names) -> Event:
    name, _, text = rest.partition(" ")
    check = names.check(name)
    if not text.strip():
        msg = f"a comment needs text: comment {name} looked at it"
        raise ValueError(msg)
    return Act(check, comment=text.strip())


_SILENCE = re.compile(r"(?P<name>\S+)(?P<below> and below)? for (?P<lasting>\S+)")


def _silence(rest: str, names: Names) -> Event:
    found = _SILENCE.fullmatch(rest)
    if found is None:
        msg = "a silence is 'silence SUBJECT for 10m' or 'silence SUBJECT and below for 10m'"
        raise ValueError(msg)
    names.check(found["name"])
    return Hush(found["name"], _time(found["lasting"]), with_below=found["below"] is not None)


def _restart(rest: str, _names: Names) -> Event:
    word, _, lasting = rest.partition(" ")
    if rest and word != "for":
        msg = "is 'restart', or 'restart for 30s' where the daemon is away for a while"
        raise ValueError(msg)
    return Restart(_time(lasting) if lasting else timedelta())


_VERBS: dict[str, Callable[[str, Names], Event]] = {
    "resolve": _resolve,
    "reopen": _reopen,
    "comment": _comment,
    "silence": _silence,
    "restart": _restart,
}


#: What an expectation begins with that names nobody: it is about whom the line before named.
_NAMELESS = re.compile(r"(ticket|no ticket$|phase|gated|not gated|member)\b.*")


def read_claim(text: str, names: Names, about: str | None = None) -> Claim:
    """
    Read what is expected, without the word `expect`; *about* is who was named last.

    Raises:
        ValueError: the text says what is wrong, and the cure.
    """
    if _NAMELESS.fullmatch(text):
        if about is None:
            msg = f"names no subject, and none was named before: write 'expect SUBJECT {text}'"
            raise ValueError(msg)
        text = f"{about} {text}"
    for pattern, make in _FORMS:
        found = pattern.fullmatch(text)
        if found is not None:
            return make(found, names)
    msg = f"{_CLAIMS}"
    raise ValueError(msg)


def _one_of(word: str, known: Iterable[str], what: str) -> str:
    if word not in set(known):
        msg = f"{word} is no {what}{suggest(word, known)}"
        raise ValueError(msg)
    return word


def _ticket(found: re.Match[str], names: Names) -> Claim:
    check, members, kind = names.check(found["name"]), found["members"], found["kind"]
    status = None
    if found["status"] is not None:
        status = Status(_one_of(found["status"], list(Status), "status of a ticket"))
    return OnTicket(check, status, int(members) if members else None, kind)


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Names], Claim]], ...] = (
    (
        re.compile(r"(?P<number>\d{1,6}|no) tickets? (?P<what>[a-z]+)"),
        lambda m, _: Count(
            0 if m["number"] == "no" else int(m["number"]),
            _one_of(m["what"], _COUNTED, "thing that is counted"),
        ),
    ),
    (re.compile(r"(?P<name>\S+) no ticket"), lambda m, names: NoTicket(names.check(m["name"]))),
    (
        re.compile(
            r"(?P<name>\S+) ticket(?: of kind (?P<kind>\S+)| (?P<status>[a-z_]+))"
            r"(?: with (?P<members>\d{1,6}) members?)?"
        ),
        _ticket,
    ),
    (
        re.compile(r"(?P<name>\S+) phase (?P<phase>\S+)"),
        lambda m, names: InPhase(
            names.check(m["name"]), Phase(_one_of(m["phase"], list(Phase), "phase"))
        ),
    ),
    (
        re.compile(r"(?P<name>\S+) gated by (?P<gate>\S+)"),
        lambda m, names: GatedBy(
            names.check(m["name"]), Gate(_one_of(m["gate"], list(Gate), "gate"))
        ),
    ),
    (
        re.compile(r"(?P<name>\S+) not gated"),
        lambda m, names: GatedBy(names.check(m["name"]), None),
    ),
    (
        re.compile(r"(?P<name>\S+) member of (?P<of>\S+)"),
        lambda m, names: MemberOf(names.check(m["name"]), names.check(m["of"])),
    ),
)


def named(event: Event) -> str | None:
    """Give the check that *event* names last."""
    if isinstance(event, Turn):
        return event.checks[-1]
    return event.check if isinstance(event, Act) else None


def expected(parts: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Say of each part whether it is an expectation, without its word."""
    for part in parts:
        is_expected = part.startswith("expect ")
        yield part.removeprefix("expect ").strip(), is_expected
