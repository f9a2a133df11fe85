"""History in narrow rows and in pieces, for what goes through months of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, or_, select

from fettled.core.availability import Stretch
from fettled.core.spans import Span
from fettled.core.words import Verdict
from fettled.store.link import Link, Row
from fettled.store.rows import load_span
from fettled.store.tables import spans


def _piece(*columns: Any) -> Select[Any]:  # noqa: ANN401 - columns of any type, or a table
    return (
        select(*columns)
        .where(
            spans.c.check_key == bindparam("check"),
            spans.c.last >= bindparam("since"),
            or_(
                spans.c.incarnation > bindparam("incarnation"),
                and_(
                    spans.c.incarnation == bindparam("incarnation"),
                    spans.c.seq > bindparam("seq"),
                ),
            ),
        )
        .order_by(spans.c.incarnation, spans.c.seq)
        .limit(bindparam("limit"))
    )


_PIECE = _piece(
    spans.c.incarnation,
    spans.c.seq,
    spans.c.verdict,
    spans.c.first,
    spans.c.last,
    spans.c.cadence,
)
_WHOLE = _piece(spans)


def stretches(
    link: Link, check: str, since: datetime, after: tuple[int, int] | None, limit: int
) -> list[tuple[tuple[int, int], Stretch]]:
    """Read a piece of a check's history, in order."""
    given = _given(check, since, after, limit)
    return [
        (
            (row["incarnation"], row["seq"]),
            Stretch(Verdict(row["verdict"]), row["first"], row["last"], row["cadence"]),
        )
        for row in link.all(_PIECE, given)
    ]


def history(
    link: Link, check: str, since: datetime, after: tuple[int, int] | None, limit: int
) -> list[Span]:
    """Read the same piece with all that is known of it."""
    return [load_span(row) for row in link.all(_WHOLE, _given(check, since, after, limit))]


def _given(check: str, since: datetime, after: tuple[int, int] | None, limit: int) -> Row:
    incarnation, seq = (-1, -1) if after is None else after
    return {
        "check": check,
        "since": since,
        "incarnation": incarnation,
        "seq": seq,
        "limit": limit,
    }
