"""
How the subjects of a fleet hang together: parents, children, groups.

A value made from a fleet, and swapped with it; it can be read from any thread. A subject
without a check is looked through: what is above it stands above its children.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from fettled.core.policy import Storm
from fettled.ports import CheckSpec, Fleet, SubjectSpec


class Topology:
    """Who is above, below and beside whom; keys of subjects and specs of checks."""

    def __init__(self, fleet: Fleet) -> None:
        self.subjects: dict[str, SubjectSpec] = fleet.subjects
        self.checks: dict[str, CheckSpec] = fleet.checks
        self.storm: Storm | None = fleet.storm
        self._primaries = {spec.subject: spec for spec in fleet.checks.values() if spec.primary}
        self._children: dict[str, list[str]] = defaultdict(list)
        for subject in fleet.subjects.values():
            if subject.parent is not None:
                self._children[subject.parent].append(subject.key)
        wanted = {label for spec in fleet.checks.values() for label in spec.policy.cascade.group_by}
        self._labelled: dict[str, list[str]] = defaultdict(list)
        for key in self._primaries:
            for label in wanted & fleet.subjects[key].labels.keys():
                self._labelled[f"{label}={fleet.subjects[key].labels[label]}"].append(key)

    def primary(self, subject: str) -> CheckSpec | None:
        """The check that speaks for *subject*."""
        return self._primaries.get(subject)

    def lineage(self, subject: str) -> Iterable[str]:
        """The subject and what it is reached through, nearest first."""
        key: str | None = subject
        while key is not None and key in self.subjects:
            yield key
            key = self.subjects[key].parent

    def ancestors(self, subject: str) -> Iterator[CheckSpec]:
        """Yield the primaries of what it is reached through, nearest first."""
        for key in self.lineage(subject):
            spec = self.primary(key) if key != subject else None
            if spec is not None:
                yield spec

    def parent(self, subject: str) -> CheckSpec | None:
        """The primary of what it is reached through."""
        return next(self.ancestors(subject), None)

    def has_children(self, subject: str) -> bool:
        """Whether anything is reached through it."""
        return subject in self._children

    def children(self, subject: str) -> Iterator[str]:
        """Yield what is reached through it with nothing in between that has a check."""
        waiting = list(self._children.get(subject, ()))
        while waiting:
            key = waiting.pop()
            yield key
            if key not in self._primaries:
                waiting.extend(self._children.get(key, ()))

    def descendants(self, subject: str) -> Iterable[str]:
        """All that is reached through it."""
        waiting = list(self._children.get(subject, ()))
        while waiting:
            key = waiting.pop()
            yield key
            waiting.extend(self._children.get(key, ()))

    def groups(self, spec: CheckSpec) -> list[str]:
        """The groups that a check can be rolled up in, its parent's first."""
        rule = spec.policy.cascade
        if not (rule.enabled and spec.primary):
            return []
        subject = self.subjects.get(spec.subject)
        if subject is None:  # a reload has removed it
            return []
        parent = [subject.parent] if subject.parent is not None else []
        labelled = [
            f"{name}={subject.labels[name]}" for name in rule.group_by if name in subject.labels
        ]
        return parent + labelled

    def members(self, group: str) -> list[CheckSpec]:
        """The primaries of a group's subjects."""
        keys = self._labelled.get(group) if "=" in group else self._children.get(group)
        return [self._primaries[key] for key in keys or () if key in self._primaries]
