"""
What people do to silences and maintenance windows: make, list, end.

A new one is in the rulebook before it is in the store, and is taken out again if it could
not be stored; one that is ended leaves the rulebook after the store has said so. So nothing
is opened after somebody was told that it is silenced.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from functools import partial

from fettled.app.committing import Errands, write_or_doubt
from fettled.app.quiet import Quiet, input_data
from fettled.app.rulebook import Page
from fettled.app.views import QuietState, QuietView
from fettled.core.errors import ConflictError, InvalidError, NotFoundError, StoreUnsureError
from fettled.core.quiet import DEFAULT_SCOPES, Recurrence, Rule, Scope, why_not
from fettled.core.words import Gate
from fettled.ports import QUIET_WORDS, Clock, QuietSpec, Store, UnitOfWork


@dataclass(frozen=True, slots=True)
class Wanted:
    """A silence or window as somebody asks for it; None: the default, or not given."""

    gate: Gate
    reason: str
    subject: str | None = None
    selector: dict[str, str] = field(default_factory=dict)
    scope: Scope | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    recurrence: Recurrence | None = None


class Silences:
    """
    The desk at which silences and windows are made and ended.

    Args:
        check: refuses a recurrence that cannot be expanded (`fettled.calendar.check`).
        source: the configuration file, as its operator calls it.
    """

    def __init__(
        self,
        *,
        quiet: Quiet,
        store: Store,
        clock: Clock,
        check: Callable[[Recurrence], None],
        source: str,
    ) -> None:
        self._quiet = quiet
        self._store = store
        self._clock = clock
        self._check = check
        self._source = source
        self._errands = Errands()

    def list(
        self, gate: Gate, states: frozenset[QuietState], before: str | None, limit: int
    ) -> list[QuietView]:
        """Those of *gate* in *states* whose `place_of` is below *before*, from the highest."""
        at = self._clock.wall()
        found = [
            page
            for page in self._quiet.book.pages.values()
            if page.spec.gate is gate
            and (before is None or place_of(page.spec) < before)
            and _state(self._quiet.book.at(page, at), page.spec, at) in states
        ]
        found.sort(key=lambda page: place_of(page.spec), reverse=True)
        return [self._view(page, at) for page in found[:limit]]

    def get(self, gate: Gate, ident: str) -> QuietView:
        """
        Give one.

        Raises:
            NotFoundError: there is none of that id.
        """
        return self._view(self._find(gate, ident), self._clock.wall())

    async def add(self, wanted: Wanted, author: str) -> QuietView:
        """
        Make one; it holds from now on, or from its start.

        Raises:
            InvalidError: naming the field.
            StoreDownError: nothing was changed.
            StoreUnsureError: it may have been kept, and holds until that is known.
        """
        return await self._errands.run(self._add(wanted, author))

    async def end(self, gate: Gate, ident: str, author: str) -> None:
        """
        End one now; one that is over already stays as it is.

        Raises:
            NotFoundError: there is none of that id.
            ConflictError: it stands in the configuration.
            StoreDownError: it holds on.
        """
        await self._errands.run(self._end(gate, ident, author))

    async def _add(self, wanted: Wanted, author: str) -> QuietView:
        async with self._quiet.changing:
            now = self._clock.wall()
            spec = self._judged(wanted, author, now)
            self._quiet.register(spec)
            unit = partial(_put, spec=spec, did="created", at=now)
            try:
                await write_or_doubt(self._store, unit, self._quiet.doubt)
            except StoreUnsureError:
                raise  # it may have been kept, so it holds
            except BaseException:  # refused, or the daemon ends: it does not hold
                self._quiet.withdraw(spec.id)
                raise
        made = self.get(spec.gate, spec.id)
        return replace(made, notes=tuple(self._notes(made)))

    def _notes(self, made: QuietView) -> Iterator[str]:
        """Yield what is legal of *made*, and may be a slip."""
        spec = made.spec
        for page in self._quiet.book.pages.values():
            other = page.spec
            if other.id == spec.id or _means(other) != _means(spec):
                continue
            view = self._view(page, self._clock.wall())
            if view.state != "ended" and _overlap(view, made):
                yield f"{other.id} is about the same, and overlaps with it: end one of the two"

    async def _end(self, gate: Gate, ident: str, author: str) -> None:
        async with self._quiet.changing:
            page, at = self._find(gate, ident), self._clock.wall()
            if page.spec.origin:
                msg = f"{ident} stands in {self._place(page.spec)}: remove it there, and reload"
                raise ConflictError(msg)
            if _state(self._quiet.book.at(page, at), page.spec, at) == "ended":
                return
            over = replace(page.spec, ended_at=at)
            unit = partial(_put, spec=over, did="deleted", at=at, by=author)
            await write_or_doubt(self._store, unit, self._quiet.doubt)
            self._quiet.register(over)

    def _judged(self, wanted: Wanted, author: str, now: datetime) -> QuietSpec:
        subjects = self._quiet.subjects
        if wanted.subject is not None and wanted.selector:
            msg = "stands beside subject: give one of the two"
            raise InvalidError(msg, "selector")
        if wanted.subject is None and not wanted.selector:
            msg = "is required, or selector with at least one label"
            raise InvalidError(msg, "subject")
        if wanted.subject is not None and wanted.subject not in subjects:
            close = get_close_matches(wanted.subject, subjects, n=1)
            cure = f"did you mean {close[0]}?" if close else "`fettled subjects list` names them"
            msg = f"there is no subject {wanted.subject!r}; {cure}"
            raise InvalidError(msg, "subject")
        starts_at = self._start(wanted, now)
        return QuietSpec(
            id=secrets.token_hex(4),
            gate=wanted.gate,
            subject=wanted.subject,
            selector=wanted.selector,
            scope=wanted.scope or DEFAULT_SCOPES[wanted.gate],
            reason=wanted.reason,
            author=author,
            starts_at=starts_at,
            ends_at=wanted.ends_at,
            recurrence=wanted.recurrence,
            created_at=now,
        )

    def _start(self, wanted: Wanted, now: datetime) -> datetime | None:
        """Judge the times, and say when it starts; None: it recurs."""
        if wanted.recurrence is not None:
            for name in ("starts_at", "ends_at"):
                if getattr(wanted, name) is not None:
                    msg = "stands beside cron: give a start and an end, or cron and duration"
                    raise InvalidError(msg, name)
            self._check(wanted.recurrence)
            return None
        if wanted.ends_at is None:
            msg = "is required"
            raise InvalidError(msg, "ends_at")
        starts_at = wanted.starts_at or now
        if wanted.ends_at <= now:
            msg = "has passed already"
            raise InvalidError(msg, "ends_at")
        wrong = why_not(wanted.gate, starts_at, wanted.ends_at, now)
        if wrong is not None:
            raise InvalidError(wrong[1], wrong[0])
        return starts_at

    def _find(self, gate: Gate, ident: str) -> Page:
        page = self._quiet.book.pages.get(ident)
        if page is None or page.spec.gate is not gate:
            msg = f"there is no {QUIET_WORDS[gate]} {ident}"
            raise NotFoundError(msg)
        return page

    def _view(self, page: Page, at: datetime) -> QuietView:
        spec, rule = page.spec, self._quiet.book.at(page, at)
        starts_at, ends_at = spec.starts_at, spec.ends_at
        if spec.recurrence is not None:
            run = next((each for each in rule.intervals if each.end > at), None)
            starts_at, ends_at = (run.start, run.end) if run is not None else (None, None)
        return QuietView(
            spec=spec,
            state=_state(rule, spec, at),
            starts_at=starts_at,
            ends_at=ends_at,
            matches=len(self._quiet.book.relations.meant(rule)),
            source=self._place(spec) if spec.origin else None,
        )

    def _place(self, spec: QuietSpec) -> str:
        return f"{self._source} ({spec.origin})"


def place_of(spec: QuietSpec) -> str:
    """Give its place in lists: the newest has the highest, the file's the lowest ones."""
    made = "" if spec.created_at is None else spec.created_at.isoformat(timespec="microseconds")
    return f"{made} {spec.id}"


def _state(rule: Rule, spec: QuietSpec, at: datetime) -> QuietState:
    if rule.until(at) is not None:
        return "active"
    ends = [each for each in (spec.ends_at, spec.ended_at) if each is not None]
    return "ended" if ends and min(ends) <= at else "upcoming"


def _put(
    uow: UnitOfWork, *, spec: QuietSpec, did: str, at: datetime, by: str | None = None
) -> None:
    uow.put_silence(spec)
    kind = f"{QUIET_WORDS[spec.gate]}.{did}"
    uow.log_input(kind, at, spec.author if by is None else by, input_data(spec))


def _means(spec: QuietSpec) -> tuple[object, ...]:
    return spec.gate, spec.subject, tuple(sorted(spec.selector.items())), spec.scope


def _overlap(one: QuietView, other: QuietView) -> bool:
    if None in {one.starts_at, one.ends_at, other.starts_at, other.ends_at}:
        return False
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at  # type: ignore[operator]  # None was ruled out
