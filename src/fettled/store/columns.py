"""
How a value of ours lies in a column: times, spans of time, text, JSON.

Types only. Each cleans or refuses at this border what a database would choke on, so
that nothing a target, a person or a token's name contains can fail a transaction:
NUL and lone surrogates in text become U+FFFD, in both databases alike.

Times are whole microseconds since 1970 on SQLite, which has no type for them: exact,
ordered like the times themselves, half the size of text and quicker to make; and
`timestamptz` on PostgreSQL, where people look at them with psql.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
#: What PostgreSQL refuses in text (NUL) and no encoder takes (lone surrogates).
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """Replace what no database takes; also turns an enumeration's member into plain text."""
    if text.isascii() and "\x00" not in text:
        return str(text)
    return _UNSTORABLE.sub("\ufffd", text)


def clean_json(value: Any) -> Any:  # noqa: ANN401 -- JSON is what it is
    """Clean every text in *value*, keys included; enumerations become plain text."""
    match value:
        case str():
            return clean(value)
        case dict():
            return {clean(str(key)): clean_json(item) for key, item in value.items()}
        case list() | tuple():
            return [clean_json(item) for item in value]
        case _:
            return value


def _as_aware(time: datetime) -> datetime:
    """Refuse what has no zone: it is a bug."""
    if time.tzinfo is None:
        msg = f"the time {time!r} has no zone"
        raise ValueError(msg)
    return time


def counted(time: datetime) -> int:
    """Count the microseconds since 1970; refuses what has no zone."""
    return (_as_aware(time) - EPOCH) // MICROSECOND


def uncounted(count: int) -> datetime:
    """Make the time of such a count."""
    return EPOCH + timedelta(microseconds=count)


# The types give plain functions of one value, which `fettled.store.link` calls itself,
# and never with None; SQLAlchemy's own wrapping of them costs more than they do.


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, UTC in and out."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Take each database's own best type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """Into the database."""
        return _as_aware if dialect.name == "postgresql" else counted

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:  # noqa: ARG002 -- SQLAlchemy's signature
        """Out of the database, in UTC whatever zone the session is in."""
        return _as_utc if dialect.name == "postgresql" else uncounted


def _as_utc(time: datetime) -> datetime:
    return time.astimezone(UTC)


class Length(TypeDecorator[timedelta]):
    """A length of time, as whole microseconds."""

    impl = BigInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:  # noqa: ARG002 -- SQLAlchemy's signature
        """Into the database."""
        return lambda length: length // MICROSECOND

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:  # noqa: ARG002 -- as above
        """Out of the database."""
        return lambda count: timedelta(microseconds=count)


class CleanText(TypeDecorator[str]):
    """Text from anywhere."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:  # noqa: ARG002 -- SQLAlchemy's signature
        """Into the database."""
        return clean


def dump_json(value: Any) -> str:  # noqa: ANN401 -- JSON is what it is
    """Serialize, cleaning only what needs it: nearly nothing does, and this is a hot path."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_UTC_Z)
    except TypeError:  # lone surrogates, or keys that are enumerations
        return orjson.dumps(clean_json(value), option=orjson.OPT_UTC_Z).decode()
    if b"\\u0000" in text:
        text = orjson.dumps(clean_json(value), option=orjson.OPT_UTC_Z)
    return text.decode()


#: A JSON value with text from anywhere; cleaned by the engine's serializer, `dump_json`.
JSON_VALUE = JSON().with_variant(JSONB(), "postgresql")
