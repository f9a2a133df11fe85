"""
All silences and maintenance windows over one fleet, as one value that any thread may ask.

Nothing of it ever changes: whoever changes rules or fleet makes another one and swaps
the two. Rules are found by the keys and labels of a subject and its ancestors, so that a
thousand of them cost no more than the few that mean it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fettled.core import quiet
from fettled.core.quiet import Interval, Kin, Recurrence, Rule, Scope
from fettled.core.reopening import StayQuiet
from fettled.core.words import Gate
from fettled.ports import QuietSpec, SubjectSpec

#: Gives the interval that ended last, the one that holds and the next, around a time.
Expand = Callable[[Recurrence, datetime], tuple[Interval, ...]]

_ALWAYS = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Page:
    """
    One rule, with its intervals as far as they were expanded.

    Attributes:
        since, until: between which times those are all that matter; half-open.
    """

    spec: QuietSpec
    rule: Rule
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Relations:
    """
    Of one fleet, who hangs from whom and who has which label.

    Attributes:
        labelled: the keys of the subjects that have a label, by its name and value.
    """

    kin: Mapping[str, Kin]
    parents: Mapping[str, str]
    children: Mapping[str, tuple[str, ...]]
    labelled: Mapping[tuple[str, str], frozenset[str]]

    def lineage(self, subject: str) -> tuple[Kin, ...]:
        """Give *subject* and its ancestors; nothing for one that is not there."""
        found: dict[str, Kin] = {}
        key: str | None = subject
        # While one fleet gives way to the next, both are here, and may go in a circle.
        while key is not None and key not in found and (kin := self.kin.get(key)) is not None:
            found[key] = kin
            key = self.parents.get(key)
        return tuple(found.values())

    def meant(self, rule: Rule) -> set[str]:
        """Give the keys of all subjects that *rule* is about."""
        if rule.subject is not None:
            named = {rule.subject} & self.kin.keys()
        else:
            sets = [self.labelled.get(label, frozenset()) for label in rule.selector.items()]
            named = set(sets[0]).intersection(*sets[1:]) if sets else set()
        if rule.scope is Scope.SUBJECT:
            return named
        below = list(named)
        while below:
            found = set(self.children.get(below.pop(), ())) - named
            named |= found
            below += found
        return named


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules, by their ids and by what they name."""

    pages: Mapping[str, Page]
    relations: Relations
    expand: Expand
    by_key: Mapping[str, tuple[Page, ...]]
    by_label: Mapping[tuple[str, str], tuple[Page, ...]]

    def holding(self, subject: str, at: datetime) -> tuple[StayQuiet, ...]:
        """Name the gates that hold *subject* at *at*, with their ends."""
        lineage = self.relations.lineage(subject)
        return quiet.holding(self._about(lineage, at), lineage, at)

    def rules(self, subject: str, at: datetime) -> tuple[Rule, ...]:
        """Give the rules that hold for *subject* at *at*, the one that ends first before others."""
        lineage = self.relations.lineage(subject)
        found = [each for each in self._about(lineage, at) if each.means(lineage)]
        ends = {each.id: until for each in found if (until := each.until(at)) is not None}
        return tuple(sorted((e for e in found if e.id in ends), key=lambda e: (ends[e.id], e.id)))

    def ended(self, subject: str, at: datetime) -> datetime | None:
        """When the last maintenance window over *subject* ended."""
        lineage = self.relations.lineage(subject)
        return quiet.ended_last(self._about(lineage, at), lineage, at)

    def windows(self, subject: str) -> list[Page]:
        """Give the maintenance windows that are about *subject*, whenever they hold."""
        if not (self.by_key or self.by_label):
            return []
        lineage = self.relations.lineage(subject)
        return [
            page
            for page in self._pages_about(lineage)
            if page.spec.gate is Gate.MAINTENANCE_WINDOW and page.rule.means(lineage)
        ]

    def at(self, page: Page, at: datetime) -> Rule:
        """Give the rule of *page* with what matters at *at*, or when it was made."""
        at = max(at, page.spec.created_at or at)
        if page.since <= at < page.until:
            return page.rule
        return make_page(page.spec, at, self.expand).rule

    def turned(self, at: datetime) -> Rulebook:
        """Give the same rules, each expanded around *at*."""
        if all(page.since <= at < page.until for page in self.pages.values()):
            return self
        specs = (page.spec for page in self.pages.values())
        return make_rulebook(specs, self.relations, at, self.expand)

    def _about(self, lineage: tuple[Kin, ...], at: datetime) -> list[Rule]:
        """Give the rules that may mean the first of *lineage*, each once."""
        return [self.at(page, at) for page in self._pages_about(lineage)]

    def _pages_about(self, lineage: tuple[Kin, ...]) -> list[Page]:
        found: dict[str, Page] = {}
        for kin in lineage:
            for page in self.by_key.get(kin.key, ()):
                found[page.spec.id] = page
            for label in kin.labels.items():
                for page in self.by_label.get(label, ()):
                    found[page.spec.id] = page
        return list(found.values())


def make_relations(subjects: Mapping[str, SubjectSpec]) -> Relations:
    """Make the relations of *subjects*."""
    children: dict[str, list[str]] = {}
    labelled: dict[tuple[str, str], list[str]] = {}
    for key, subject in subjects.items():
        if subject.parent is not None:
            children.setdefault(subject.parent, []).append(key)
        for label in subject.labels.items():
            labelled.setdefault(label, []).append(key)
    return Relations(
        kin={key: Kin(key, subject.labels) for key, subject in subjects.items()},
        parents={key: each.parent for key, each in subjects.items() if each.parent is not None},
        children={key: tuple(below) for key, below in children.items()},
        labelled={label: frozenset(keys) for label, keys in labelled.items()},
    )


def make_rulebook(
    specs: Iterable[QuietSpec], relations: Relations, at: datetime, expand: Expand
) -> Rulebook:
    """Make the rulebook of *specs*, expanded around *at*."""
    pages = {spec.id: make_page(spec, at, expand) for spec in specs}
    by_key, by_label = _index(pages.values())
    return Rulebook(pages, relations, expand, by_key, by_label)


def make_page(spec: QuietSpec, at: datetime, expand: Expand) -> Page:
    """Expand *spec* around *at*."""
    since, until = _ALWAYS, _NEVER
    intervals: Iterable[Interval]
    if spec.recurrence is None:
        intervals = (Interval(spec.starts_at or _ALWAYS, spec.ends_at or _NEVER),)
    else:
        # One that somebody ended has its last run before that, however long ago.
        intervals = expand(spec.recurrence, min(at, spec.ended_at or at))
        # Before its end, another run than the one that ended last was that.
        edges = (time for each in intervals for time in (each.start, each.end))
        since = max((time for time in edges if time <= at), default=_ALWAYS)
        until = min((each.start for each in intervals if each.start > at), default=_NEVER)
    rule = Rule(
        id=spec.id,
        gate=spec.gate,
        subject=spec.subject,
        selector=spec.selector,
        scope=spec.scope,
        reason=spec.reason,
        author=spec.author,
        intervals=tuple(_cut(spec, intervals)),
        made_at=spec.created_at,
    )
    return Page(spec, rule, since, until)


def _cut(spec: QuietSpec, intervals: Iterable[Interval]) -> Iterator[Interval]:
    """Leave out what lies before somebody made the rule, and after somebody ended it."""
    made, ended = spec.created_at or _ALWAYS, spec.ended_at or _NEVER
    for each in intervals:
        start = each.start if spec.recurrence is None else max(each.start, made)
        end = min(each.end, ended)
        if start < end:
            yield Interval(start, end)


def _index(
    pages: Iterable[Page],
) -> tuple[dict[str, tuple[Page, ...]], dict[tuple[str, str], tuple[Page, ...]]]:
    """Sort *pages* by the key they name, or by one of the labels that must be there."""
    by_key: dict[str, list[Page]] = {}
    by_label: dict[tuple[str, str], list[Page]] = {}
    for page in pages:
        if page.spec.subject is not None:
            by_key.setdefault(page.spec.subject, []).append(page)
        elif page.spec.selector:
            by_label.setdefault(min(page.spec.selector.items()), []).append(page)
    return (
        {key: tuple(found) for key, found in by_key.items()},
        {label: tuple(found) for label, found in by_label.items()},
    )
