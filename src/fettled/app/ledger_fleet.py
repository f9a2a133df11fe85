"""
The part of the ledger that is about the fleet, and the journal that takes units back.

Subjects, what is known of checks, heartbeats, tokens and the log of inputs. Tickets and
beliefs are `ledger`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from fettled.core.errors import StoreError
from fettled.core.spans import Span
from fettled.core.tickets import Actor
from fettled.ports import (
    Heartbeat,
    Input,
    KnownCheck,
    OutboxEvent,
    QuietSpec,
    Subject,
    SubjectSpec,
    Token,
)

_NOTHING: Any = object()


class FleetLedger:
    """What is watched, as the store knows it."""

    def __init__(self) -> None:
        self._journal: list[Callable[[], object]] = []
        self._subjects: dict[str, Subject] = {}
        self._last_id = 0
        self._checks: dict[str, KnownCheck] = {}
        self._beats: dict[str, Heartbeat] = {}
        self._spans: dict[str, dict[tuple[int, int], Span]] = {}
        self._inputs: list[Input] = []
        self._tokens: dict[str, Token] = {}
        self._silences: dict[str, QuietSpec] = {}
        self._figures: dict[str, int] = {}
        self._incarnation = 0

    # --- the journal --------------------------------------------------------------------

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Take back all that is written inside when it fails."""
        self._journal.clear()
        try:
            yield
        except BaseException:  # as a transaction is taken back, also by Ctrl-C
            while self._journal:
                self._journal.pop()()
            raise

    def commit(self) -> None:
        """Let what was written stand; for whoever writes without a unit."""
        self._journal.clear()

    def _undo(self, how: Callable[[], object]) -> None:
        self._journal.append(how)

    def _set(self, table: dict[Any, Any], key: Any, value: Any) -> None:  # noqa: ANN401 - any table
        before = table.get(key, _NOTHING)
        table[key] = value
        if before is _NOTHING:
            self._journal.append(lambda: table.pop(key))
        else:
            self._journal.append(lambda: table.__setitem__(key, before))

    def _unset(self, table: dict[Any, Any], key: Any) -> None:  # noqa: ANN401 - any table
        if key in table:
            before = table.pop(key)
            self._journal.append(lambda: table.__setitem__(key, before))

    def _add(self, items: list[Any], item: Any) -> None:  # noqa: ANN401 - any list
        items.append(item)
        self._journal.append(items.pop)

    # --- silences -----------------------------------------------------------------------

    def silences(self) -> list[QuietSpec]:
        """The silences and maintenance windows that people made, the oldest first."""
        return sorted(self._silences.values(), key=lambda each: (str(each.created_at), each.id))

    def put_silence(self, spec: QuietSpec) -> None:
        """Insert it, or overwrite the one of that id."""
        self._set(self._silences, spec.id, replace(spec, origin=""))

    def forget_silences(self, before: datetime) -> int:
        """Delete those that ended before; how many were."""
        over = [spec.id for spec in self._silences.values() if _is_over(spec, before)]
        for ident in over:
            self._unset(self._silences, ident)
        return len(over)

    # --- subjects and checks ------------------------------------------------------------

    def subjects(self) -> list[Subject]:
        """Every subject, the removed ones too, by number."""
        return sorted(self._subjects.values(), key=lambda subject: subject.id)

    def sync_subjects(self, specs: Sequence[SubjectSpec], at: datetime) -> None:
        """Number the new, update the changed, mark the removed."""
        for spec in specs:
            known = self._subjects.get(spec.key)
            if known is None:
                self._set(vars(self), "_last_id", self._last_id + 1)
            subject = Subject(
                id=self._last_id if known is None else known.id,
                key=spec.key,
                name=spec.name,
                type=spec.type,
                parent=spec.parent,
                labels=spec.labels,
                team=spec.team,
                removed_at=None,
            )
            self._set(self._subjects, spec.key, subject)
        wanted = {spec.key for spec in specs}
        for subject in self.subjects():
            if subject.key not in wanted and subject.removed_at is None:
                self._set(self._subjects, subject.key, replace(subject, removed_at=at))

    def rename_subject(self, old: str, new: str) -> None:
        """Carry number and silences of *old* over to *new*."""
        self._unset(self._subjects, new)
        subject = self._subjects.get(old)
        if subject is not None:
            self._unset(self._subjects, old)
            self._set(self._subjects, new, replace(subject, key=new))
        for spec in [each for each in self._silences.values() if each.subject == old]:
            self._set(self._silences, spec.id, replace(spec, subject=new))

    def checks(self) -> dict[str, KnownCheck]:
        """Those of the configuration that was adopted last, by key."""
        return dict(self._checks)

    def put_checks(self, checks: Iterable[KnownCheck]) -> None:
        """Insert or overwrite what is known of checks."""
        for each in checks:
            self._set(self._checks, each.key, each)

    def rename_check(self, old: str, new: str) -> None:
        """Carry what is known, beats and spans of *old* over to *new*."""
        for table in (self._checks, self._beats, self._spans):
            self._unset(table, new)
        if (known := self._checks.get(old)) is not None:
            self._unset(self._checks, old)
            self._set(self._checks, new, replace(known, key=new))
        if (beat := self._beats.get(old)) is not None:
            self._unset(self._beats, old)
            self._set(self._beats, new, replace(beat, check=new))
        if (spans := self._spans.get(old)) is not None:
            self._unset(self._spans, old)
            moved = {order: replace(span, check=new) for order, span in spans.items()}
            self._set(self._spans, new, moved)

    def delete_check(self, check: str, at: datetime) -> None:
        """Forget what is known of a check."""
        del at
        self._unset(self._checks, check)
        self._unset(self._beats, check)

    def heartbeats(self) -> dict[str, Heartbeat]:
        """Every heartbeat, by check."""
        return dict(self._beats)

    def put_heartbeats(self, beats: Iterable[Heartbeat]) -> None:
        """Insert or overwrite heartbeats; how long this process listened is not kept."""
        for beat in beats:
            self._set(self._beats, beat.check, Heartbeat(beat.check, beat.last_seen, beat.listened))

    # --- inputs, tokens, starts ---------------------------------------------------------

    def log_input(self, kind: str, at: datetime, actor: Actor | str, data: dict[str, Any]) -> None:
        """Record an input other than an observation; nothing is chained here."""
        name = actor if isinstance(actor, str) else actor.name or actor.type
        self._add(self._inputs, Input(len(self._inputs) + 1, kind, at, name, data))

    def inputs(self, *, after: int, limit: int) -> list[Input]:
        """The log of other inputs from *after* on, in its order."""
        return self._inputs[after : after + limit]

    def inputs_of(self, kinds: Collection[str], *, since: datetime) -> list[Input]:
        """Those of some kinds since then."""
        return [one for one in self._inputs if one.kind in kinds and one.at >= since]

    def token(self, token_id: str) -> Token | None:
        """One token."""
        return self._tokens.get(token_id)

    def token_count(self) -> int:
        """How many tokens there are."""
        return len(self._tokens)

    def add_token(self, token: Token) -> None:
        """Add a token."""
        if token.id in self._tokens:
            msg = "the store refused this change: there is a token of that id"
            raise StoreError(msg)
        self._set(self._tokens, token.id, token)

    def figure(self, name: str) -> int | None:
        """Give a single figure that was kept by name."""
        return self._figures.get(name)

    def put_figure(self, name: str, value: int) -> None:
        """Keep a single figure by name."""
        self._set(self._figures, name, value)

    def next_incarnation(self) -> int:
        """Count this start of the daemon."""
        self._set(vars(self), "_incarnation", self._incarnation + 1)
        return self._incarnation

    def outbox(self, *, after: int, limit: int) -> list[OutboxEvent]:
        """Nothing: nobody is told of what happens here."""
        del after, limit
        return []


def _is_over(spec: QuietSpec, before: datetime) -> bool:
    ends = (spec.ends_at, spec.ended_at)
    return any(end is not None and end < before for end in ends)
