"""What stands around a check in tests of the pure engine: fixed answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fettled.core.around import Above, Group, Sibling
from fettled.core.condition import Condition
from fettled.core.context import Context
from fettled.core.gates import Due
from fettled.core.observations import Reason
from fettled.core.phases import Sight
from fettled.core.policy import Policy
from fettled.core.reopening import StayQuiet
from fettled.core.tickets import Ticket
from fettled.core.words import Gate, Phase, Priority, Source, Verdict

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(second: float) -> datetime:
    """The instant of *second*."""
    return START + timedelta(seconds=second)


@dataclass
class Fixed:
    """Fits `fettled.core.around.Around` with what it is given."""

    quiets: tuple[StayQuiet, ...] = ()
    window: datetime | None = None
    isolated: bool = False
    black: Ticket | None = None
    first: Above | None = None
    above: tuple[Above, ...] = ()
    those: tuple[Group, ...] = ()
    everything: Group | None = None
    rollup: Ticket | None = None
    reached: tuple[Sibling, ...] = ()
    about: tuple[Ticket, ...] = ()
    left: Group | None = None
    beginning: datetime | None = None
    asked: list[str] = field(default_factory=list)

    def quiet(self, _at: datetime) -> tuple[StayQuiet, ...]:
        return self.quiets

    def window_ended(self, _at: datetime) -> datetime | None:
        return self.window

    def is_isolated(self) -> bool:
        return self.isolated

    def blackout(self) -> Ticket | None:
        return self.black

    def primary(self) -> Above | None:
        return self.first

    def ancestors(self) -> tuple[Above, ...]:
        return self.above

    def groups(self) -> tuple[Group, ...]:
        return self.those

    def left_on(self) -> Group | None:
        return self.left

    def began(self) -> datetime | None:
        return self.beginning

    def brake(self) -> Group | None:
        return self.everything

    def children_rollup(self) -> Ticket | None:
        return self.rollup

    def below(self) -> tuple[Sibling, ...]:
        return self.reached

    def of_subject(self) -> tuple[Ticket, ...]:
        return self.about


def belief(
    phase: Phase,
    *,
    since: float = 0,
    first: float = 0,
    verdict: Verdict = Verdict.DOWN,
    bad: Verdict | None = Verdict.DOWN,
    gate: Gate | None = None,
    recovered: float | None = None,
    check: str = "hub/main",
) -> Condition:
    """A condition, by seconds."""
    return Condition(
        check,
        phase=phase,
        since=at(since),
        verdict=verdict,
        reason=Reason.REFUSED,
        first=at(first),
        bad=bad,
        gate=gate,
        recovered=None if recovered is None else at(recovered),
    )


def due(
    around: Fixed,
    second: float,
    *,
    since: float = 60,
    first: float = 0,
    policy: Policy | None = None,
    phase: Phase = Phase.FIRING,
) -> Due:
    """`door/main`, failing since *first*, firing since *since*, looked at at *second*."""
    context = Context(
        sight=Sight(timedelta(seconds=30), timedelta(seconds=10)),
        wall=at(second),
        now=at(second),
        subject="door",
        around=around,
    )
    condition = belief(phase, since=since, first=first, check="door/main")
    return Due(condition, policy or Policy(), context, at(second))


def ticket(key: str, number: int = 7) -> Ticket:
    """An open ticket of the monitor's."""
    return Ticket(
        title=key,
        kind="device_offline",
        source=Source.HEALTH_MONITOR,
        priority=Priority.HIGH,
        created_at=START,
        updated_at=START,
        number=number,
        check=key,
        open_key=key,
    )
