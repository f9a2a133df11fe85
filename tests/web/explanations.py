"""Fakes that explain and account, fitting `fettled.web.keys`."""

from __future__ import annotations

from datetime import timedelta

from fettled.app.account import AccountPage
from fettled.app.explain import Explained
from fettled.core.account import Account, Place, Unmapped
from fettled.core.errors import NotFoundError
from fettled.core.explain import Blind, Evidence, Explanation, Run, Stands
from fettled.core.holding import Held
from fettled.core.observations import Reason
from fettled.core.permissions import Principal
from fettled.core.prospects import Coming, Missing, Relapse
from fettled.core.spans import Span
from fettled.core.words import Gate, MemberState, Phase, Verdict
from web.fakes import AT, make_ticket

LATER = AT + timedelta(minutes=5)

EXPLANATION = Explanation(
    check="door-1/ping",
    summary="door-1/ping: down (timeout); it is a line of #42.",
    phase=Phase.FIRING,
    since=AT,
    evidence=(Evidence(Verdict.DOWN, Reason.TIMEOUT, "no answer", AT, LATER, 11),),
    run=Run(is_up=False, since=AT, count=2),
    missing=Missing(Phase.HEALTHY, 60.0, 2, LATER),
    gates=(Held(Gate.SILENCE, LATER, "painters (ann)", "s1"),),
    stands=Stands(make_ticket(member_count=7, done_count=3), is_own=False, line=MemberState.DOWN),
    coming=(Coming("next look", LATER), Coming("its next look decides")),
    relapse=Relapse("reopen", "relapse", "#42 would be reopened", 42, LATER),
    blind=Blind(Reason.STALLED, "", AT),
    waiting=1,
    is_unaccounted=True,
)


class FakeExplainer:
    """One subject."""

    async def explain(self, subject: str, who: Principal | None = None) -> Explained:
        if subject != "door-1":
            msg = f"there is no subject {subject!r}"
            raise NotFoundError(msg)
        return Explained("door-1", "Door 1", AT, (EXPLANATION,))


class FakeHistories:
    """Nothing was seen."""

    async def of(self, *_asked: object) -> list[Span]:
        return []


class FakeAccounts:
    """Two checks, of which one was down."""

    def __init__(self) -> None:
        self.asked: list[tuple[timedelta, str | None, int]] = []

    async def page(self, back: timedelta, after: str | None, limit: int) -> AccountPage:
        self.asked.append((back, after, limit))
        spent = {Place.TICKET: timedelta(minutes=2), Place.DEBOUNCE: timedelta(seconds=1.5)}
        found = Account("door-1/ping", spent, (Unmapped(AT, LATER),))
        if after is None:
            return AccountPage(AT, LATER, 2, (found,), "door-1/ping")
        return AccountPage(AT, LATER, 2, ())
