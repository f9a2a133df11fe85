"""
Pages of lists: opaque cursors, and the Link header.

A cursor holds where the next page begins, never how many were skipped.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from pydantic import Field

from fettled.core.errors import InvalidError
from fettled.web.reading import Number
from fettled.web.routes import Answer, Call, Model
from fettled.web.saying import Said

T = TypeVar("T")

MOST = 200
_CURSOR = re.compile(r"[A-Za-z0-9_-]{1,400}")

Limit = Annotated[Number, Field(ge=1, le=MOST)]


class Paged(Model):
    """What every list takes."""

    limit: Limit = 50
    cursor: Annotated[str, Said(f"^{_CURSOR.pattern}$")] | None = None


def write_cursor(place: str) -> str:
    """Make *place* opaque."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> str | None:
    """
    Read the place back.

    Raises:
        InvalidError: nobody here wrote this cursor.
    """
    if cursor is None:
        return None
    try:
        if not _CURSOR.fullmatch(cursor):
            raise ValueError  # noqa: TRY301 - said below, for all the ways to be wrong
        padded = cursor + "=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        raise bad_cursor() from None


def read_number_cursor(cursor: str | None) -> int | None:
    """Read back a place that is a number; raises as `read_cursor`."""
    place = read_cursor(cursor)
    if place is None:
        return None
    if not (place.isascii() and place.isdigit() and len(place) <= 18):  # noqa: PLR2004 - fits 64 bits
        raise bad_cursor()
    return int(place)


def bad_cursor() -> InvalidError:
    """Make the error of a cursor that is none of ours."""
    return InvalidError("must be the `next` of the page before", "cursor")


def page(
    call: Call,
    found: Sequence[T],
    limit: int,
    shape: Callable[[T], dict[str, Any] | None],
    place: Callable[[T], str],
) -> Answer:
    """
    Answer the first *limit* of *found*, which is asked for with one more to see if there is.

    *shape* may answer None for what the caller may not see; the page is then shorter.
    """
    shown = found[:limit]
    cursor = write_cursor(place(shown[-1])) if len(found) > limit else None
    items = [shaped for one in shown if (shaped := shape(one)) is not None]
    headers = {"Link": f'<{_further(call, cursor)}>; rel="next"'} if cursor else {}
    return Answer({"items": items, "next": cursor}, headers)


def _further(call: Call, cursor: str) -> str:
    # Relative or from the configuration: no Host header of a caller's choice comes back in it.
    base = call.services.settings().public_url
    given = call.query.model_dump(mode="json", exclude_defaults=True)
    parts = []
    for name, value in given.items():
        if name != "cursor":
            parts.append(
                (name, ",".join(sorted(map(str, value))) if isinstance(value, list) else value)
            )
    return f"{base}{call.target}?{urlencode([*parts, ('cursor', cursor)])}"
