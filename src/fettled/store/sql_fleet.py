"""
Statements about everything around tickets: subjects, tokens, inputs, outbox, retention.

Decides nothing but which subjects of the configuration are new, changed or gone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, delete, exists, func, null, or_, select, update

from fettled.core.keys import rollup_of
from fettled.ports import Input, OutboxEvent, Subject, SubjectSpec, Token
from fettled.store.columns import counted
from fettled.store.link import Link, Row, Statement
from fettled.store.rows import dump_token, load_event, load_subject, load_token
from fettled.store.statements import add, put
from fettled.store.tables import (
    FORGOTTEN,
    actions,
    gatings,
    inputs,
    meta,
    outbox,
    spans,
    subjects,
    tickets,
    tokens,
)

_SUBJECTS = select(subjects).order_by(subjects.c.number)
_SUBJECT = select(subjects.c.number, subjects.c.name, subjects.c.type).where(
    subjects.c.key == bindparam("key")
)
_PUT_SUBJECT = put(subjects, "key", without=("number",))
_REMOVE = (
    update(subjects).where(subjects.c.key == bindparam("of")).values(removed_at=bindparam("at"))
)
_RENAMES = (
    delete(subjects).where(subjects.c.key == bindparam("new")),
    update(subjects).where(subjects.c.key == bindparam("old")).values(key=bindparam("new")),
    update(tickets).where(tickets.c.subject == bindparam("old")).values(subject=bindparam("new")),
    # What hangs below it was rolled up under its key: that goes along, in place of another's.
    update(tickets)
    .where(tickets.c.check_key == bindparam("new_group"))
    .values(check_key=null(), open_key=null()),
    update(tickets)
    .where(tickets.c.check_key == bindparam("old_group"))
    .values(
        check_key=bindparam("new_group"),
        open_key=case((tickets.c.open_key.is_(None), null()), else_=bindparam("new_group")),
    ),
)
_TOKEN = select(tokens).where(tokens.c.id == bindparam("id"))
_TOKEN_COUNT = select(func.count().label("n")).select_from(tokens)
_ADD_TOKEN = add(tokens)
_INPUTS = (
    select(inputs)
    .where(inputs.c.position > bindparam("after"))
    .order_by(inputs.c.position)
    .limit(bindparam("limit"))
)
_COUNT_START = (
    add(meta)
    .on_conflict_do_update(index_elements=["name"], set_={"value": meta.c.value + 1})
    .returning(meta.c.value)
)
_PUT_FIGURE = put(meta, "name")
_FIGURE = select(meta.c.value).where(meta.c.name == bindparam("name"))
_OUTBOX = (
    select(outbox)
    .where(outbox.c.position > bindparam("after"), outbox.c.ticket.is_not(None))
    .order_by(outbox.c.position)
    .limit(bindparam("limit"))
)
_IS_OWED = exists().where(actions.c.position == outbox.c.position)
_FORGET: tuple[tuple[str, Statement], ...] = (
    (
        "spans_before",
        delete(spans).where(
            spans.c.number.in_(
                select(spans.c.number)
                .where(spans.c.last < bindparam("before"))
                .order_by(spans.c.last)
                .limit(bindparam("limit"))
            )
        ),
    ),
    (
        "spans_before",
        delete(gatings).where(
            gatings.c.number.in_(
                select(gatings.c.number)
                .where(gatings.c.until < bindparam("before"))
                .order_by(gatings.c.number)  # the oldest come first, and an index by it there is
                .limit(bindparam("limit"))
            )
        ),
    ),
    (
        "outbox_before",
        delete(outbox).where(
            outbox.c.position.in_(
                select(outbox.c.position)
                # What somebody is still to be told, or may be told again, stays.
                .where(outbox.c.at < bindparam("before"), ~_IS_OWED)
                .order_by(outbox.c.at)
                .limit(bindparam("limit"))
            )
        ),
    ),
)


def every_subject(link: Link) -> list[Subject]:
    """Read the subjects, the removed ones too, by number."""
    return [load_subject(row) for row in link.all(_SUBJECTS)]


def subject_fields(link: Link, key: str | None) -> dict[str, Any] | None:
    """Describe a ticket's subject as the API does; one that is not configured has only its key."""
    if key is None:
        return None
    row = link.one(_SUBJECT, {"key": key})
    if row is None:
        return {"id": None, "key": key, "name": key, "type": "other"}
    return {"id": row["number"], "key": key, "name": row["name"], "type": row["type"]}


def sync_subjects(link: Link, specs: Sequence[SubjectSpec], at: datetime) -> None:
    """Number the new, update the changed, mark the removed."""
    known = {subject.key: subject for subject in every_subject(link)}
    wanted = {spec.key for spec in specs}
    link.many(
        _PUT_SUBJECT,
        [_subject_row(spec) for spec in specs if not _is_known(spec, known.get(spec.key))],
    )
    link.many(
        _REMOVE,
        [
            {"of": key, "at": at}
            for key, subject in known.items()
            if key not in wanted and subject.removed_at is None
        ],
    )


def rename_subject(link: Link, old: str, new: str) -> None:
    """Carry number and tickets of *old* over to *new*, in place of a removed one there."""
    given = {"old": old, "new": new, "old_group": rollup_of(old), "new_group": rollup_of(new)}
    for statement in _RENAMES:
        link.run(statement, given)


def _subject_row(spec: SubjectSpec) -> Row:
    return {
        "key": spec.key,
        "name": spec.name,
        "type": spec.type,
        "parent": spec.parent,
        "labels": spec.labels,
        "team": spec.team,
        "removed_at": None,
    }


def _is_known(spec: SubjectSpec, subject: Subject | None) -> bool:
    return subject is not None and all(
        getattr(subject, name) == value for name, value in _subject_row(spec).items()
    )


def token(link: Link, token_id: str) -> Token | None:
    """Read a token by its id."""
    row = link.one(_TOKEN, {"id": token_id})
    return None if row is None else load_token(row)


def token_count(link: Link) -> int:
    """Count the tokens."""
    row = link.one(_TOKEN_COUNT)
    return 0 if row is None else int(row["n"])


def add_token(link: Link, value: Token) -> None:
    """Add a token."""
    link.run(_ADD_TOKEN, dump_token(value))


def every_input(link: Link, *, after: int, limit: int) -> list[Input]:
    """Read a piece of the log of inputs."""
    return [Input(**row) for row in link.all(_INPUTS, {"after": after, "limit": limit})]


def inputs_of(link: Link, kinds: Collection[str], since: datetime) -> list[Input]:
    """Read the inputs of some kinds since then."""
    is_meant = or_(*[inputs.c.kind == kind for kind in sorted(kinds)])
    statement = select(inputs).where(is_meant, inputs.c.at >= since).order_by(inputs.c.position)
    return [Input(**row) for row in link.ask(statement)]


def next_incarnation(link: Link) -> int:
    """Count one more start."""
    return int(link.told(_COUNT_START, {"name": "incarnation", "value": 1}))


def figure(link: Link, name: str) -> int | None:
    """Read a single figure."""
    row = link.one(_FIGURE, {"name": name})
    return None if row is None else int(row["value"])


def put_figure(link: Link, name: str, value: int) -> None:
    """Insert or overwrite a single figure."""
    link.run(_PUT_FIGURE, {"name": name, "value": value})


def events(link: Link, *, after: int, limit: int) -> list[OutboxEvent]:
    """Read a piece of the outbox."""
    return [load_event(row) for row in link.all(_OUTBOX, {"after": after, "limit": limit})]


def forget(link: Link, *, spans_before: datetime, outbox_before: datetime, limit: int) -> int:
    """Delete at most *limit* rows of each kind that ended before."""
    put_figure(link, FORGOTTEN, counted(outbox_before))
    before = {"spans_before": spans_before, "outbox_before": outbox_before}
    return sum(
        int(link.run(statement, {"before": before[name], "limit": limit}).rowcount)
        for name, statement in _FORGET
    )
