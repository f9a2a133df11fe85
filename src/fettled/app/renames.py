"""
Which subjects and checks go on under another key: decided here and nowhere else.

Pure: what was known, and what is configured now, come in; what was renamed comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fettled.ports import Fleet, KnownCheck, Subject


def renamed_subjects(fleet: Fleet, known: Iterable[Subject]) -> dict[str, str]:
    """
    Say which subjects of *known* go on under another key, by `formerly:`.

    One that was removed may come back so; and its new key may be that of one that was
    removed, but of none that is there.
    """
    removed = {subject.key: subject.removed_at is not None for subject in known}
    found: dict[str, str] = {}
    for spec in fleet.subjects.values():
        old = spec.formerly
        if old is None or old not in removed or old in fleet.subjects or old in found:
            continue
        if removed.get(spec.key, True):
            found[old] = spec.key
    return found


def renamed_checks(
    fleet: Fleet, known: Mapping[str, KnownCheck], fingerprints: Mapping[str, str]
) -> dict[str, str]:
    """
    Say which checks of *known* go on under another key.

    By `formerly:` of the check or its subject; and without a word where a subject had
    one check and has one check of the same type, which as far as *fingerprints* tell
    looks at the same thing, so that only its name can have changed.
    """
    found: dict[str, str] = {}
    gone = known.keys() - fleet.checks.keys()
    were = _sole_checks((_subject_of(key), key) for key in known)
    # Alarms about a subject are no checks of its own.
    own = [(spec.subject, key) for key, spec in fleet.checks.items() if spec.alarm is None]
    are = _sole_checks(own)
    for spec in fleet.checks.values():
        if spec.key in known:
            continue
        old = spec.formerly
        if old is None or old not in gone or old in found:
            before = fleet.subjects[spec.subject].formerly or spec.subject
            old = were.get(before)
            if old not in gone or old in found or are.get(spec.subject) != spec.key:
                continue
            is_same = fingerprints.get(old, spec.fingerprint) == spec.fingerprint
            if known[old].type != spec.type or not is_same:
                continue
        found[old] = spec.key
    return found


def _subject_of(check: str) -> str:
    return check.partition("/")[0]


def _sole_checks(pairs: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    """Give the check of each subject that has one alone, by subject."""
    found: dict[str, str | None] = {}
    for subject, check in pairs:
        found[subject] = None if subject in found else check
    return found
