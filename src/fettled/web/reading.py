"""
Reads what a caller sent: bodies, queries, preconditions; all of it distrusted.

Faults are raised as problems that name the field. What the fields mean is the models'
and the handlers' matter.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, get_origin

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError
from multidict import MultiMapping
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationError,
)

from fettled.core.durations import DURATION
from fettled.core.lines import BREAKS, is_one_line
from fettled.web.problems import BODY, JSON, Fault, Problem, broken_off, compressed
from fettled.web.routes import MAX_BODY, Model
from fettled.web.saying import NamedBy, Said

#: From the first byte to the last; a slow line carries 1 MiB in that time.
_BODY_SECONDS = 10.0
#: More than any model has: each unknown one would cost an error message.
_MOST_FIELDS = 100
_DIGITS = re.compile(r"[0-9]{1,18}")
_ETAG = re.compile(r'"([0-9]{1,18})"')
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")
#: Within these every time can be stored, read back in any zone, and counted from.
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
#: What the library names the forms by of which a field takes one: no part of its name.
_FORM = re.compile(r"[A-Z]\w*|.*\[.*\].*|str|int|bool", re.DOTALL)
#: Those above 0x7f, too: U+009B alone begins an escape sequence.
_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_CONTROL = re.compile(f"[{_CONTROLS}]")

_WORDS = {
    "extra_forbidden": "is not known here",
    "missing": "is required",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "timezone_aware": "must have a time zone, such as a Z at its end",
}


#: Of text; lists are bounded nowhere.
_LENGTHS = {
    "too_long": "must be at most {max_length} characters",
    "string_too_long": "must be at most {max_length} characters",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
}


def _no_control(text: str) -> str:
    if _CONTROL.search(text):
        msg = "must not hold control characters"
        raise ValueError(msg)
    return text


def _one_line(text: str) -> str:
    if not is_one_line(text):
        msg = "must be one line, without control characters"
        raise ValueError(msg)
    return text


def _whole(value: object) -> object:
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        msg = "must be a whole number"
        raise ValueError(msg)
    return value


def _as_whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _timely(value: object) -> object:
    if value is not None and not (isinstance(value, str) and _TIME.match(value)):
        # Else a number, or a text of one, would be taken for seconds since 1970.
        msg = "must be a time such as 2026-11-21T08:30:00Z"
        raise ValueError(msg)
    return value


def _within_reach(at: datetime) -> datetime:
    try:
        in_utc = at.astimezone(UTC)
    except OverflowError:
        in_utc = _LAST
    if not _FIRST <= in_utc < _LAST:
        msg = f"is out of all reach: the year must be {_FIRST.year} to {_LAST.year - 1}"
        raise ValueError(msg)
    return in_utc


def looks_like_time(text: str) -> bool:
    """Say whether *text* begins as a time does, so that it can be nothing else."""
    return _TIME.match(text) is not None


def read_time(text: str) -> datetime:
    """
    Read a time in a query that takes other things as well.

    Raises:
        ValueError: it is none, has no zone, or no store could keep it.
    """
    try:
        at = datetime.fromisoformat(text.upper())
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        msg = "must be a time with its zone, such as 2026-11-21T08:30:00Z"
        raise ValueError(msg)
    return _within_reach(at)


#: Text of people: lines and tabs, nothing that moves a terminal or ends a C string.
Text = Annotated[str, AfterValidator(_no_control), Said(f"^[^{_CONTROLS}]*$")]
#: The same, with something in it; that it is not blank is judged where it is used.
Filled = Annotated[Text, Said(rf"^[^{_CONTROLS}]*[^\s{_CONTROLS}][^{_CONTROLS}]*$")]
#: A title, a name, a label: see `fettled.core.lines`.
Line = Annotated[str, AfterValidator(_one_line), Said(f"^[^{BREAKS}]*$")]
#: The same, with something in it; judged as `Filled` is.
FilledLine = Annotated[Line, Said(rf"^[^{BREAKS}]*[^\s{BREAKS}][^{BREAKS}]*$")]
#: Labels by name, of subjects as the configuration has them.
Selector = Annotated[
    dict[
        Annotated[Line, Field(min_length=1, max_length=63)], Annotated[Line, Field(max_length=200)]
    ],
    Field(min_length=1, max_length=20),
    NamedBy(63),
]
#: Such as 1h30m; read by `fettled.core.durations`.
Duration = Annotated[str, Field(max_length=40), Said(DURATION)]
#: What has a number, by it, in a body. JSON has no other 1 than 1.0; a text, or true, is none.
Id = Annotated[int, Field(strict=True, ge=1, lt=10**18), BeforeValidator(_as_whole)]
#: A number in a query, in digits only.
Number = Annotated[int, BeforeValidator(_whole)]
#: A bare number is no time in JSON.
_AS_TEXT = BeforeValidator(_timely)
#: A time with a zone, in UTC from here on. One that no store can give back would take the
#: ticket that holds it, and every list that it is in, with it.
Time = Annotated[
    AwareDatetime,
    _AS_TEXT,
    AfterValidator(_within_reach),
    Said("^(19[7-9][0-9]|[2-8][0-9]{3})-"),
]


async def read_body(request: web.Request, most: int = MAX_BODY) -> bytes:
    """
    Read a body that is to be JSON.

    Raises:
        Problem: 415 for another type, 413 over *most* bytes, 408 if too slow.
    """
    charset = (request.charset or "utf-8").lower()
    if request.content_type != JSON or charset not in {"utf-8", "utf8", "us-ascii"}:
        detail = f"must be {JSON} in UTF-8"
        where = [Fault("Content-Type", detail)]
        raise Problem(415, f"the body {detail}", where, {"Accept-Post": JSON})
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise compressed()
    return await _read(request, most)


def refuse_large(request: web.Request, most: int = MAX_BODY) -> None:
    """Refuse a body that says beforehand that it is too large, whoever sends it."""
    if (request.content_length or 0) > most:
        raise _too_large(most)


def _too_large(most: int) -> Problem:
    close = {"Connection": "close"}
    detail = f"is larger than {most / (1024 * 1024):g} MiB"
    return Problem(413, f"the body {detail}", [Fault(BODY, detail)], close)


async def _read(request: web.Request, most: int) -> bytes:
    pieces = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for piece in request.content.iter_any():
                pieces += piece
                if len(pieces) > most:
                    raise _too_large(most)
    except TimeoutError:
        detail = f"the body did not arrive within {_BODY_SECONDS:g} s"
        raise Problem(408, detail, headers={"Connection": "close"}) from None
    except RequestPayloadError:
        raise broken_off() from None
    return bytes(pieces)


def take_body(adapter: TypeAdapter[Any], value: object) -> object:
    """Judge *value* by the route's model."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise _invalid(error, tagged=_is_tagged(adapter)) from None


def _is_tagged(adapter: TypeAdapter[Any]) -> bool:
    """Whether the body is one of several by a tag, which then begins each fault's place."""
    schema: Mapping[str, Any] = adapter.core_schema
    while schema["type"] == "definitions":
        schema = schema["schema"]
    return bool(schema["type"] == "tagged-union")


def take_query(model: type[Model], query: MultiMapping[str]) -> Model:
    """
    Judge *query* by *model*; fields that are sets may be repeated or listed by commas.

    Raises:
        Problem: 422 for an unknown, repeated or invalid parameter.
    """
    given: dict[str, object] = {}
    if len(query) > _MOST_FIELDS:
        raise Problem(422, f"the query has more than {_MOST_FIELDS} parameters")
    for name in query:
        values = query.getall(name)
        field = model.model_fields.get(name)
        if field is not None and get_origin(field.annotation) is frozenset:
            given[name] = [part for value in values for part in value.split(",")]
        elif len(values) > 1:
            raise _one_fault(name, "is given more than once")
        else:
            given[name] = values[0]
    try:
        return model.model_validate(given)
    except ValidationError as error:
        # One of several values is no field of its own: they come under one name.
        raise _invalid(error, tagged=False, depth=1) from None


def read_if_match(headers: Mapping[str, str]) -> int | None:
    """
    Read the version that the caller believes is the present one; None for any.

    Raises:
        Problem: 400 if it is not a quoted version, 412 if it is a weak one.
    """
    given = headers.get("If-Match")
    if given is None or given.strip() == "*":
        return None
    if given.strip().startswith("W/"):
        raise Problem(412, "If-Match: a weak tag never matches", [Fault("If-Match", "is weak")])
    match = _ETAG.fullmatch(given.strip())
    if match is None:
        detail = 'must be one version in quotes, such as "3"'
        raise Problem(400, f"If-Match: {detail}", [Fault("If-Match", detail)])
    return int(match[1])


def _one_fault(name: str, detail: str) -> Problem:
    return Problem(422, f"{name[:100]}: {detail}", [Fault(name, detail)])


def _invalid(error: ValidationError, *, tagged: bool, depth: int | None = None) -> Problem:
    faults = []
    for each in error.errors(include_url=False, include_input=False):
        place = each["loc"][1:] if tagged else each["loc"]
        named = [part for part in place[:depth] if not _FORM.fullmatch(str(part))]
        field = ".".join(map(str, named))
        if each["type"] in {"union_tag_invalid", "union_tag_not_found"}:
            ctx = each.get("ctx", {})
            field = str(ctx.get("discriminator", "")).strip("'")
            known = str(ctx.get("expected_tags", "")).replace("'", "")
            detail = f"must be one of {known}" if known else "is required"
        elif each["type"] == "value_error":
            detail = str(each.get("ctx", {}).get("error", "is not valid"))
        elif each["type"] in _LENGTHS:
            detail = _LENGTHS[each["type"]].format(**each.get("ctx", {}))
        else:
            detail = _WORDS.get(each["type"], each["msg"])
        faults.append(Fault(field, detail))
    first = faults[0]
    return Problem(422, f"{first.field}: {first.detail}" if first.field else first.detail, faults)
