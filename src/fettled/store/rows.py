"""
From core's values to rows and back, one pair of functions a value; tickets stand apart.

No statements. Lists inside a value that nothing searches (flips) are JSON,
their times whole microseconds.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fettled.core.condition import Condition, Flip
from fettled.core.observations import Reason
from fettled.core.spans import Span
from fettled.core.tickets import (
    Actor,
    Entry,
    Member,
)
from fettled.core.words import (
    Gate,
    MemberState,
    Phase,
    Priority,
    SubjectType,
    Verdict,
)
from fettled.ports import Gating, Heartbeat, KnownCheck, OutboxEvent, Subject, Token
from fettled.store.columns import MICROSECOND, counted, uncounted
from fettled.store.link import Row


def dump_entry(number: int, entry: Entry) -> Row:
    """Make the row of a timeline entry of ticket *number*."""
    return {
        "ticket": number,
        "seq": entry.seq,
        "event": entry.event,
        "at": entry.at,
        "actor_type": entry.actor.type,
        "actor_name": entry.actor.name,
        "data": entry.data,
        "triggers": entry.triggers,
    }


def load_entry(row: Row) -> Entry:
    """Make the timeline entry of a row."""
    return Entry(
        event=row["event"],
        at=row["at"],
        actor=Actor(row["actor_type"], row["actor_name"]),
        data=row["data"],
        triggers=row["triggers"],
        seq=row["seq"],
    )


def dump_member(number: int, member: Member) -> Row:
    """Make the row of a line of the checklist of ticket *number*."""
    return {
        "ticket": number,
        "check_key": member.check,
        "subject": member.subject,
        "joined_at": member.joined_at,
        "state": member.state,
        "recovered_at": member.recovered_at,
        "own_ticket": member.ticket,
    }


def load_member(row: Row) -> Member:
    """Make the line of a checklist of a row."""
    return Member(
        check=row["check_key"],
        subject=row["subject"],
        joined_at=row["joined_at"],
        state=MemberState(row["state"]),
        recovered_at=row["recovered_at"],
        ticket=row["own_ticket"],
    )


def load_gating(row: Row) -> Gating:
    """Make the stretch of a gate of a row."""
    return Gating(row["check_key"], Gate(row["gate"]), row["since"], row["until"])


def dump_condition(condition: Condition) -> Row:
    """Make the row of a condition."""
    return {
        "check_key": condition.check,
        "phase": condition.phase,
        "since": condition.since,
        "verdict": condition.verdict,
        "reason": condition.reason,
        "kind": condition.kind,
        "priority": condition.priority,
        "message": condition.message,
        "changed": condition.changed,
        "run_from": condition.run_from,
        "run_last": condition.run_last,
        "run_count": condition.run_count,
        "first": condition.first,
        "healthy_until": condition.healthy_until,
        "up_until": condition.up_until,
        "bad": condition.bad,
        "recovered": condition.recovered,
        "flips": [
            [counted(flip.at), flip.up, flip.held // MICROSECOND] for flip in condition.flips
        ],
        "gate": condition.gate,
        "gate_until": condition.gate_until,
        "incarnation": condition.order[0],
        "seq": condition.order[1],
    }


def load_condition(row: Row) -> Condition:
    """Make the condition of a row."""
    order = (row.pop("incarnation"), row.pop("seq"))
    check = row.pop("check_key")
    row["phase"] = Phase(row["phase"])
    row["verdict"] = Verdict(row["verdict"])
    row["reason"] = Reason(row["reason"])
    row["priority"] = _priority(row["priority"])
    row["gate"] = None if row["gate"] is None else Gate(row["gate"])
    row["bad"] = None if row["bad"] is None else Verdict(row["bad"])
    row["flips"] = tuple(
        Flip(uncounted(at), up, timedelta(microseconds=held)) for at, up, held in row["flips"]
    )
    return Condition(check=check, order=order, **row)


def _priority(word: str | None) -> Priority | None:
    return None if word is None else Priority(word)


def dump_span(span: Span) -> Row:
    """Make the row of a span."""
    return {
        "check_key": span.check,
        "verdict": span.verdict,
        "reason": span.reason,
        "kind": span.kind,
        "priority": span.priority,
        "message": span.message,
        "first": span.first,
        "last": span.last,
        "count": span.count,
        "cadence": span.cadence,
        "incarnation": span.order[0],
        "seq": span.order[1],
    }


def load_span(row: Row) -> Span:
    """Make the span of a row."""
    order = (row.pop("incarnation"), row.pop("seq"))
    check = row.pop("check_key")
    row.pop("number")
    row["verdict"] = Verdict(row["verdict"])
    row["reason"] = Reason(row["reason"])
    row["priority"] = _priority(row["priority"])
    return Span(check=check, order=order, **row)


def dump_heartbeat(beat: Heartbeat) -> Row:
    """Make the row of a heartbeat."""
    return {"check_key": beat.check, "last_seen": beat.last_seen, "listened": beat.listened}


def load_heartbeat(row: Row) -> Heartbeat:
    """Make the heartbeat of a row."""
    return Heartbeat(row["check_key"], row["last_seen"], row["listened"])


def dump_check(check: KnownCheck) -> Row:
    """Make the row of what is known of a check."""
    return {
        "check_key": check.key,
        "type": check.type,
        "keep_on_removal": check.keep_on_removal,
    }


def load_check(row: Row) -> KnownCheck:
    """Make what is known of a check of a row."""
    return KnownCheck(row["check_key"], row["type"], bool(row["keep_on_removal"]))


def load_subject(row: Row) -> Subject:
    """Make the subject of a row."""
    row["id"] = row.pop("number")
    row["type"] = SubjectType(row["type"])
    return Subject(**row)


def dump_token(token: Token) -> Row:
    """Make the row of a token."""
    return {
        "id": token.id,
        "digest": token.digest,
        "user_name": token.user,
        "role": token.role,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "scope": None if token.scope is None else list(token.scope),
    }


def load_token(row: Row) -> Token:
    """Make the token of a row."""
    row["user"], scope = row.pop("user_name"), row.pop("scope")
    return Token(**row, scope=None if scope is None else tuple(scope))


def load_event(row: Row) -> OutboxEvent:
    """Make the outbox event of a row."""
    payload: dict[str, Any] = row["payload"]
    return OutboxEvent(
        id=row["id"],
        position=row["position"],
        event=row["event"],
        at=row["at"],
        number=row["ticket"],
        seq=row["seq"],
        ticket=payload["ticket"],
        actor=payload["actor"],
        data=payload["data"],
    )
