"""
One transaction of the writer: many units, a savepoint each, one COMMIT.

A unit that raises takes back its own savepoint only. What makes the database itself
give up ends the whole batch, which is then run again from its start.

Whether a lost COMMIT took effect is asked of the store: each batch writes its own
random mark into `meta` in its transaction. After reconnecting, the mark is read FOR
UPDATE, so a COMMIT that is still on its way on the server is waited for. Our mark
means that everything was kept; another one, that nothing was.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from sqlalchemy import select

from fettled.core.errors import FettledError, StoreError
from fettled.store.faults import Fault, fault_of, is_drivers, sentence_of
from fettled.store.following import Following
from fettled.store.jobs import Answer, Job
from fettled.store.link import Link
from fettled.store.statements import locking, put
from fettled.store.tables import meta
from fettled.store.unit import SqlUnit

_MARK = put(meta, "name")
_READ_MARK = locking(select(meta.c.value).where(meta.c.name == "batch"))


class Batch:
    """The units of one transaction, and how far it came."""

    def __init__(self, following: Following) -> None:
        self._following = following
        self.jobs: list[Job] = []
        self.answers: list[Answer] = []
        #: Set when COMMIT was sent: from then on only the store knows the outcome.
        self.mark: int | None = None

    def run(self, link: Link, take: Callable[[], Job | None]) -> None:
        """
        Run units as long as *take* gives some, and commit.

        Raises:
            Exception: the driver's, when the batch as a whole has failed.
        """
        link.say("BEGIN" if link.is_postgres else "BEGIN IMMEDIATE")
        while (job := take()) is not None:
            self.jobs.append(job)
            self.answers.append(_run_unit(link, job, self._following))
        mark = secrets.randbits(62)
        link.run(_MARK, {"name": "batch", "value": mark})
        self.mark = mark
        link.say("COMMIT")

    def was_kept(self, link: Link) -> bool:
        """Ask the store, on a new connection, whether this batch was committed."""
        link.say("BEGIN" if link.is_postgres else "BEGIN IMMEDIATE")
        row = link.one(_READ_MARK[True])
        link.say("COMMIT")
        return row is not None and row["value"] == self.mark


def ping(link: Link) -> None:
    """Ask for something small, without a transaction: does the store answer?"""
    link.one(_READ_MARK[False])


def _run_unit(link: Link, job: Job, following: Following) -> Answer:
    link.say("SAVEPOINT unit")
    try:
        value = job.unit(SqlUnit(link, following))
    except Exception as error:
        if is_drivers(error) and fault_of(error) is not Fault.UNIT:
            raise
        link.say("ROLLBACK TO SAVEPOINT unit")
        link.say("RELEASE SAVEPOINT unit")
        return Answer(job, error=_worded(error))
    link.say("RELEASE SAVEPOINT unit")
    return Answer(job, value)


def _worded(error: Exception) -> Exception:
    if isinstance(error, FettledError) or not is_drivers(error):
        return error
    worded = StoreError(f"the store refused this change: {sentence_of(error)}")
    worded.__cause__ = error
    return worded
