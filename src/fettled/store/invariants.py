"""
`check`: whether a store holds together, told in sentences; an empty list means it does.

Reads only, in one transaction, beside a running daemon. What the database itself
forbids is asked too: a restored or repaired file may have lost a constraint.
"""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlalchemy.engine import URL

from fettled.store.columns import uncounted
from fettled.store.engine import make_engine, parse, sqlite_path
from fettled.store.faults import explained
from fettled.store.guard import admit
from fettled.store.schema import require_current
from fettled.store.tables import FORGOTTEN, meta, outbox, timeline

#: At most this many offenders are named for each rule.
_NAMED = 5

#: A rule in the words of its breach, and a query for who breaks it.
_RULES = {
    "a condition has more than one open ticket": """
        SELECT check_key FROM tickets
        WHERE status NOT IN ('resolved', 'closed') AND check_key IS NOT NULL
        GROUP BY check_key HAVING count(*) > 1
    """,
    "a ticket's open key does not fit its status": """
        SELECT number FROM tickets
        WHERE CASE WHEN status IN ('resolved', 'closed') THEN open_key IS NOT NULL
                   ELSE check_key IS NOT NULL AND open_key IS NULL END
    """,
    "a ticket's resolved_at or closed_at does not fit its status": """
        SELECT number FROM tickets
        WHERE (status IN ('resolved', 'closed')) <> (resolved_at IS NOT NULL)
           OR (status = 'closed') <> (closed_at IS NOT NULL)
    """,
    "a resolved ticket does not say how it was resolved": """
        SELECT number FROM tickets
        WHERE status IN ('resolved', 'closed') AND resolution_code IS NULL
    """,
    "a timeline has holes, or ends elsewhere than its ticket says": """
        SELECT number FROM tickets LEFT JOIN timeline ON timeline.ticket = tickets.number
        GROUP BY number, last_seq
        HAVING count(seq) <> last_seq OR coalesce(max(seq), 0) <> last_seq
            OR coalesce(min(seq), 1) <> 1
    """,
    "an outbox event belongs to no timeline entry that triggers": """
        SELECT id FROM outbox LEFT JOIN timeline USING (ticket, seq)
        WHERE outbox.ticket IS NOT NULL
          AND (timeline.event IS NULL OR NOT timeline.triggers)
    """,
    "a checklist is not what its ticket counts": """
        SELECT number FROM tickets LEFT JOIN members ON members.ticket = tickets.number
        GROUP BY number, member_count, done_count
        HAVING count(members.check_key) <> member_count
            OR count(CASE WHEN members.state <> 'down' THEN 1 END) <> done_count
    """,
    "a line of a checklist belongs to no ticket": """
        SELECT check_key FROM members
        WHERE ticket NOT IN (SELECT number FROM tickets)
    """,
    # Not the other way round: where the one it went into was deleted, the link is gone.
    "a ticket that went into another is not resolved as merged, or there is no such other": """
        SELECT number FROM tickets
        WHERE merged_into IS NOT NULL
          AND (status NOT IN ('resolved', 'closed') OR resolution_code <> 'merged'
               OR merged_into NOT IN (SELECT number FROM tickets))
    """,
    "the kept number of tickets is not what there are": """
        SELECT coalesce(kept.status, there.status)
        FROM (SELECT * FROM ticket_counts WHERE n <> 0) AS kept
        FULL JOIN (SELECT status, priority, kind, source, count(*) AS n FROM tickets
            GROUP BY status, priority, kind, source) AS there
        ON kept.status = there.status AND kept.priority = there.priority
            AND kept.kind = there.kind AND kept.source = there.source
        WHERE kept.n IS NULL OR there.n IS NULL OR kept.n <> there.n
    """,
    "a ticket cannot be found by its words": """
        SELECT number FROM tickets WHERE number NOT IN (SELECT number FROM ticket_words)
    """,
    "more than one gate holds a check": """
        SELECT check_key FROM gatings WHERE until IS NULL
        GROUP BY check_key HAVING count(*) > 1
    """,
    "an attachment is not as long as it says": """
        SELECT id FROM attachments LEFT JOIN attachment_bytes ON attachment = id
        GROUP BY id, size HAVING coalesce(sum(length(content)), 0) <> size
    """,
    "a span ends before it begins, or counts nothing": """
        SELECT number FROM spans WHERE last < first OR count < 1
    """,
}

_FORGOTTEN = select(meta.c.value).where(meta.c.name == FORGOTTEN)
_MISSING = "a timeline entry that triggers has no event in the outbox"


def check(url: str) -> list[str]:
    """
    List what is wrong with the store.

    Raises:
        StoreError: it cannot be read at all.
    """
    parsed = parse(url)
    path = sqlite_path(parsed)
    if path is not None:
        admit(path, create=False)
    require_current(parsed)
    engine = make_engine(parsed, readonly=True, patient=True)
    with explained(parsed), engine.connect() as connection, connection.begin():
        return [*_physical(connection, parsed), *_logical(connection)]


def _physical(connection: Connection, url: URL) -> list[str]:
    if url.get_backend_name() != "sqlite":
        return []
    found = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check").fetchall()]
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    return [f"the file is damaged: {line}" for line in found if line != "ok"] + [
        f"row {row[1]} of {row[0]} points to a row of {row[2]} that is not there"
        for row in broken[:_NAMED]
    ]


def _logical(connection: Connection) -> list[str]:
    found = {
        rule: [row[0] for row in connection.exec_driver_sql(query)]
        for rule, query in _RULES.items()
    }
    found[_MISSING] = _missing_events(connection)
    return [f"{rule}: {_names(offenders)}" for rule, offenders in found.items() if offenders]


def _missing_events(connection: Connection) -> list[object]:
    """List tickets with an event missing, among those that retention has not forgotten."""
    forgotten = connection.execute(_FORGOTTEN).scalar()
    entries = timeline.outerjoin(
        outbox, (outbox.c.ticket == timeline.c.ticket) & (outbox.c.seq == timeline.c.seq)
    )
    statement = (
        select(timeline.c.ticket)
        .select_from(entries)
        .where(timeline.c.triggers, outbox.c.id.is_(None))
        .where(timeline.c.at >= uncounted(forgotten or 0))
    )
    return list(connection.execute(statement).scalars())


def _names(offenders: list[object]) -> str:
    named = ", ".join(str(offender) for offender in offenders[:_NAMED])
    left = len(offenders) - _NAMED
    return named if left <= 0 else f"{named} and {left} more"
