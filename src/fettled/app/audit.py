"""The audit log: listed page by page, and its chain verified from the first row to the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fettled.core.audit import GENESIS, hash_of
from fettled.ports import AuditFilter, DeskReader, DeskStore, Input, Reader

#: Rows that are held in memory at once.
_PAGE = 1000

# Named here, since the method `list` hides the type below itself.
Rows = list[Input]


class Audit:
    """The desk at which the audit log is read."""

    def __init__(self, store: DeskStore) -> None:
        self._store = store

    async def list(self, which: AuditFilter, before: int | None, limit: int) -> Rows:
        """Rows, the newest first, at positions below *before*."""
        return await self._store.read(lambda r: r.audit(which, before=before, limit=limit))


@dataclass(frozen=True, slots=True)
class Head:
    """The newest row of a chain: *position* and *hash*; of an empty one 0, and `GENESIS`."""

    position: int = 0
    hash: str = GENESIS

    def __str__(self) -> str:
        """Write it as it is to be kept elsewhere."""
        return f"{self.position}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Verified:
    """
    What became of a verification.

    Attributes:
        head: the newest row that was read.
        rows: how many were read.
        bad: the position of the first row that does not follow from those before it.
        fault: what is wrong, in a sentence; None: nothing.
    """

    head: Head
    rows: int
    bad: int | None = None
    fault: str | None = None


def head_of(reader: DeskReader) -> Head:
    """Give the head of the chain as it is now."""
    newest = reader.audit_head()
    return Head() if newest is None else Head(newest.position, newest.hash)


def verify(
    reader: Reader,
    anchor: str | None = None,
    tell: Callable[[int], None] = lambda _position: None,
) -> Verified:
    """
    Verify the chain; rows that are added meanwhile are verified, too.

    Args:
        reader: of a store; each page is a question of its own.
        anchor: a hash that the chain had at its head once, and so must still have. Without
            one nobody can tell that rows at the end are missing, or that all was written anew.
        tell: hears how far it is.
    """
    previous, position, rows = GENESIS, 0, 0
    is_anchored = anchor is None or anchor == GENESIS
    for row in _rows(reader, tell):
        if hash_of(previous, row) != row.hash:
            head = Head(position, previous)
            return Verified(head, rows, row.position, _fault(head, row))
        previous, position, rows = row.hash, row.position, rows + 1
        is_anchored = is_anchored or anchor == previous
    head = Head(position, previous)
    if not is_anchored:
        lost = "rows at its end were removed, or all of it was written anew"
        return Verified(head, rows, None, f"the anchored hash is nowhere in the chain: {lost}")
    return Verified(head, rows)


def _rows(reader: Reader, tell: Callable[[int], None]) -> Iterator[Input]:
    after = 0
    while page := reader.inputs(after=after, limit=_PAGE):
        yield from page
        after = page[-1].position
        tell(after)


def _fault(head: Head, row: Input) -> str:
    """Say what a row's hash tells: whether it is the row itself, or what stands before it."""
    if row.position > head.position + 1:
        first, last = head.position + 1, row.position - 1
        missing = f"row {first} is" if first == last else f"rows {first} to {last} are"
        return f"row {row.position} does not follow from what is before it: {missing} missing"
    return (
        f"row {row.position} is not what was written there: it was changed, moved or put in, "
        "or the row before it was"
    )
