# ruff: noqa: ANN401, S311, S608, E501 - rows of a table, chance that need not be secret, our own names
"""
Years of tickets, written into an empty store as fast as its database takes them.

Only what lists and statistics read: tickets, labels, checklists and words, each by the
store's own tables and triggers. There are no timelines and no events.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from fettled.store.columns import counted
from fettled.store.engine import make_engine, parse
from fettled.store.search_tables import ERA, POSTGRES_WORDS, WORD_ERA
from fettled.store.words import kept_words

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
#: Between two tickets; a million of them are three years.
_APART = timedelta(seconds=94)
_PIECE = 5_000

#: How many of a hundred thousand tickets have which; what is left over has the last one.
_STATUSES = (("open", 500), ("assigned", 200), ("in_progress", 200), ("pending", 100),
             ("resolved", 4_000), ("closed", 100_000))  # fmt: skip
_PRIORITIES = (("critical", 2_000), ("high", 10_000), ("low", 28_000), ("medium", 100_000))
_KINDS = (("certificate_expiring", 1_000), ("service_down", 20_000), ("user_report", 15_000),
          ("device_offline", 100_000))  # fmt: skip
_SOURCES = (("portal", 500), ("user", 8_000), ("api", 3_000), ("health_monitor", 100_000))
_LEVELS = (("P1", 500), ("P5", 2_000), (None, 100_000))
_GRADES = (("critical", 1_000), ("minor", 10_000), (None, 100_000))
_IMPACTS = (("enterprise", 300), ("single_user", 10_000), (None, 100_000))
_CATEGORIES = (("access", 500), ("hardware", 20_000), (None, 100_000))
_ESCALATIONS = ((2, 100), (1, 3_000), (0, 100_000))
#: Words, and in how many of a million descriptions they stand.
WORDS = {"half": 500_000, "tenth": 100_000, "hundredth": 10_000, "fourhundredth": 2_500,
         "thousandth": 1_000, "dozen": 12}  # fmt: skip
#: Who has three tickets, wherever one can have any.
RARE = "eva"
_COLUMNS = (
    "number", "uuid", "title", "description", "kind", "source", "status", "priority",
    "priority_by_person", "subject", "assignee", "team", "reporter", "shift", "application", "region",
    "project", "created_at", "updated_at", "occurred_at", "recovered_at", "resolved_at", "closed_at",
    "responded_at", "resolution_code", "resolution_at", "resolution_by_type", "resolution_summary",
    "touched", "kept_open", "relapses", "reopen_count", "flap_count", "escalation_level", "generation",
    "labels", "member_count", "level", "severity", "impact", "category", "sla_state",
    "sla_due_at", "version", "last_seq",
)  # fmt: skip
_AFTERWARDS = (
    "ALTER TABLE tickets ENABLE TRIGGER USER",
    """INSERT INTO ticket_counts SELECT status, priority, kind, source, count(*)
    FROM tickets GROUP BY status, priority, kind, source""",
    f"""INSERT INTO ticket_eras SELECT number / {ERA}, min(created_at), max(created_at),
    min(resolved_at), max(resolved_at), max(updated_at) FROM tickets GROUP BY number / {ERA}""",
    """INSERT INTO ticket_labels SELECT key || '=' || value, number
    FROM tickets, jsonb_each_text(labels)""",
)


def fill(url: str, count: int) -> None:
    """Write *count* tickets into the store at *url*, which is up to date and empty."""
    engine = make_engine(parse(url), patient=True)
    with engine.begin() as connection:
        driver: Any = connection.connection.driver_connection
        is_postgres = connection.dialect.name == "postgresql"
        write = _write_postgres if is_postgres else _write_sqlite
        if is_postgres:
            # In one transaction, each count of the same row would walk past all before it.
            driver.execute("ALTER TABLE tickets DISABLE TRIGGER USER")
            driver.execute("DROP INDEX ix_ticket_words_lexemes")
        random = Random(count)
        for first in range(1, count + 1, _PIECE):
            numbers = range(first, min(first + _PIECE, count + 1))
            write(driver, [_ticket(random, number, count) for number in numbers])
        if is_postgres:
            driver.execute(f"SELECT setval('tickets_number_seq', {count})")
            for statement in _AFTERWARDS:
                driver.execute(statement)
            driver.execute(POSTGRES_WORDS)
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        if is_postgres:
            connection.rollback()
            driver.autocommit = True
            driver.execute("VACUUM ANALYZE")
        else:
            connection.rollback()
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


def _one_of(random: Random, shares: tuple[tuple[Any, int], ...]) -> Any:
    drawn = random.randrange(100_000)
    for value, share in shares:
        if drawn < share:
            return value
        drawn -= share
    return shares[-1][0]


def _ticket(random: Random, number: int, count: int) -> dict[str, Any]:
    opened = FIRST + number * _APART
    # What is not over is mostly new.
    is_new = number > count * 0.98 or random.random() < 0.002
    status = (
        _one_of(random, (*_STATUSES[:4], ("open", 100_000)))
        if is_new and random.random() < 0.3
        else random.choice(("resolved", "closed", "closed", "closed"))
    )
    over = status in {"resolved", "closed"}
    ended = opened + timedelta(seconds=random.expovariate(1 / 14_400)) if over else None
    subject = f"door-{int(random.paretovariate(0.7)) % 5000}"
    is_rare = number in {count // 4, count // 2, count - 10}
    said = [word for word, of in WORDS.items() if random.randrange(1_000_000) < of]
    some = " ".join(f"w{int(random.paretovariate(0.4)) % 20000}" for _ in range(8))
    by_people = random.random() < 0.6
    return {
        "number": number,
        "uuid": f"{number:032x}",
        "title": f"Device offline: {subject}",
        "description": f"{some} {' '.join(said)}{' zebra' if is_rare else ''}",
        "kind": "leak" if is_rare else _one_of(random, _KINDS),
        "source": _one_of(random, _SOURCES),
        "status": status,
        "priority": _one_of(random, _PRIORITIES),
        "priority_by_person": False,
        "subject": RARE if is_rare else subject,
        "assignee": RARE if is_rare else f"user-{random.randrange(40)}" if by_people else None,
        "team": RARE if is_rare else f"team-{random.randrange(8)}" if by_people else None,
        "reporter": RARE if is_rare else f"user-{random.randrange(400)}" if by_people else None,
        "shift": "nights" if random.random() < 0.1 else None,
        "application": RARE if is_rare else f"app-{random.randrange(30)}" if by_people else None,
        "region": random.choice(("north", "south")) if by_people else None,
        "project": f"p-{random.randrange(500)}" if by_people else None,
        "created_at": opened,
        "updated_at": ended or opened,
        "occurred_at": opened - timedelta(seconds=60),
        "recovered_at": ended,
        "resolved_at": ended,
        "closed_at": ended if status == "closed" else None,
        "responded_at": opened + timedelta(seconds=300) if by_people and over else None,
        "resolution_code": random.choice(("fixed", "auto_recovered", "no_action")) if over else None,
        "resolution_at": ended,
        "resolution_by_type": "user" if over else None,
        "resolution_summary": "" if over else None,
        "touched": by_people,
        "kept_open": False,
        "relapses": "[]",
        "reopen_count": int(random.random() < 0.1),
        "flap_count": 0,
        "escalation_level": _one_of(random, _ESCALATIONS),
        "generation": 1,
        "labels": json.dumps({"site": RARE if is_rare else f"site-{random.randrange(50)}"}),
        "member_count": int(random.random() < 0.02),
        "level": _one_of(random, _LEVELS),
        "severity": _one_of(random, _GRADES),
        "impact": _one_of(random, _IMPACTS),
        "category": _one_of(random, _CATEGORIES),
        "sla_state": None if over else random.choice(("green", "orange", "red")),
        "sla_due_at": None if over else opened + timedelta(hours=random.randrange(100)),
        "version": 2,
        "last_seq": 0,
    }  # fmt: skip


def _words(ticket: dict[str, Any]) -> tuple[int, str, list[str]]:
    number = ticket["number"]
    kept = kept_words((ticket["title"], ticket["description"], ticket["subject"]))
    return number, kept, [f"{number // WORD_ERA:05x}{word}" for word in kept.split(" ")]


def _members(tickets: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for ticket in tickets:
        if ticket["member_count"]:
            key = f"hub-{ticket['number'] % 200}"
            yield ticket["number"], f"{key}/main", key, ticket["created_at"], "recovered"


def _write_sqlite(driver: Any, tickets: list[dict[str, Any]]) -> None:
    for ticket in tickets:
        for name in _COLUMNS:
            if isinstance(ticket[name], datetime):
                ticket[name] = counted(ticket[name])
    driver.executemany(
        f"INSERT INTO tickets ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})",
        [[ticket[name] for name in _COLUMNS] for ticket in tickets],
    )
    words = [_words(ticket) for ticket in tickets]
    driver.executemany(
        "INSERT INTO ticket_words (number, words) VALUES (?, ?)", [each[:2] for each in words]
    )
    driver.executemany(
        "INSERT INTO ticket_index (rowid, words) VALUES (?, ?)",
        [(number, " ".join(lexemes)) for number, _, lexemes in words],
    )
    driver.executemany(
        "INSERT INTO members (ticket, check_key, subject, joined_at, state) VALUES (?, ?, ?, ?, ?)",
        list(_members(tickets)),
    )


def _write_postgres(driver: Any, tickets: list[dict[str, Any]]) -> None:
    words = [_words(ticket) for ticket in tickets]
    _copy(driver, "tickets", _COLUMNS, ([ticket[name] for name in _COLUMNS] for ticket in tickets))
    kept = ((number, kept, " ".join(sorted(lexemes))) for number, kept, lexemes in words)
    _copy(driver, "ticket_words", ("number", "words", "lexemes"), kept)
    columns = ("ticket", "check_key", "subject", "joined_at", "state")
    _copy(driver, "members", columns, _members(tickets))


def _copy(driver: Any, table: str, columns: tuple[str, ...], rows: Any) -> None:
    with driver.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
