"""
The machine that nobody could have thought of: every operation, in any order, on the engine.

Hypothesis chooses; the auditor judges after every step. The fleet is small enough that
everything meets everything: a hub with five doors, one of them with a second check, a lamp
behind a switch behind the hub, and a lone pump.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from fettled.core.actions import Action, Close, Comment, Hold, Reopen, Resolve, Take
from fettled.core.errors import ConflictError, InvalidError
from fettled.core.tickets import Change, Entry, Ticket
from fettled.core.words import Code, Priority, Source, Status
from fettled.ports import Fleet
from proof.books import Hush
from proof.house import DOORS, POLICIES, SUBJECTS, WORDS, WORK, M, house
from proof.plant import ANN, Plant
from still_open import open_tickets

ANY = st.sampled_from(SUBJECTS)
SOME = st.sets(ANY, min_size=1, max_size=6)
BAD = st.sampled_from(["down", "down", "down", "timeout", "slow"])
#: Rounds of 30 s: some meet no debounce, most meet all.
LATER = st.sampled_from([0, 3, 24, 44])
LONG = st.sampled_from([1, 3, 6, 6, 10, 10])


class EngineMachine(RuleBasedStateMachine):
    """Everything that can happen to the engine."""

    #: Looks that one look may bring about at once: more is a circle.
    most_woken = 60

    @initialize(policy=st.sampled_from(["usual", "usual", "slow", "quick"]), storm=st.booleans())
    def begin(self, policy: str, *, storm: bool) -> None:
        """Start with everything unknown."""
        self.names: dict[str, str] = {}
        self.gone: frozenset[str] = frozenset()
        self.policy, self.storm = policy, storm
        self.truth = dict.fromkeys(SUBJECTS, "up")
        self.plant = Plant(self.fleet())
        self.rounds_of(2)

    def fleet(self) -> Fleet:
        """Make the fleet as it is now."""
        return house(POLICIES[self.policy], self.names, self.gone, storm=self.storm)

    # --- the world ------------------------------------------------------------------------

    def word_of(self, check: str) -> str:
        """What a look at *check* finds now."""
        called = {self.names.get(key, key): key for key in SUBJECTS}
        return self.truth[called[check.partition("/")[0]]]

    def look(self, check: str, word: str | None = None) -> None:
        """Look at *check*, and at whatever is to be looked at again because of it."""
        todo = self.plant.look(check, word or self.word_of(check))
        looks = 0
        while todo:
            self.plant.at += 1
            looks += 1
            assert looks < self.most_woken, "they have one another looked at in a circle"
            again = todo.pop(0)
            if self.plant.memory.get(again) is not None:
                todo += self.plant.look(again, self.word_of(again))

    def rounds_of(self, count: int, step: int = 30_000) -> None:
        """Look at everything *count* times, every 30 s."""
        for _ in range(count):
            begun = self.plant.at
            for check in list(self.plant.fleet.checks):
                self.look(check)
                self.plant.at += 7
            for check in self.plant.tend():
                self.look(check)
            self.plant.at = max(begun + step, self.plant.at)
        self.judge()

    def judge(self) -> None:
        """Hold the history against the rules."""
        assert not self.plant.auditor.violations, self.plant.auditor.violations[:5]
        for ticket in open_tickets(self.plant.ledger):
            entries = self.plant.ledger.timeline(ticket.number, after=0, limit=10_000)
            assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
            lines = self.plant.ledger.members(ticket.number)
            done = sum(line.state.value != "down" for line in lines)
            assert (ticket.member_count, ticket.done_count) == (len(lines), done), ticket

    @rule(count=st.sampled_from([1, 3, 8, 22, 65]))
    def time_passes(self, count: int) -> None:
        """Everything is looked at, again and again."""
        self.rounds_of(count)

    @rule(subject=ANY, word=BAD, count=LONG)
    def one_fails(self, subject: str, word: str, count: int) -> None:
        """For long enough, or not."""
        self.change({subject}, word, count)

    @rule(subjects=SOME, word=BAD, count=LONG)
    def some_fail(self, subjects: set[str], word: str, count: int) -> None:
        """At the same time."""
        self.change(subjects, word, count)

    @rule(word=BAD, count=LONG, but=st.sampled_from(["hub", "pump"]))
    def the_house_fails(self, word: str, count: int, but: str) -> None:
        """The hub and all behind it, or all behind a hub that is well."""
        self.change(set(SUBJECTS) - {but, "pump"}, word, count)

    @rule(count=LONG)
    def all_is_well(self, count: int) -> None:
        """Until something else happens."""
        self.change(set(SUBJECTS), "up", count)

    @rule(subjects=SOME, word=st.sampled_from(WORDS), count=st.sampled_from([0, 1, 2, 4]))
    def the_world_changes(self, subjects: set[str], word: str, count: int) -> None:
        """Some targets are another way from now on; it is seen at once, or later."""
        self.change(subjects, word, count)

    def change(self, subjects: set[str], word: str, count: int) -> None:
        """Let *word* be true of *subjects*, and look *count* times."""
        self.truth |= dict.fromkeys(sorted(subjects), word)
        self.rounds_of(count)

    @rule(
        words=st.lists(st.sampled_from(["up", "down", "slow"]), min_size=2, max_size=12),
        subject=st.sampled_from(SUBJECTS),
        step=st.sampled_from([14_000, 30_000, 59_000]),
    )
    def it_flaps(self, words: list[str], subject: str, step: int) -> None:
        """One subject is looked at, in its slots or in between, and says this and that."""
        called = self.names.get(subject, subject)
        for word in words:
            self.plant.at += step
            if self.plant.memory.get(f"{called}/main") is not None:
                self.truth[subject] = word
                self.look(f"{called}/main")
        self.judge()

    @rule(subject=ANY, side=st.sampled_from([1, 1, 2]), count=st.sampled_from([8, 30]))
    def it_flaps_for_long(self, subject: str, side: int, count: int) -> None:
        """Faster than any debounce, and for longer than it may without a ticket."""
        for n in range(count):
            self.change({subject}, "down" if n // side % 2 else "up", 1)

    @rule(check=st.sampled_from(SUBJECTS), word=st.sampled_from(WORDS))
    def old_news(self, check: str, word: str) -> None:
        """6: what is older than what is known changes nothing."""
        key = f"{self.names.get(check, check)}/main"
        watch = self.plant.memory.get(key)
        if watch is None or watch.condition.order == (0, 0):
            return
        ledger = self.plant.ledger
        before = ledger.condition(key), ledger.last_tickets(), ledger.memberships()
        seen, stretch = watch.seen, watch.stretch
        self.plant.take(key, word, watch.condition.order)
        watch.seen, watch.stretch = seen, stretch
        assert before == (ledger.condition(key), ledger.last_tickets(), ledger.memberships()), "6"
        self.judge()

    @rule(minutes=st.sampled_from([1, 3, 30, 300]))
    def nobody_looks(self, minutes: int) -> None:
        """A gap: suspended, or stopped; nothing is known of that time."""
        self.plant.at += minutes * 60_000

    @rule(hours=st.sampled_from([-2, -0.01, 0.01, 1]))
    def the_wall_clock_is_set(self, hours: float) -> None:
        """NTP or a person steps the clock on the wall."""
        self.plant.offset += int(hours * 3_600_000)

    # --- people -----------------------------------------------------------------------------

    def pick(self, data: st.DataObject, *, is_open: bool) -> Ticket | None:
        """Choose a ticket."""
        some = [
            ticket
            for ticket in self.plant.ledger._tickets.values()
            if ticket.is_open is is_open and ticket.status is not Status.CLOSED
        ]
        return data.draw(st.sampled_from(some)) if some else None

    def act(self, number: int, action: Action) -> None:
        """Let ann do it."""
        for check in self.plant.act(number, action):
            self.look(check)
        self.judge()

    @rule(subject=ANY, deed=st.sampled_from(["close", "reopen", "comment"]))
    def a_story(self, subject: str, deed: str) -> None:
        """An outage of one, somebody who works on it, and an outage of the whole house."""
        self.change({subject}, "down", 6)
        if deed != "comment":
            self.change({subject}, "up", 7)
        ticket = self.plant.ledger.last_ticket(f"{self.names.get(subject, subject)}/main")
        if ticket is None or ticket.status is Status.CLOSED:
            return
        if deed == "comment":
            self.act(ticket.number, Comment("seen"))
            self.change(set(SUBJECTS), "down", 6)
        elif not ticket.is_open and deed == "reopen":
            self.act(ticket.number, Reopen())
            self.rounds_of(4)
        elif not ticket.is_open:
            self.close(ticket)
            self.change({subject}, "down", 6)

    @rule(data=st.data())
    def somebody_comments(self, data: st.DataObject) -> None:
        """From then on the ticket is touched."""
        ticket = self.pick(data, is_open=True)
        if ticket is not None:
            self.act(ticket.number, Comment("seen"))

    @rule(data=st.data(), code=st.sampled_from([Code.FIXED, Code.WONT_FIX]), count=LATER)
    def somebody_resolves(self, data: st.DataObject, code: Code, count: int) -> None:
        """Whether or not it is over; what is accepted is so for a while only."""
        ticket = self.pick(data, is_open=True)
        if ticket is None:
            return
        until = self.plant.wall() + 20 * M if code is Code.WONT_FIX else None
        self.act(ticket.number, Resolve(code, until=until))
        self.rounds_of(count)

    @rule(data=st.data(), count=st.sampled_from([0, 4, 22]))
    def somebody_reopens(self, data: st.DataObject, count: int) -> None:
        """The last one, where none is open."""
        ticket = self.pick(data, is_open=False)
        if ticket is None or ticket.check is None:
            return
        if self.plant.ledger.last_ticket(ticket.check) == ticket:
            self.act(ticket.number, Reopen())
            self.rounds_of(count)

    @rule(data=st.data(), count=st.sampled_from([0, 6]))
    def somebody_closes(self, data: st.DataObject, count: int) -> None:
        """5: from then on it never changes, and a relapse has another one."""
        ticket = self.pick(data, is_open=False)
        if ticket is None:
            return
        self.close(ticket)
        self.change(set(SUBJECTS), "up", count)
        self.change(set(SUBJECTS), "down", count)

    def close(self, ticket: Ticket) -> None:
        """Close it; some are taken away altogether."""
        self.act(ticket.number, Close())
        if ticket.number % 2:
            self.plant.delete(ticket.number)
            self.judge()

    @rule(data=st.data(), deed=st.sampled_from(WORK), count=st.sampled_from([0, 4]))
    def somebody_works(self, data: st.DataObject, deed: Action, count: int) -> None:
        """Whatever people do, the monitor keeps to its own; what is illegal changes nothing."""
        ticket = self.pick(data, is_open=True)
        if ticket is None:
            return
        self.work(ticket.number, deed)
        self.rounds_of(count)

    def work(self, number: int, deed: Action) -> None:
        """Let ann try *deed*; before a hold she takes it, so that most holds are legal."""
        if isinstance(deed, Hold):
            self.attempt(number, Take())
            deed = replace(deed, until=self.plant.wall() + 20 * M)
        self.attempt(number, deed)

    def attempt(self, number: int, action: Action) -> None:
        """Let ann do it, or be refused: she may not take what is on hold, or another's work."""
        before = self.plant.ledger.ticket(number)
        try:
            self.act(number, action)
        except (ConflictError, InvalidError):
            assert self.plant.ledger.ticket(number) == before, "9: a refusal changed something"

    @rule(data=st.data(), priority=st.sampled_from([Priority.LOW, Priority.CRITICAL]))
    def somebody_edits(self, data: st.DataObject, priority: Priority) -> None:
        """From then on the priority is people's."""
        ticket = self.pick(data, is_open=True)
        if ticket is not None:
            self.plant.edit(ticket.number, {"priority": priority})
            self.judge()

    @rule(subject=st.sampled_from(SUBJECTS))
    def somebody_reports(self, subject: str) -> None:
        """7: a person's ticket about a check; the monitor attaches, and never resolves it."""
        key = f"{self.names.get(subject, subject)}/main"
        watch = self.plant.memory.get(key)
        last = self.plant.ledger.last_ticket(key)
        if watch is None or (last is not None and last.is_open):
            return
        at = self.plant.wall()
        ticket = Ticket(
            title="it smells",
            kind="user_report",
            source=Source.USER,
            priority=Priority.LOW,
            created_at=at,
            updated_at=at,
            subject=watch.spec.subject,
            check=key,
            open_key=key,
        )
        with self.plant.ledger.unit():
            change = self.plant.ledger.apply(Change(ticket, (Entry("opened", at, ANN),)))
        self.plant.memory.learn([change])
        self.plant.auditor.at, self.plant.auditor.wall = self.plant.at, self.plant.wall_ms
        self.plant.auditor.take(self.plant.told([change]))
        self.judge()

    # --- gates --------------------------------------------------------------------------------

    @rule(subjects=SOME, minutes=st.sampled_from([2, 5, 40]), is_window=st.booleans())
    def it_is_silenced(self, subjects: set[str], minutes: int, *, is_window: bool) -> None:
        """A silence or a window, in any phase."""
        now = self.plant.wall_ms
        for subject in sorted(subjects):
            called = self.names.get(subject, subject)
            self.plant.hushes.append(Hush(called, now, now + minutes * 60_000, is_window))
        self.plant.auditor.hushes = self.plant.hushes

    @rule(subjects=SOME, count=LONG)
    def it_recovers_in_silence(self, subjects: set[str], count: int) -> None:
        """Gates forbid no resolution."""
        self.it_is_silenced(subjects, 40, is_window=False)
        self.change(subjects, "up", count)

    @rule(subjects=SOME, word=BAD, minutes=st.sampled_from([3, 40]), count=LONG)
    def it_fails_in_silence(self, subjects: set[str], word: str, minutes: int, count: int) -> None:
        """What fails is silenced already."""
        self.it_is_silenced(subjects, minutes, is_window=False)
        self.change(subjects, word, count)

    @precondition(lambda self: self.plant.hushes)
    @rule()
    def silence_is_lifted(self) -> None:
        """All of them, at once."""
        now = self.plant.wall_ms
        self.plant.hushes = [
            replace(hush, until=min(hush.until, now)) for hush in self.plant.hushes
        ]
        self.plant.auditor.hushes = self.plant.hushes

    @rule(count=LONG, word=BAD)
    def it_is_cut_off(self, count: int, word: str) -> None:
        """Isolated for a while, with everything seeming to fail, and connected again."""
        self.plant.is_isolated = self.plant.auditor.is_isolated = True
        self.change(set(DOORS), word, count)
        self.plant.is_isolated = self.plant.auditor.is_isolated = False

    # --- the daemon ------------------------------------------------------------------------------

    @rule()
    def it_is_restarted(self) -> None:
        """Memory is lost."""
        self.plant.start()

    @rule(policy=st.sampled_from(sorted(POLICIES)), storm=st.booleans())
    def thresholds_change(self, policy: str, *, storm: bool) -> None:
        """A reload, with everything as it is."""
        self.policy, self.storm = policy, storm
        self.plant.reload(self.fleet())

    @rule(subject=st.sampled_from(SUBJECTS))
    def one_is_renamed(self, subject: str) -> None:
        """By `formerly:`, there and back."""
        if subject in self.gone:
            return
        before = self.names.get(subject, subject)
        self.names[subject] = f"{subject}-b" if before == subject else subject
        self.plant.hushes = [
            replace(h, subject=self.names[subject]) if h.subject == before else h
            for h in self.plant.hushes
        ]
        self.plant.auditor.hushes = self.plant.hushes
        self.plant.reload(self.fleet())
        self.judge()

    @rule(gone=st.sampled_from([frozenset(DOORS), frozenset({"hub"}), frozenset(SUBJECTS)]))
    def most_are_removed(self, gone: frozenset[str]) -> None:
        """An empty inventory that was believed, and everything back afterwards."""
        self.gone = gone
        self.plant.reload(self.fleet())
        self.rounds_of(2)
        self.gone = frozenset()
        self.plant.reload(self.fleet())
        self.rounds_of(2)
