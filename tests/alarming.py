"""Alarms as sources tell them, sources with rules, and the use cases that take them in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from desk import Desk
from fettled.app.alarms import Alarms
from fettled.core.alarm_intake import Received
from fettled.core.alarms import Aggregate, Clause, Form, Mapped, Op, Rule, Source, digest
from fettled.core.policy import SHIPPED, Policy, passive
from fettled.core.words import Level, Priority, SubjectType
from fettled.ports import Fleet, SubjectSpec

POLICY: Policy = passive(SHIPPED[SubjectType.OTHER], 1)
ANY = Rule("any", "any", POLICY)


def alert(name: str = "DiskFull", status: str = "firing", **labels: str) -> dict[str, Any]:
    """Make an alert as Alertmanager tells it."""
    labels = {"alertname": name, **labels}
    return {
        "status": status,
        "labels": labels,
        "annotations": {"summary": f"{name} of {labels.get('instance', 'somebody')}"},
        "startsAt": "2026-11-21T08:30:00.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": digest(repr(sorted(labels.items()))),
    }


def over(name: str = "DiskFull", **labels: str) -> dict[str, Any]:
    """Make the same alert, resolved."""
    return alert(name, "resolved", **labels)


def webhook(*alerts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make the body of Alertmanager's webhook."""
    return {
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "fettled",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example",
        "alerts": list(alerts),
        **more,
    }


def source(*rules: Rule, **more: Any) -> Source:
    """Make a source called prom, whose own subject is prom."""
    given = {"name": "prom", "form": Form.ALERTMANAGER, "own": "prom", **more}
    return Source(rules=rules or (ANY,), **given)


def rule(
    name: str = "rule",
    *,
    when: dict[str, str] | None = None,
    level: Level | None = None,
    priority: Priority | None = None,
    group: Aggregate | None = None,
    **more: Any,
) -> Rule:
    """Make a rule that matches the labels of *when*."""
    clauses = tuple(Clause(f"labels.{key}", Op.EQ, value) for key, value in (when or {}).items())
    return replace(
        ANY,
        name=name,
        key=name,
        clauses=clauses,
        level=level,
        priority=priority,
        aggregate=group,
        **more,
    )


def generic(**more: Any) -> Source:
    """Make a source that writes JSON of its own."""
    return source(form=Form.GENERIC, mapped=Mapped(**more))


@dataclass
class Intake:
    """A desk that alarms are told at."""

    desk: Desk
    told: list[Received] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.alarms = Alarms(
            store=self.desk.store,
            clock=self.desk.clock,
            memory=self.desk.memory,
            take=self.desk.looker.take,
            tell=self.told.append,
        )
        self.desk.observer.wake = self.alarms.wake

    async def adopt(self, fleet: Fleet, *sources: Source, why: str = "start") -> None:
        """Adopt *fleet* with *sources*, each with a subject of its own."""
        own = {s.own: SubjectSpec(s.own, s.own, SubjectType.OTHER) for s in sources}
        whole = replace(
            fleet,
            subjects={**own, **fleet.subjects},
            sources={each.name: each for each in sources},
        )
        async with self.alarms.adopting(whole) as adopted:
            await self.desk.adopt(adopted, why)
        self.alarms.begin()
        await self.settle()

    async def push(self, *alerts: dict[str, Any], name: str = "prom", **more: Any) -> Received:
        """Have a source tell *alerts*."""
        received = await self.alarms.push(name, webhook(*alerts, **more))
        await self.settle()
        return received

    async def settle(self) -> None:
        """Wait until everything is decided, and whoever was woken by it has been looked at."""
        for _ in range(4):
            await asyncio.sleep(0)
            await self.desk.observer.settle()

    async def wait(self, lasting: timedelta, every: timedelta = timedelta(seconds=15)) -> None:
        """Let time pass, in which what holds is looked at."""
        end = self.desk.clock.now() + lasting
        while self.desk.clock.now() < end:
            self.desk.clock.advance(every)
            await self.alarms.turn()
            await self.settle()

    def restarted(self) -> Intake:
        """A new process on the same store."""
        return Intake(self.desk.restarted())
