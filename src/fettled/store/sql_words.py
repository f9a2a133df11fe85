"""
Statements about the words of tickets: keeping them, and finding tickets by them.

Tickets come in eras of 16,384 numbers, and every word is kept with its ticket's era before
it. So the newest tickets with a word are found by asking the newest eras, however many
there are in all: neither FTS5 (for the beginning of a word) nor a GIN index (for any) can
give what it found in the order of numbers without having all of it in hand.

Words are letters and digits only (see `fettled.store.words`), so they are safe to stand
in a query between quotes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert

from fettled.core.tickets import Ticket
from fettled.store.among import among, numbers_value
from fettled.store.link import Link
from fettled.store.search_tables import WORD_ERA, ticket_words
from fettled.store.words import kept_words, match

_KEPT = select(ticket_words.c.words).where(ticket_words.c.number == bindparam("number"))
_ADD = insert(ticket_words).values(number=bindparam("number"), words=bindparam("words"))
_CHANGE = (
    update(ticket_words)
    .where(ticket_words.c.number == bindparam("of_number"))
    .values(words=bindparam("to_words"))
)
_INDEX = "INSERT INTO ticket_index (rowid, words) VALUES (?, ?)"
_UNINDEX = "INSERT INTO ticket_index (ticket_index, rowid, words) VALUES ('delete', ?, ?)"
_PUT = """
    INSERT INTO ticket_words (number, words, lexemes)
    VALUES (%s, %s, array_to_tsvector(%s::text[]))
    ON CONFLICT (number) DO UPDATE SET words = excluded.words, lexemes = excluded.lexemes
    WHERE ticket_words.words <> excluded.words
"""
_FIND = {
    False: """
        SELECT rowid FROM ticket_index WHERE ticket_index MATCH ? AND rowid BETWEEN ? AND ?
        ORDER BY rowid {} LIMIT ?
    """,
    True: """
        SELECT number FROM ticket_words
        WHERE lexemes @@ %s::tsquery AND number + 0 BETWEEN %s AND %s
        ORDER BY number + 0 {} LIMIT %s
    """,
}
#: The sums above keep PostgreSQL from walking along the numbers, and to the index of words;
#: here it is to walk, and to look at the words of each.
_NEAR = """
    WITH near AS MATERIALIZED (
        SELECT number, lexemes FROM ticket_words WHERE number BETWEEN %s AND %s
    )
    SELECT number FROM near WHERE lexemes @@ %s::tsquery ORDER BY number {}
"""
#: So many numbers are walked along: of a word that more than a twentieth of all tickets
#: have, that gives a page. An index gives all that an era has, thousands of such a word.
_WALKED = 1_024
#: So many are asked for at first.
_PIECE = 256
_TEXTS = {
    is_postgres: select(ticket_words.c.number, ticket_words.c.words).where(condition)
    for is_postgres, condition in among(ticket_words.c.number).items()
}
_NEWEST = text("SELECT max(number) FROM tickets")


def put(link: Link, ticket: Ticket, subject: dict[str, Any] | None, *, is_new: bool) -> None:
    """Keep the words of *ticket* as it is now; *subject* as the API describes it."""
    summary = None if ticket.resolution is None else ticket.resolution.summary
    name = None if subject is None else subject["name"]
    kept = kept_words((ticket.title, ticket.description, ticket.subject, name, summary))
    number = ticket.number
    if link.is_postgres:
        lexemes = _in_era(number, kept)
        link.driver.execute(_PUT, [number, kept, lexemes])
        return
    before = None if is_new else link.one(_KEPT, {"number": number})
    if before is None:
        link.run(_ADD, {"number": number, "words": kept})
    elif before["words"] == kept:
        return
    else:
        link.driver.execute(_UNINDEX, [number, " ".join(_in_era(number, before["words"]))])
        link.run(_CHANGE, {"of_number": number, "to_words": kept})
    link.driver.execute(_INDEX, [number, " ".join(_in_era(number, kept))])


def forget(link: Link, number: int) -> None:
    """Forget the words of a ticket that is about to be deleted."""
    if link.is_postgres:
        return  # they hang from it
    before = link.one(_KEPT, {"number": number})
    if before is not None:
        link.driver.execute(_UNINDEX, [number, " ".join(_in_era(number, before["words"]))])


def _in_era(number: int, kept: str) -> list[str]:
    era = _era(number // WORD_ERA)
    return [era + word for word in kept.split(" ") if word]


def _era(era: int) -> str:
    return f"{era:05x}"


def judge(link: Link, numbers: Sequence[int], asked: list[str]) -> list[int]:
    """Give those of a few *numbers* whose tickets have all the words."""
    found = link.all(_TEXTS[link.is_postgres], {"numbers": numbers_value(link, numbers)})
    return [row["number"] for row in found if match(row["words"], asked)]


def find(
    link: Link, asked: list[str], *, edge: int | None, descending: bool
) -> Iterator[list[int]]:
    """
    Give the numbers of tickets that have all the words, in order, era by era.

    Args:
        link: where to ask.
        asked: at least one word; the last one is a beginning.
        edge: only numbers beyond it.
        descending: the newest first.
    """
    newest = link.driver.execute(str(_NEWEST)).fetchone()[0] or 0
    low, high = (1, newest) if edge is None else (1, edge - 1) if descending else (edge + 1, newest)
    order = "DESC" if descending else "ASC"
    if link.is_postgres and low <= high:
        first, last = (
            (max(low, high - _WALKED + 1), high)
            if descending
            else (low, min(low + _WALKED - 1, high))
        )
        query = _query(asked, range(first // WORD_ERA, last // WORD_ERA + 1), is_postgres=True)
        found = link.driver.execute(_NEAR.format(order), [first, last, query]).fetchall()
        yield [row[0] for row in found]
        low, high = (low, first - 1) if descending else (last + 1, high)
    sql = _FIND[link.is_postgres].format(order)
    width, piece = 1, _PIECE
    eras = range(low // WORD_ERA, high // WORD_ERA + 1)
    ahead = list(reversed(eras) if descending else eras)
    while ahead:
        some, ahead = ahead[:width], ahead[width:]
        query = _query(asked, some, is_postgres=link.is_postgres)
        while True:
            found = link.driver.execute(sql, [query, low, high, piece]).fetchall()
            numbers = [row[0] for row in found]
            yield numbers
            if len(numbers) < piece:
                break
            low, high = (low, numbers[-1] - 1) if descending else (numbers[-1] + 1, high)
            piece *= 2
        # What is rare is looked for in ever more eras at once.
        width = min(width * 2, 64)


def _query(asked: list[str], eras: Sequence[int], *, is_postgres: bool) -> str:
    """Write in the database's language: all the words, in any of *eras*."""
    quote, also, either, begins = (
        ("'", " & ", " | ", ":*") if is_postgres else ('"', " AND ", " OR ", "*")
    )
    *whole, begun = asked
    each = []
    for number in eras:
        era = _era(number)
        terms = [f"{quote}{era}{word}{quote}" for word in whole]
        each.append(f"({also.join([*terms, f'{quote}{era}{begun}{quote}{begins}'])})")
    return either.join(each)
