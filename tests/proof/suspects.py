"""Which broken variants each proof must notice."""

from __future__ import annotations

from mutants import (
    Mutant,
    acceptance_forgotten,
    asked_once_only,
    closed_is_reopened,
    conditions_are_not_stored,
    debounce_by_count_alone,
    flapping_never_asks,
    gap_ignored,
    gate_blocks_resolution,
    gates_forgotten,
    kept_open_forgotten,
    members_merged_although_touched,
    membership_outlives_its_ticket,
    memory_runs_ahead,
    no_open_key,
    order_is_the_number_alone,
    parent_forgotten,
    parent_holds_for_ever,
    persons_ticket_resolved,
    recoveries_not_told,
    reopen_window_ignored,
    restart_forgets_the_run,
    rollup_resolves_too_early,
    settles_for_ever,
    settling_forgotten,
    sleeps_too_well,
    stale_accepted,
    store_down_forgets,
    touched_resolves_at_once,
    unknown_counts_as_up,
    verify_forgotten,
    vote_counts_the_gated,
)

#: What the machine on the store must notice.
STORE: list[Mutant] = [
    conditions_are_not_stored,
    memory_runs_ahead,
    order_is_the_number_alone,
    restart_forgets_the_run,
    store_down_forgets,
]
#: What the machine on the pure engine must notice.
ENGINE: list[Mutant] = [
    acceptance_forgotten,
    asked_once_only,
    closed_is_reopened,
    debounce_by_count_alone,
    flapping_never_asks,
    gap_ignored,
    gate_blocks_resolution,
    gates_forgotten,
    kept_open_forgotten,
    membership_outlives_its_ticket,
    members_merged_although_touched,
    no_open_key,
    parent_forgotten,
    parent_holds_for_ever,
    persons_ticket_resolved,
    recoveries_not_told,
    reopen_window_ignored,
    rollup_resolves_too_early,
    settles_for_ever,
    settling_forgotten,
    stale_accepted,
    touched_resolves_at_once,
    unknown_counts_as_up,
    verify_forgotten,
    vote_counts_the_gated,
]

#: What the life of a fleet must notice, through its auditor.
FLEET: list[Mutant] = [
    acceptance_forgotten,
    asked_once_only,
    debounce_by_count_alone,
    flapping_never_asks,
    gate_blocks_resolution,
    gates_forgotten,
    parent_forgotten,
    recoveries_not_told,
    reopen_window_ignored,
    settling_forgotten,
    sleeps_too_well,
    touched_resolves_at_once,
    verify_forgotten,
]


def name_of(mutant: Mutant) -> str:
    """Give the name that a test goes by."""
    return getattr(mutant, "__name__", "mutant")
