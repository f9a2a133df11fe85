"""Comments and attachments in the store, on every database."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from fettled.core.attachments import Attachment
from fettled.core.tickets import Change
from fettled.store import SqlStore, check
from stores import rows
from tickets_for import ANN, NOW, entry, opening

#: Longer than a piece, and no multiple of one.
CONTENT = bytes(range(256)) * 2_500 + b"end"


def attachment(content: bytes = CONTENT, **fields: object) -> Attachment:
    """Make one that is not stored yet."""
    made = Attachment(
        ticket=1,
        name="smørrebrød.txt",
        media_type="text/plain",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        by=ANN,
        at=NOW,
    )
    return replace(made, **fields)


async def pieces(store: SqlStore, ident: int) -> list[bytes]:
    """Read every piece of a content."""
    found: list[bytes] = []
    while True:
        piece = await store.read(lambda r: r.attachment_piece(ident, len(found)))
        if piece is None:
            return found
        found.append(piece)


async def test_a_file_comes_back_byte_for_byte_in_pieces(store: SqlStore) -> None:
    """No piece is the whole, and together they are."""
    await store.write(lambda u: u.apply(opening()))
    kept = await store.write(lambda u: u.add_attachment(attachment(), CONTENT))

    assert kept == replace(attachment(), id=kept.id)
    assert await store.read(lambda r: r.attachments(1)) == [kept]
    assert await store.read(lambda r: r.attachment(1, kept.id)) == kept
    found = await pieces(store, kept.id)
    assert b"".join(found) == CONTENT
    assert max(map(len, found)) <= 256 * 1024
    assert len(found) == 3


async def test_what_another_ticket_has_is_not_ones_own(store: SqlStore) -> None:
    """An id alone gives nothing."""
    for key in ("a/ping", "b/ping"):
        await store.write(lambda u, key=key: u.apply(opening(key)))
    kept = await store.write(lambda u: u.add_attachment(attachment(b"x"), b"x"))

    assert await store.read(lambda r: r.attachment(2, kept.id)) is None
    assert await store.read(lambda r: r.attachments(2)) == []


async def test_the_same_file_twice_is_forbidden_by_the_database(store: SqlStore) -> None:
    """Whatever the use case forgot to ask."""
    await store.write(lambda u: u.apply(opening()))
    await store.write(lambda u: u.add_attachment(attachment(b"x"), b"x"))
    with pytest.raises(Exception, match=r"(?i)unique"):
        await store.write(lambda u: u.add_attachment(attachment(b"x"), b"x"))
    other = attachment(b"x", name="other.txt")
    await store.write(lambda u: u.add_attachment(other, b"x"))
    assert [one.name for one in await store.read(lambda r: r.attachments(1))] == [
        "smørrebrød.txt",
        "other.txt",
    ]


async def test_a_unit_that_fails_keeps_no_byte(store: SqlStore, url: str) -> None:
    """Neither the attachment nor any piece of it."""
    await store.write(lambda u: u.apply(opening()))

    def half(unit: object) -> None:
        unit.add_attachment(attachment(), CONTENT)  # type: ignore[attr-defined]  # a unit
        msg = "the caller changed its mind"
        raise RuntimeError(msg)

    with pytest.raises(RuntimeError):
        await store.write(half)
    assert rows(url, "SELECT count(*) FROM attachment_bytes") == [(0,)]
    assert await store.read(lambda r: r.attachments(1)) == []


@pytest.mark.parametrize("how", ["attachment", "ticket"])
async def test_what_is_deleted_takes_its_bytes_along(store: SqlStore, url: str, how: str) -> None:
    """And an id is not given a second time, so that an old address shows no other file."""
    await store.write(lambda u: u.apply(opening()))
    kept = await store.write(lambda u: u.add_attachment(attachment(), CONTENT))
    if how == "ticket":
        await store.write(lambda u: u.delete_ticket(1))
        await store.write(lambda u: u.apply(opening()))
    else:
        await store.write(lambda u: u.delete_attachments([kept.id]))

    assert rows(url, "SELECT count(*) FROM attachment_bytes") == [(0,)]
    number = rows(url, "SELECT max(number) FROM tickets")[0][0]
    again = attachment(b"y", ticket=number)
    assert (await store.write(lambda u: u.add_attachment(again, b"y"))).id > kept.id
    assert check(url) == []


async def test_a_file_with_missing_bytes_is_a_fault_of_the_store(store: SqlStore, url: str) -> None:
    """`fettled db check` tells which."""
    await store.write(lambda u: u.apply(opening()))
    kept = await store.write(lambda u: u.add_attachment(attachment(), CONTENT))
    assert check(url) == []
    rows(url, "DELETE FROM attachment_bytes WHERE piece = 1")
    assert check(url) == [f"an attachment is not as long as it says: {kept.id}"]


async def test_comments_are_the_timeline_without_the_rest(store: SqlStore) -> None:
    """In order, page by page, and internal ones only where they are asked for."""
    said = [
        entry("comment_added", actor=ANN, data={"body": f"{n}", "visibility": visibility})
        for n, visibility in enumerate(["public", "internal", "public", "public"])
    ]
    first = opening()
    entries = (*first.entries, said[0], entry("flapping"), *said[1:])
    await store.write(lambda u: u.apply(Change(first.ticket, entries)))

    def bodies(*, after: int, limit: int, internal: bool) -> object:
        return store.read(
            lambda r: [
                (each.seq, each.data["body"])
                for each in r.comments(1, after=after, limit=limit, internal=internal)
            ]
        )

    assert await bodies(after=0, limit=9, internal=True) == [(2, "0"), (4, "1"), (5, "2"), (6, "3")]
    assert await bodies(after=0, limit=9, internal=False) == [(2, "0"), (5, "2"), (6, "3")]
    assert await bodies(after=2, limit=1, internal=False) == [(5, "2")]
    assert await bodies(after=6, limit=9, internal=True) == []
