"""
What the raw observations of one check alone say: written from the rules, not from the code.

Part of the auditor, so nothing of fettled is imported. Times are whole milliseconds: `at` of
the daemon's own clock, `wall` of the clock on the wall. It is naive on purpose: where the rules
of flapping leave it open what is believed, it says so (`is_unsure`) instead of counting along.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Rule:
    """The thresholds of one check, in milliseconds and counts."""

    interval: int
    timeout: int
    open_after: int = MINUTE
    open_failures: int = 2
    resolve_after: int = MINUTE
    resolve_successes: int = 2
    reopen_window: float = HOUR
    verify_after: int = 10 * MINUTE
    touched_grace: int = 30 * MINUTE
    settle_after: int = 10 * MINUTE
    transitions: int = 5
    flap_window: int = 10 * MINUTE
    min_share: float = 0.2
    stable_after: int = 10 * MINUTE
    ticket_after: int = 30 * MINUTE
    budget_count: int = 3
    budget_window: int = 6 * HOUR
    recover_ratio: float = 0.9
    hold: int = MINUTE
    publish: bool = True


@dataclass(slots=True)
class Belief:
    """
    The naive belief about one check.

    Attributes:
        up: the side of the last evidence; None before the first.
        verdict: its word; *bad*: the last that was not up.
        confirmed: `up`, `down`, or empty before the first.
        is_unsure: flips enough for the flap rule: it may believe either.
        first: wall time of the first failure of this spell; None while well.
        is_first_sure: False where flapping makes it uncertain.
        firing_from: when it last began (again) to fail while confirmed down.
        well_from: since when it has been confirmed well, uninterrupted.
        maybe_well_from: since when it may have been; *up_from*: since when it is up, gaps or not.
        was_well, maybe_well: (at, wall) of the last instant of being well, and of perhaps so.
        recovered: wall time at which it came back from being down, or may have.
        came_back: when it surely did, by the daemon's own clock.
        flapping_from: since when it surely flaps, if it does; later by every gap since then.
        was_unpublished: nothing was published at some time in this outage.
    """

    up: bool | None = None
    verdict: str = ""
    bad: str = ""
    confirmed: str = ""
    run_from: int = 0
    run_count: int = 0
    last: int | None = None
    is_unsure: bool = False
    first: int | None = None
    is_first_sure: bool = True
    firing_from: int = 0
    well_from: int = 0
    maybe_well_from: int = 0
    up_from: int = 0
    was_well: tuple[int, int] | None = None
    maybe_well: tuple[int, int] | None = None
    recovered: int | None = None
    came_back: int | None = None
    flapping_from: int | None = None
    was_unpublished: bool = False
    flips: list[tuple[int, bool, int]] = field(default_factory=list)
    sure_flips: list[tuple[int, bool, int]] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        """Whether it is confirmed well, and nothing says otherwise."""
        return self.confirmed == "up" and self.up is True and not self.is_unsure

    @property
    def is_down(self) -> bool:
        """Whether its outage is confirmed, and was not confirmed to be over."""
        return self.confirmed == "down" and not self.is_unsure

    def see(self, word: str, at: int, wall: int, cadence: int, rule: Rule) -> None:
        """Take one observation in; unknown is evidence of nothing."""
        if word == "unknown":
            return
        up = word == "up"
        gapped = self.last is not None and at - self.last > 3 * cadence + rule.timeout
        flipped = self.up is not None and up is not self.up
        if gapped and self.flapping_from is not None and self.last is not None:
            # Only observed time counts: what nobody saw is no part of the flapping.
            self.flapping_from += at - self.last
        if flipped:
            self._flip(at, up, gapped=gapped, rule=rule)
        if flipped or gapped or self.last is None:
            self.run_from, self.run_count = at, 0
        was_well = self.is_well
        self.run_count += 1
        self.up, self.verdict, self.last = up, word, at
        if not up:
            self.bad = word
            self._fail(at, wall, was_well=was_well, began=flipped, gapped=gapped, rule=rule)
        else:
            self._succeed(at, wall, flipped=flipped, rule=rule)
        if self.is_unsure:
            self.maybe_well = (at, wall)

    def repeat(self, count: int, at: int, wall: int) -> None:
        """Take *count* more of the same in, the last of them at *at*, without any gap."""
        self.run_count += count
        self.last = at
        if self.is_well:
            self.was_well = self.maybe_well = (at, wall)

    def forget_flips(self) -> None:
        """Let a person's resolution, or a restart, empty the flips as far as they are certain."""
        self.flapping_from = None
        self.sure_flips = []

    def _flip(self, at: int, up: bool, *, gapped: bool, rule: Rule) -> None:
        window = max(rule.flap_window, 10 * rule.interval)
        held = 0 if gapped or self.last is None else at - self.run_from
        self.flips = [flip for flip in self.flips if at - flip[0] <= window]
        self.flips.append((at, up, held))
        if len(self.flips) >= rule.transitions:
            self.is_unsure = True
            self.is_first_sure = False
        self.sure_flips = [flip for flip in self.sure_flips if at - flip[0] <= window]
        self.sure_flips.append((at, up, held))
        if self.flapping_from is None and self._surely_flaps(at, window, rule):
            self.flapping_from = at

    def _surely_flaps(self, at: int, window: int, rule: Rule) -> bool:
        inside = [(up, min(held, window - (at - when))) for when, up, held in self.sure_flips]
        not_up = sum(held for up, held in inside if up)
        share = rule.min_share + 0.15  # a margin: what the first flip is credited with differs
        return len(inside) > rule.transitions and not_up >= share * sum(held for _, held in inside)

    def _fail(
        self, at: int, wall: int, *, was_well: bool, began: bool, gapped: bool, rule: Rule
    ) -> None:
        if was_well:
            self.was_well = self.maybe_well = (at, wall)
        if self.first is None:
            self.first = wall
            self.is_first_sure = not self.is_unsure
        elif gapped and not began and self.confirmed != "down" and not self.is_unsure:
            self.first = wall
        if began and self.confirmed == "down":
            self.firing_from = at
        if not rule.publish:
            self.was_unpublished = True
        if began and self.is_unsure:
            return  # the flap rule may have been met by this very observation
        if self._held(at, rule.open_after, rule.open_failures) and not self.is_down:
            self.firing_from = at
            self.confirmed, self.is_unsure = "down", False
            self.forget_flips()

    def _succeed(self, at: int, wall: int, *, flipped: bool, rule: Rule) -> None:
        after = max(rule.stable_after, rule.resolve_after) if self.is_unsure else rule.resolve_after
        if flipped:
            self.up_from = at
        if self.is_unsure and self.bad == "down":
            self.recovered = wall  # perhaps
        if flipped and self.is_unsure:
            return  # as above
        is_at_once = self.confirmed != "down" and not self.is_unsure
        if is_at_once:
            if flipped or self.confirmed != "up":
                self.well_from = self.maybe_well_from = at
        elif self._held(at, after, rule.resolve_successes):
            if self.bad == "down":
                self.recovered = wall
                self.came_back = None if self.is_unsure else at
            self.well_from = at
            self.maybe_well_from = self.up_from if self.is_unsure else at
        else:
            return
        self.confirmed, self.is_unsure, self.is_first_sure = "up", False, True
        self.first, self.was_unpublished = None, False
        if not is_at_once:
            self.forget_flips()
        self.was_well = self.maybe_well = (at, wall)

    def _held(self, at: int, after: int, count: int) -> bool:
        return self.run_count >= count and at - self.run_from >= after
