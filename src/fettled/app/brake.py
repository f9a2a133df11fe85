"""
The brake on mass removal, between memory and store: what is missing and not believed.

What is too much is `fettled.core.inventory`'s; what becomes of what is believed to be
gone is `adopt`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from fettled.core.inventory import ANSWERS, Shrunk, is_doubtful, signature
from fettled.ports import Reader, Subject, SubjectSpec, UnitOfWork

#: Figures of the store: which subjects are missing and not believed to be gone, and how
#: many times in a row that was the answer; 0 when there are none.
MISSING = "inventory_missing"
ANSWERED = "inventory_answers"


@dataclass(frozen=True, slots=True)
class Doubt:
    """
    What is missing and not believed to be gone.

    Attributes:
        missing: the subjects, as the store has them.
        shrunk: the same in figures; None: everything is believed.
        is_refused: the whole fleet is.
    """

    missing: dict[str, SubjectSpec] = field(default_factory=dict)
    shrunk: Shrunk | None = None
    is_refused: bool = False


BELIEVED = Doubt()


def judge(
    reader: Reader,
    known: Iterable[Subject],
    *,
    configured: AbstractSet[str],
    renamed: AbstractSet[str],
    watched: AbstractSet[str] | None,
) -> Doubt:
    """
    Say which of the store's subjects are missing and not believed to be gone.

    Args:
        reader: of the store, as it is before the adoption.
        known: its subjects, the removed ones too.
        configured: the subjects of the fleet.
        renamed: subjects that go on under another key, by their old ones.
        watched: those in memory; None at the start.
    """
    present = {each.key: _spec(each) for each in known if each.removed_at is None}
    missing = present.keys() - configured - renamed
    watched_now = present.keys() if watched is None else watched
    # What was missing at the start already cannot go again.
    leaving = missing & watched_now
    is_refused = watched is not None and is_doubtful(len(leaving), len(watched_now))
    doubted = missing if is_refused or watched is None else missing - watched_now
    if not is_doubtful(len(doubted), len(present)):
        return BELIEVED
    answers = 1
    if reader.figure(MISSING) == signature(doubted):
        answers += reader.figure(ANSWERED) or 0
    if answers >= ANSWERS:
        return BELIEVED
    shrunk = Shrunk(len(doubted), len(present), answers)
    return Doubt({key: present[key] for key in doubted}, shrunk, is_refused)


def remember(uow: UnitOfWork, doubt: Doubt) -> None:
    """Keep the answer for the next one, also over a restart."""
    answers = doubt.shrunk.answers if doubt.shrunk is not None else 0
    if answers or uow.figure(ANSWERED):
        uow.put_figure(MISSING, signature(doubt.missing))
        uow.put_figure(ANSWERED, answers)


def refusal(shrunk: Shrunk | None) -> str:
    """Word the refusal of a reload."""
    return (
        f"{shrunk} would be gone at once, which is not believed: if it is right, confirm it with"
        ' fettled reload --force, or {"force": true} in the body of POST /api/v1/reload; the'
        f" {ANSWERS}rd reload in a row with the same answer is believed"
    )


def _spec(subject: Subject) -> SubjectSpec:
    return SubjectSpec(
        subject.key, subject.name, subject.type, subject.parent, subject.labels, subject.team
    )
