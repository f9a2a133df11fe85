"""
Whether a gate that is named can hold: part of the auditor, which imports nothing of fettled.

Each answers for one gate, from the raw observations of what stands around a check.
"""

from __future__ import annotations

from proof.belief import MINUTE, SECOND, Belief
from proof.books import ACCEPTED, Books, Record

ASKING = SECOND
LONGEST_PENDING = 5 * MINUTE


def is_many(key: str) -> bool:
    """Whether it is the key of a ticket that stands for a group."""
    return key.startswith("rollup:")


def surely_well_since(belief: Belief, ticket: Record) -> bool:
    """Whether it was confirmed well at an instant after the resolution, by both clocks."""
    if belief.is_well:
        return True
    was = belief.was_well
    return was is not None and was[0] > ticket.resolved_at and was[1] > ticket.resolved_wall


def _by_hush(books: Books, check: str, _belief: Belief) -> bool:
    return books.is_hushed(check)


def _by_observing(books: Books, check: str, belief: Belief) -> bool:
    return not books.rules[check].publish or belief.was_unpublished


def _held_above(books: Books, check: str, above: str, belief: Belief) -> bool:
    rule, other = books.rules[check], books.belief(above)
    age = books.at - max(belief.firing_from, books.began)
    asked = books.rules[above].timeout + ASKING if above in books.rules else 0
    if age <= asked:
        return True
    if other.bad == "down" and (other.confirmed == "down" or other.is_unsure):
        return True
    is_pending = other.up is False and other.confirmed != "down"
    return is_pending and age <= LONGEST_PENDING + rule.interval


def _by_primary(books: Books, check: str, belief: Belief) -> bool:
    primary = books.primary_of(check)
    return primary is not None and _held_above(books, check, primary, belief)


def _is_held_for_the_vote(books: Books, check: str, belief: Belief) -> bool:
    rule = books.rules[check]
    return books.at - max(belief.firing_from, books.began) <= rule.hold + rule.interval


def _by_parent(books: Books, check: str, belief: Belief) -> bool:
    above = books.above(check)
    if not above:
        return False
    if belief.is_unsure or _is_held_for_the_vote(books, check, belief):
        return True
    return _held_above(books, check, above[0], belief)


def _by_settling(books: Books, check: str, belief: Belief) -> bool:
    rule = books.rules[check]
    above = [*books.above(check), *filter(None, (books.primary_of(check),))]
    came_back = [at for each in above if (at := books.belief(each).recovered) is not None]
    if any(books.at < at + rule.settle_after for at in came_back):
        return True
    if any(books.belief(each).is_unsure for each in above):
        return True
    subject = check.partition("/")[0]
    ends = [each.until for each in books.hushes if each.is_window and each.subject == subject]
    if any(end <= books.wall < end + rule.settle_after / 2 for end in ends):
        return True
    return _is_held_for_the_vote(books, check, belief)


def _stories(books: Books, check: str) -> list[Record]:
    """The last ticket of a check, and those of many on whose checklist it is."""
    own = books.last_of(check)
    many = [books.tickets[number] for number in books.lines.get(check, ())]
    groups = [f"rollup:{books.parents.get(check.partition('/')[0])}", "rollup:*"]
    many += [last for key in groups if (last := books.last_of(key)) is not None]
    return [*([own] if own is not None else []), *many]


def _by_verify(books: Books, check: str, belief: Belief) -> bool:
    after = books.rules[check].verify_after
    return any(
        each.by_person and not each.is_open and books.wall < each.resolved_wall + after
        for each in _stories(books, check)
    )


def _by_acceptance(books: Books, check: str, belief: Belief) -> bool:
    return any(
        each.code in ACCEPTED
        and not each.is_open
        and (each.until is None or books.wall < each.until)
        and (is_many(each.key) or not surely_well_since(belief, each))
        for each in _stories(books, check)
    )


def _by_isolation(books: Books, _check: str, _belief: Belief) -> bool:
    return books.is_isolated


PLAUSIBLE = {
    "silence": _by_hush,
    "maintenance_window": _by_hush,
    "observe_only": _by_observing,
    "primary": _by_primary,
    "parent": _by_parent,
    "settling": _by_settling,
    "verify": _by_verify,
    "accepted": _by_acceptance,
    "isolation": _by_isolation,
}
