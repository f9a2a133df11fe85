"""
What the engine did, as log lines: the edges, never the levels.

An event sink (see `fettled.ports.EventSink`) beside the metrics' one. How a line
looks and what is kept out of it is `fettled.telemetry.logs`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from fettled.core.alarm_intake import Received
from fettled.core.condition import Condition
from fettled.core.deliveries import Tried
from fettled.core.errors import ConfigError
from fettled.core.events import told_as
from fettled.core.inventory import Shrunk
from fettled.core.isolation import Link, Standing
from fettled.core.observations import Observation
from fettled.core.tickets import Change
from fettled.core.words import Gate, Phase
from fettled.ports import QuietEdge

PHASE_CHANGED = "check.phase_changed"
GATED = "check.gated"
FAULTED = "daemon.faulted"
ISOLATION_BEGAN = "isolation.began"
ISOLATION_DOUBTED = "isolation.doubted"
ISOLATION_ENDED = "isolation.ended"
STARTED = "daemon.started"
LISTENING = "daemon.listening"
STOPPING = "daemon.stopping"
AUDIT_HEAD = "audit.head"
ALARMS_REFUSED = "alarms.refused"
ALARMS_REPEATED = "alarms.repeated"
TICKETS_FORGOTTEN = "tickets.forgotten"
TOKEN_WRITTEN = "access.token_written"  # noqa: S105 - an event's name
CLOCK_STEPPED = "clock.stepped"
WATCHDOG_FAILED = "watchdog.failed"
WATCHDOG_RECOVERED = "watchdog.recovered"
WATCHDOG_HELD = "watchdog.held"
DELIVERY_FAILED = "delivery.failed"
DELIVERY_RECOVERED = "delivery.recovered"
CONFIG_RELOADED = "config.reloaded"
CONFIG_REFUSED = "config.refused"
CONFIG_NOTED = "config.noted"
INVENTORY_SHRUNK = "config.inventory_shrunk"
SILENCE_STARTED = "silence.started"
SILENCE_ENDED = "silence.ended"
WINDOW_STARTED = "window.started"
WINDOW_ENDED = "window.ended"


#: How many faults a line tells; `fettled check-config` tells all.
_MOST_FAULTS = 3
#: What an entry's data adds to its line: words of ours, and few.
_LOGGED = ("clock",)


@dataclass(slots=True)
class _Failing:
    """Somebody whose last try failed: since when, how many did, and why the last one."""

    since: datetime
    tries: int = 0
    reason: str = ""


class LogSink:
    """Logs each change of phase, each gate that begins to hold, each ticket's events."""

    def __init__(self) -> None:
        self._log = structlog.get_logger()
        self._failing: dict[tuple[str, ...], _Failing] = {}

    def observed(self, seen: Observation, phase: Phase) -> None:
        """Say nothing: an observation is a level."""

    def phase_changed(self, before: Condition, after: Condition) -> None:
        """Log the edge, with the evidence that made it."""
        self._log.info(
            PHASE_CHANGED,
            check=after.check,
            before=before.phase,
            after=after.phase,
            verdict=after.verdict,
            reason=after.reason,
            message=after.message,
        )

    def gated(self, condition: Condition) -> None:
        """Log a gate; we are told when it begins to hold, not each time it still does."""
        self._log.info(
            GATED, check=condition.check, gate=condition.gate, until=condition.gate_until
        )

    def told(self, receiver: str, tried: Tried, events: int, at: datetime) -> None:
        """
        Log that a receiver takes nothing any more, and that it does again.

        Every single try is counted by the metrics, and is for whoever looks for a fault here.

        Args:
            receiver: whose lane it is.
            tried: what came of a try.
            events: how many events it told.
            at: the daemon's own time.
        """
        events_of = (DELIVERY_FAILED, DELIVERY_RECOVERED)
        self._tried(events_of, tried, at, {"receiver": receiver}, events=events)

    def pinged(self, tried: Tried, at: datetime) -> None:
        """Log that the watchdog's URL does not take the call any more, and that it does again."""
        self._tried((WATCHDOG_FAILED, WATCHDOG_RECOVERED), tried, at, {})

    def _tried(
        self,
        names: tuple[str, str],
        tried: Tried,
        at: datetime,
        of: dict[str, str],
        **told: object,
    ) -> None:
        """Log the edges of what is tried again and again; *names* are of failing and of its end."""
        failed, recovered = names
        key = (failed, *of.values())
        failing = self._failing.get(key)
        if tried.is_delivered:
            if failing is not None:
                del self._failing[key]
                after = round((at - failing.since).total_seconds(), 1)
                self._log.info(recovered, **of, tries=failing.tries, after_seconds=after)
            return
        if failing is None:
            failing = self._failing[key] = _Failing(at)
            log = self._log.warning
        else:
            # Another reason may be news, and may be two that take turns.
            log = self._log.debug if tried.reason == failing.reason else self._log.info
        failing.tries, failing.reason = failing.tries + 1, tried.reason
        why = {"reason": tried.reason, "detail": tried.detail}
        log(failed, **of, **told, **why, tries=failing.tries)

    def ping_held(self, parts: Sequence[str]) -> None:
        """Log that the watchdog's URL is not called, since something does not progress."""
        self._log.warning(WATCHDOG_HELD, parts=" ".join(parts))

    def changed(self, change: Change) -> None:
        """Log each entry of the ticket's timeline; the free text of people stays in the store."""
        ticket = change.ticket
        for entry in change.entries:
            self._log.info(
                told_as(entry.event),
                number=ticket.number,
                reference=ticket.reference,
                title=ticket.title,
                kind=ticket.kind,
                status=ticket.status,
                priority=ticket.priority,
                check=ticket.check,
                actor=entry.actor.name or entry.actor.type,
                **{name: entry.data[name] for name in _LOGGED if name in entry.data},
            )

    def isolation_changed(self, link: Link) -> None:
        """Log that the monitor is cut off, that this is not believed any more, or that it ended."""
        told = {"network": link.network, "standing": link.standing}
        if link.standing is Standing.CONNECTED:
            self._log.info(ISOLATION_ENDED, **told)
        elif link.standing is Standing.DOUBTED:
            self._log.error(ISOLATION_DOUBTED, **told)
        else:
            self._log.warning(ISOLATION_BEGAN, **told)

    def started(self, version: str, checks: int, notes: Sequence[str]) -> None:
        """Log the start, and what the configuration left to be said."""
        self._note(notes)
        self._log.info(STARTED, version=version, checks=checks)

    def listening(self, address: str, control: str) -> None:
        """Log where the daemon answers."""
        self._log.info(LISTENING, address=address, control=control)

    def audit_head(self, head: str) -> None:
        """Tell how far the audit log goes: `position:hash`, for `fettled audit verify --head`."""
        self._log.info(AUDIT_HEAD, head=head)

    def tickets_forgotten(self, count: int) -> None:
        """Tell how many tickets were deleted because they were old."""
        self._log.info(TICKETS_FORGOTTEN, count=count)

    def alarms_refused(self, received: Received) -> None:
        """Log that alarms of a source were not taken, and why the first was not."""
        refused = [line.because for line in received.lines if line.is_refused]
        first = next(iter([*received.faults, *refused]), "")
        self._log.warning(
            ALARMS_REFUSED, source=received.source, count=received.refused, message=first
        )

    def alarms_repeated(self, received: Received) -> None:
        """Log that a signed message came again: its sender's, or of somebody who recorded it."""
        self._log.info(ALARMS_REPEATED, source=received.source)

    def token_written(self, path: str) -> None:
        """Log where the first administrator's token is; never the token."""
        self._log.info(TOKEN_WRITTEN, path=path)

    def stopping(self) -> None:
        """Log the beginning of the end."""
        self._log.info(STOPPING)

    def clock_stepped(self, step: timedelta) -> None:
        """Log that the wall clock jumped; nothing that is timed here did."""
        self._log.warning(CLOCK_STEPPED, seconds=step.total_seconds())

    def quiet_changed(self, edge: QuietEdge) -> None:
        """Log that a silence or maintenance window began or ended to hold."""
        spec = edge.spec
        told = {
            "id": spec.id,
            "subject": spec.subject,
            "selector": spec.selector,
            "scope": spec.scope,
            "until": edge.ends_at,
            "reason": spec.reason,
            "author": spec.author,
        }
        match spec.gate, edge.started:
            case Gate.SILENCE, True:
                self._log.info(SILENCE_STARTED, **told)
            case Gate.SILENCE, False:
                self._log.info(SILENCE_ENDED, **told)
            case _, True:
                self._log.info(WINDOW_STARTED, **told)
            case _:
                self._log.info(WINDOW_ENDED, **told)

    def reloaded(self, subjects: int, checks: int, notes: Sequence[str]) -> None:
        """Log that a configuration was read again and is in force, and what is left to be said."""
        self._note(notes)
        self._log.info(CONFIG_RELOADED, subjects=subjects, checks=checks)

    def refused(self, error: ConfigError) -> None:
        """Log that a configuration was read again and cannot be used; the one before stays."""
        faults = [line for line in str(error).splitlines() if line.strip()]
        self._log.error(CONFIG_REFUSED, faults=faults[:_MOST_FAULTS], count=len(faults))

    def shrunk(self, shrunk: Shrunk) -> None:
        """Log that subjects are missing, and are not believed to be gone."""
        self._log.warning(
            INVENTORY_SHRUNK, missing=shrunk.gone, of=shrunk.of, answers=shrunk.answers
        )

    def faulted(self, where: str, error: BaseException) -> None:
        """Log a fault of our own that was survived."""
        self._log.error(FAULTED, part=where, exc_info=error)

    def _note(self, notes: Sequence[str]) -> None:
        for note in notes:
            self._log.info(CONFIG_NOTED, note=note)
