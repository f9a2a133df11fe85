"""
The monitor's own health, judged from a handful of figures.

Pure: it reads no clock and asks nobody, so it answers at once however busy the
daemon is. The fleet's health is no part of it, and neither is any text from the
configuration: whoever asks needs no token.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fettled.core.inventory import Shrunk


class Standing(StrEnum):
    """How a part of the daemon is doing, in the words of application/health+json."""

    PASS = "pass"  # noqa: S105 - the format's own word, not a password
    WARN = "warn"
    FAIL = "fail"


_WORST = {standing: rank for rank, standing in enumerate(Standing)}


@dataclass(frozen=True, slots=True)
class Figures:
    """
    What the daemon's parts last said of themselves.

    Attributes:
        store_age: seconds since the store's writer last proved to be alive; None: never.
        scheduler_age: seconds since the scheduler last ticked; None: never.
        loop_lag: how late the event loop last was, in seconds.
        reload_failed: the last reload was refused.
        reload_shrunk: it was, since too much would have been gone at once.
        shrunk: what was missing at the start, and is not believed to be gone.
        store_down: the store refused its last transaction.
        outbox_age: seconds since what is due was last looked for.
        outbox_oldest: for how many seconds a receiver has waited for something.
    """

    store_age: float | None
    scheduler_age: float | None
    loop_lag: float
    reload_failed: bool = False
    reload_shrunk: bool = False
    shrunk: Shrunk | None = None
    store_down: bool = False
    outbox_age: float = 0.0
    outbox_oldest: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the answer; *unit* is `s` or empty."""

    name: str
    standing: Standing
    value: float | None = None
    unit: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """The whole answer: as bad as its worst part."""

    standing: Standing
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Limit:
    """Seconds above which a part is to be worried about, and above which it is broken."""

    warn: float
    fail: float


# The writer proves itself every second or so; a disk that takes 5 s for it is ill, and
# after 15 s people's actions have begun to fail.
_STORE = _Limit(5, 15)
# The wheel turns every second at the latest; the service manager's watchdog acts at 30 s.
_SCHEDULER = _Limit(5, 30)
# Probes measure their own deadlines and turn unknown when the loop stalls them: at a
# quarter of a second it is visible, at five nothing that was measured can be believed.
_LOOP = _Limit(0.25, 5)
# Each lane looks every five seconds, and waits for the store when it is slow.
_OUTBOX = _Limit(15, 30)
#: By then three tries have failed.
_LATE_SECONDS = 600


def assess(figures: Figures) -> Health:
    """Judge *figures*."""
    parts = (
        _store(figures),
        _aged("scheduler", figures.scheduler_age, _SCHEDULER, "the scheduler does not tick"),
        _aged("event_loop", figures.loop_lag, _LOOP, "the event loop is held up"),
        _outbox(figures),
        _configuration(figures),
    )
    return Health(max((part.standing for part in parts), key=_WORST.__getitem__), parts)


def _store(figures: Figures) -> Part:
    part = _aged("store", figures.store_age, _STORE, "the store does not commit")
    if figures.store_down:
        return Part("store", Standing.FAIL, part.value, part.unit, "the store is down")
    return part


def _aged(name: str, age: float | None, limit: _Limit, fault: str) -> Part:
    if age is None:
        return Part(name, Standing.FAIL, output="has not started yet")
    standing = Standing.PASS
    if age > limit.fail:
        standing = Standing.FAIL
    elif age > limit.warn:
        standing = Standing.WARN
    output = "" if standing is Standing.PASS else fault
    return Part(name, standing, round(max(age, 0.0), 3), "s", output)


def _outbox(figures: Figures) -> Part:
    part = _aged("outbox", figures.outbox_age, _OUTBOX, "what is due is not told")
    if part.standing is Standing.PASS and figures.outbox_oldest > _LATE_SECONDS:
        # A receiver's trouble is not the daemon's: nothing is lost, and it is tried again.
        late = "a receiver has not taken what it was told"
        return Part("outbox", Standing.WARN, round(figures.outbox_oldest, 3), "s", late)
    return part


def _configuration(figures: Figures) -> Part:
    told = []
    if figures.reload_failed:
        why = "inventory_shrunk: " if figures.reload_shrunk else ""
        told.append(f"{why}the last reload was refused; the configuration before it is in force")
    if figures.shrunk is not None:
        told.append(f"inventory_shrunk: {missing(figures.shrunk)}")
    standing = Standing.WARN if told else Standing.PASS
    return Part("configuration", standing, output="; ".join(told))


def missing(shrunk: Shrunk) -> str:
    """Say in figures what is missing, and what can be done about it."""
    return (
        f"{shrunk} are missing since the start and keep their state: put them back, or confirm"
        " with fettled reload --force that they are gone"
    )
