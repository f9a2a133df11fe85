"""
The sentences that the auditor holds a history against, by the numbers of the invariants.

Imports nothing of fettled, like the rest of the auditor. Where the rules allow either (flapping
that may or may not count, a wall clock that was set), nothing is said.
"""

from __future__ import annotations

from proof.belief import Belief
from proof.books import ACCEPTED, Books, Record, Told
from proof.plausible import PLAUSIBLE, is_many, surely_well_since

# --- what must be, after a look -----------------------------------------------------------


def check_down(books: Books, check: str, belief: Belief) -> None:
    """3: what is confirmed down has a ticket, is a member of one, or a gate is named."""
    rule = books.rules[check]
    flaps_long = (
        belief.flapping_from is not None and books.at - belief.flapping_from >= rule.ticket_after
    )
    if belief.is_unsure:
        for ticket in books.open_of(check):
            ticket.kept = ticket.kept and None  # the spell that was waited for may have come
    if not belief.is_down and not flaps_long:
        return
    standing = books.standing(check)
    for ticket in books.open_of(check):
        ticket.kept = False  # the unhealthy spell that was waited for has come
    if books.open_of(check):
        return
    if standing:
        _check_lines(books, check, standing)
    else:
        _check_gate(books, check, belief)


def _check_lines(books: Books, check: str, standing: list[Record]) -> None:
    states = {ticket.members[check] for ticket in standing}
    if states == {"recovered"}:
        books.complain(check, "3: is down, and its line says that it has recovered")
    if states == {"excused"} and not books.is_hushed(check):
        books.complain(check, "3: is down, and its line excuses it for no reason")


def _check_gate(books: Books, check: str, belief: Belief) -> None:
    gate = books.gates.get(check, "")
    if not gate:
        books.complain(check, "3: is down without ticket, membership or gate")
    elif not PLAUSIBLE[gate](books, check, belief):
        books.complain(check, f"3: is down, and gate {gate} is named, which cannot hold")


#: Two turns of the daemon's tending of lists, in milliseconds.
_TENDED = 10_000


def check_well(books: Books, check: str, belief: Belief) -> None:
    """8 and 4: what is confirmed well has its ticket resolved, gates or no gates."""
    if not belief.is_well:
        return
    rule = books.rules[check]
    well_for = books.at - belief.well_from
    for ticket in books.open_of(check):
        if ticket.source != "health_monitor" or ticket.kept is not False:
            continue
        wait = rule.touched_grace if ticket.touched else 0
        wait = max(wait, rule.budget_window if ticket.is_unstable else 0)
        if well_for >= wait:
            books.complain(check, f"8: well for {well_for // 1000}s, and #{ticket.number} is open")
    standing = books.standing(check)
    # On several lists it is brought up on the newest at once, which may be over by that, and
    # on the others by the next turn of the tending.
    newest = max(books.lines.get(check, ()), default=0)
    for ticket in standing:
        is_due = ticket.number == newest or well_for > _TENDED
        if ticket.members[check] == "down" and is_due:
            books.complain(check, f"3: is well, and down on the checklist of #{ticket.number}")
        if not is_many(ticket.key) or ticket.touched or ticket.kept is not False:
            continue
        # The line of one that stands on several lists is brought up by the tending, as above.
        waits = any(
            state == "down" and books.at - books.belief(each).well_from <= _TENDED
            for each, state in ticket.members.items()
        )
        if not waits and all(books.belief(each).is_well for each in ticket.members):
            books.complain(check, f"8: all members are well, and #{ticket.number} is open")


# --- what a ticket may do -----------------------------------------------------------------


def maybe_well_since(belief: Belief, ticket: Record) -> bool:
    """Whether it may have been."""
    if belief.is_well or belief.is_unsure:
        return True
    was = belief.maybe_well
    return was is not None and (was[0] > ticket.resolved_at or was[1] > ticket.resolved_wall)


def check_change(books: Books, told: Told) -> None:
    """Hold one change of a ticket against what is known, and remember it."""
    before = books.tickets.get(told.number)
    if before is not None and before.is_closed:
        books.complain(told.key, f"5: closed #{told.number} was changed")
    was = before.key if before is not None else told.key
    ticket = books.keep(told)
    for check, state in told.members:
        _line(books, ticket, check, state)
    for event, mark, wall, by_person in told.events:
        if event in {"opened", "reopened"}:
            _opens(books, ticket, event, mark, wall, by_person=by_person)
            if was == told.key:
                _goes_on(books, ticket, mark)
        elif event == "relapsed":
            _relapses(books, ticket)
        elif event in {"resolved", "merged"}:
            _resolves(books, ticket, mark, wall, by_person=by_person)
            ticket.until = told.until
    is_open = told.status not in {"resolved", "closed"}
    if is_open is not ticket.is_open:
        books.complain(told.key, f"9: #{told.number} is {told.status}, and no entry says so")
        ticket.is_open = is_open
    _moves(books, ticket, told)
    ticket.is_closed = told.status == "closed"


#: Entries that say why a status is another one.
_MOVING = frozenset(
    {"opened", "reopened", "resolved", "merged", "closed", "assigned", "unassigned", "started"}
    | {"moved_to_open", "held", "resumed", "escalated"}
)


def _moves(books: Books, ticket: Record, told: Told) -> None:
    """Hold a status against the entries that came with it, and the one before."""
    words = {event for event, *_ in told.events}
    if told.status != ticket.status and not words & _MOVING:
        books.complain(told.key, f"9: #{told.number} is {told.status}, and no entry says so")
    if "resolved" in words or "merged" in words:
        ticket.status_before = ticket.status or "open"
    if words == {"reopened"} and told.status not in {"open", ticket.status_before}:
        books.complain(told.key, f"5: #{told.number} came back as {told.status}")
    ticket.status = told.status


def _line(books: Books, ticket: Record, check: str, state: str) -> None:
    belief = books.belief(check)
    if ticket.members.get(check) == state:
        return
    # What has a ticket, or is a line of one, may go over to another.
    has_one = books.open_of(check) or books.standing(check)
    is_new = state == "down" and check not in ticket.members and not has_one
    if is_new and books.is_hushed(check):
        books.complain(check, f"8: is silenced, and put on #{ticket.number}")
    if state == "down" and belief.is_well:
        books.complain(check, f"2: is well, and put down on #{ticket.number}")
    if state == "down" and belief.confirmed != "down" and not belief.is_unsure:
        books.complain(check, f"2: not confirmed down, and put on #{ticket.number}")
    if state == "recovered" and not (belief.is_well or belief.is_unsure):
        books.complain(check, f"4: not confirmed well, and recovered on #{ticket.number}")
    ticket.members[check] = state
    if state == "down" and is_many(ticket.key):
        ticket.kept = False
    if ticket.number not in books.lines.setdefault(check, []):
        books.lines[check].append(ticket.number)


def _opens(
    books: Books, ticket: Record, event: str, cause: str, wall: int, *, by_person: bool
) -> None:
    key = ticket.key
    if ticket.is_open:
        books.complain(key, f"5: #{ticket.number} was {event} while it was open")
    if not by_person and not is_many(key):
        _may_open(books, ticket, event, cause)
    if event == "reopened" and cause == "relapse":
        _relapses(books, ticket)
    ticket.is_open, ticket.code, ticket.by_person, ticket.until = True, "", False, None
    if not by_person:
        ticket.kept = False


def _is_settling(books: Books, check: str) -> bool:
    rule = books.rules[check]
    above = [*books.above(check), *filter(None, (books.primary_of(check),))]
    came_back = [at for each in above if (at := books.belief(each).came_back) is not None]
    return any(books.at < at + rule.settle_after for at in came_back)


def _is_behind_an_outage(books: Books, check: str) -> bool:
    """Whether its parent is surely down, so that it gets no single ticket."""
    above = books.above(check)[:1]
    if not above or not books.belief(above[0]).is_down or books.belief(above[0]).bad != "down":
        return False
    if any(is_many(books.tickets[n].key) for n in books.lines.get(check, ())):
        return False  # a straggler gets its own back
    # Behind one without a ticket subjects are rolled up; a second check is no subject.
    has_ticket = bool(books.open_of(above[0]) or books.standing(above[0]))
    return has_ticket or books.primary_of(check) is None


def _goes_on(books: Books, ticket: Record, cause: str) -> None:
    """Rule 4 for a roll-up: some of its members were never well since."""
    if not is_many(ticket.key) or cause != "still_unhealthy" or not ticket.members:
        return
    if all(surely_well_since(books.belief(each), ticket) for each in ticket.members):
        books.complain(ticket.key, f"5: #{ticket.number} still unhealthy, and all were well since")


def _relapses(books: Books, ticket: Record) -> None:
    """Slow flapping: at so many relapses within the window the ticket turns unstable."""
    rule = books.rules.get(ticket.key)
    if rule is None:
        return
    now = books.wall  # an entry's time never goes back, though the clock may
    ticket.relapses = [at for at in ticket.relapses if 0 <= now - at < rule.budget_window]
    ticket.relapses.append(now)
    ticket.is_unstable |= len(ticket.relapses) >= rule.budget_count


def _may_open(books: Books, ticket: Record, event: str, cause: str) -> None:
    check, belief = ticket.key, books.belief(ticket.key)
    said = f"#{ticket.number} was {event} {cause}".rstrip()
    if belief.up is not False:
        books.complain(check, f"2: {said}, and the last evidence is up")
    if belief.confirmed != "down" and not belief.is_unsure:
        books.complain(check, f"2: {said} before the debounce was met")
    if books.is_hushed(check):
        books.complain(check, f"8: {said} under a silence or window")
    if not books.rules[check].publish:
        books.complain(check, f"8: {said}, and nothing is published")
    if books.is_isolated:
        books.complain(check, f"8: {said} in isolation")
    if _is_settling(books, check):
        books.complain(check, f"8: {said} while what it hangs from has only just come back")
    if _is_behind_an_outage(books, check):
        books.complain(check, f"8: {said}, and its parent is down")
    primary = books.primary_of(check)
    first = books.belief(primary) if primary is not None else None
    if first is not None and first.is_down and first.bad == "down":
        books.complain(check, f"8: {said}, and its primary is down")
    _six_rules(books, ticket, belief, event, cause, said)


def _six_rules(  # noqa: PLR0917 - one entry, once more
    books: Books, ticket: Record, belief: Belief, event: str, cause: str, said: str
) -> None:
    check, rule = ticket.key, books.rules[ticket.key]
    last = ticket if event == "reopened" else books.last_of(check, besides=ticket.number)
    if last is None or last.is_open:
        return
    is_accepted = last.code in ACCEPTED - {"duplicate"} and not maybe_well_since(belief, last)
    if is_accepted and (last.until is None or books.wall < last.until):
        books.complain(check, f"5: {said}, which people accepted")
    if last.is_closed:
        return
    if last.by_person and not maybe_well_since(belief, last):
        if books.wall < last.resolved_wall + rule.verify_after:
            books.complain(check, f"5: {said} before verify_after_resolve had passed")
        if cause != "still_unhealthy":
            books.complain(check, f"5: {said}, and it never was well: the same one goes on")
    elif cause == "still_unhealthy":
        if surely_well_since(belief, last):
            books.complain(check, f"5: {said}, and it was well in between")
    else:
        _by_the_window(books, last, belief, event, said)


def _by_the_window(books: Books, last: Record, belief: Belief, event: str, said: str) -> None:
    """Rules 5 and 6: from the resolution to the first failure, the end exclusive."""
    is_sure = surely_well_since(belief, last) is maybe_well_since(belief, last)
    if not belief.is_first_sure or belief.first is None or not is_sure:
        return
    is_inside = belief.first - last.resolved_wall < books.rules[last.key].reopen_window
    if event == "opened" and is_inside:
        books.complain(last.key, f"5: {said} inside the reopen window of #{last.number}")
    if event == "reopened" and not is_inside:
        books.complain(last.key, f"5: {said} after its reopen window")


def _resolves(books: Books, ticket: Record, code: str, wall: int, *, by_person: bool) -> None:
    if not by_person:
        _may_resolve(books, ticket, code)
    ticket.is_open, ticket.kept, ticket.code, ticket.by_person = False, False, code, by_person
    ticket.resolved_at, ticket.resolved_wall = books.at, wall
    ticket.is_unstable = False


def _may_resolve(books: Books, ticket: Record, code: str) -> None:
    key, said = ticket.key, f"#{ticket.number} was resolved as {code}"
    if ticket.source != "health_monitor":
        books.complain(key, f"7: {said}, and it is a person's")
    if code == "merged" and ticket.touched:
        books.complain(key, f"7: {said}, and people work on it")
    if code != "auto_recovered":
        return
    if ticket.kept is True:
        books.complain(key, f"4: {said}, and a person keeps it open")
    if is_many(key):
        _may_resolve_many(books, ticket, said)
        return
    belief, rule = books.belief(key), books.rules[key]
    if belief.is_unsure:
        return
    if not belief.is_well:
        books.complain(key, f"4: {said} before its debounce was met")
    well_for = books.at - belief.maybe_well_from
    if ticket.touched and well_for < rule.touched_grace:
        books.complain(key, f"4: {said} {well_for // 1000}s after recovery, and was touched")
    if ticket.is_unstable and well_for < rule.budget_window:
        books.complain(key, f"4: {said} {well_for // 1000}s after recovery, and is unstable")


def _may_resolve_many(books: Books, ticket: Record, said: str) -> None:
    """Enough of its members are well, silenced, removed, or have a ticket of their own."""
    done = sum(_is_done(books, check, state) for check, state in ticket.members.items())
    rules = [books.rules[check] for check in ticket.members if check in books.rules]
    ratio = min((rule.recover_ratio for rule in rules), default=0)
    if done < ratio * len(ticket.members):
        books.complain(ticket.key, f"4: {said} with {done} of {len(ticket.members)} recovered")


def _is_done(books: Books, check: str, state: str) -> bool:
    belief = books.belief(check)
    if state == "excused" and books.seen_hushed.get(check):
        return True  # a silence that is over ends with the next look that finds it down
    if check not in books.rules or books.is_hushed(check) or books.open_of(check):
        return True
    # A line stays recovered until the next outage is confirmed.
    return belief.confirmed != "down" or belief.is_unsure
