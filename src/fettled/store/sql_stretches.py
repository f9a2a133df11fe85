"""History in narrow rows and in pieces, for what goes through months of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, bindparam, or_, select

from fettled.core.availability import Stretch
from fettled.core.words import Verdict
from fettled.store.link import Link
from fettled.store.tables import spans

_PIECE = (
    select(
        spans.c.incarnation,
        spans.c.seq,
        spans.c.verdict,
        spans.c.first,
        spans.c.last,
        spans.c.cadence,
    )
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


def stretches(
    link: Link, check: str, since: datetime, after: tuple[int, int] | None, limit: int
) -> list[tuple[tuple[int, int], Stretch]]:
    """Read a piece of a check's history, in order."""
    incarnation, seq = (-1, -1) if after is None else after
    given = {
        "check": check,
        "since": since,
        "incarnation": incarnation,
        "seq": seq,
        "limit": limit,
    }
    return [
        (
            (row["incarnation"], row["seq"]),
            Stretch(Verdict(row["verdict"]), row["first"], row["last"], row["cadence"]),
        )
        for row in link.all(_PIECE, given)
    ]
