"""
An independent, naive checker of histories: observations and deeds in, violations out.

Written from the rules alone. It imports nothing of fettled, reads no field of the engine's
conditions, and derives who may and must have a ticket from the raw observations. What the
tickets did is told to it as `Told`; the sentences themselves are in `rules`.
"""

from __future__ import annotations

from proof import rules
from proof.belief import Belief
from proof.books import Books, Record, Told

#: What a person does that says "I am at it".
_TOUCHING = frozenset(
    {"comment", "assign", "assign_to_me", "unassign", "take", "start", "hold", "escalate", "edit"}
)
#: The status after a deed that came to something.
_LEADS_TO = {
    "take": "in_progress",
    "start": "in_progress",
    "resume": "in_progress",
    "hold": "pending",
    "escalate": "assigned",
    "unassign": "open",
    "resolve": "resolved",
    "close": "closed",
}


class Auditor(Books):
    """Checks a history as it goes on; `violations` says when, of whom, and what."""

    def look(  # noqa: PLR0917 - one line of a history
        self, check: str, word: str, at: int, wall: int, cadence: int, told: list[Told], gate: str
    ) -> None:
        """Take in one look, what came of it, and the gate that is named since then."""
        self.at, self.wall = at, wall
        belief = self.belief(check)
        belief.see(word, at, wall, cadence, self.rules[check])
        self.gates[check] = gate
        self.take(told)
        if word == "unknown":
            if told:
                self.complain(check, "6: something changed on an unknown")
            return
        self._judge(check, belief)

    def steady(self, check: str, count: int, at: int, wall: int) -> None:
        """Take in *count* more looks that said the same, and of which nothing came."""
        belief = self.belief(check)
        # Whatever the debounce waits for would be met in between, and nothing was done.
        for _ in range(min(count, 3)):
            belief.see(belief.verdict, at, wall, at - (belief.last or at), self.rules[check])
        belief.repeat(count, at, wall)
        if self.touched.get(check, -1) < at:
            self.at, self.wall = at, wall
            self._judge(check, belief)

    def act(self, at: int, wall: int, what: str, number: int, told: list[Told]) -> None:
        """Take in what a person did to a ticket."""
        self.at, self.wall = at, wall
        ticket = self.tickets[number]
        if told and ticket.is_closed:
            self.complain(ticket.key, f"5: closed #{number} was changed by {what}")
        belief = self.beliefs.get(ticket.key)
        self.take(told)
        if not told:
            return
        if what in _TOUCHING:
            ticket.touched = True
        after = _LEADS_TO.get(what)
        if after is not None and ticket.status != after:
            self.complain(ticket.key, f"after {what} #{number} is {ticket.status}")
        if what == "reopen":
            ticket.kept = self._is_kept(ticket)
        elif what == "resolve" and belief is not None:
            belief.forget_flips()

    def _is_kept(self, ticket: Record) -> bool | None:
        """Whether a person who reopens it now keeps it open; None where that is not certain."""
        some = [ticket.key] if ticket.key in self.beliefs else list(ticket.members)
        beliefs = [self.belief(check) for check in some]
        if any(belief.is_down for belief in beliefs):
            return False
        return None if any(belief.is_unsure for belief in beliefs) else True

    def take(self, told: list[Told]) -> None:
        """Take in changes of tickets, in their order."""
        for each in told:
            rules.check_change(self, each)
            self.touched[each.key] = self.at
            for check in self.tickets[each.number].members:
                self.touched[check] = self.at
        for each in told:
            keyed = self.open_of(each.key)
            if len(keyed) > 1:
                numbers = [ticket.number for ticket in keyed]
                self.complain(each.key, f"1: open at once: {numbers}")

    def _judge(self, check: str, belief: Belief) -> None:
        if not belief.up or self.is_hushed(check):
            self.seen_hushed[check] = self.is_hushed(check)
        if belief.up:
            rules.check_well(self, check, belief)
        else:
            rules.check_down(self, check, belief)
