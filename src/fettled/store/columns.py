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
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
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


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, UTC in and out; a naive one is a bug and refused."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Take each database's own best type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401 -- int or datetime
        """Refuse what has no zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"the time {value!r} has no zone"
            raise ValueError(msg)
        if dialect.name == "postgresql":
            return value
        return (value - EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401 -- as above
        """Give UTC, whatever zone the session is in."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            return value.astimezone(UTC)  # type: ignore[no-any-return]  # the driver's datetime
        return EPOCH + timedelta(microseconds=value)


class Length(TypeDecorator[timedelta]):
    """A length of time, as whole microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:  # noqa: ARG002 -- SQLAlchemy's signature
        """Count microseconds."""
        return None if value is None else value // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> timedelta | None:  # noqa: ANN401, ARG002 -- as above
        """Count back."""
        return None if value is None else timedelta(microseconds=value)


class CleanText(TypeDecorator[str]):
    """Text from anywhere."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- SQLAlchemy's signature
        """Clean."""
        return None if value is None else clean(value)


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
