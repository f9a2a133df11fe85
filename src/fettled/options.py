"""
Words of options, of probes and of notifiers: durations, hosts, headers of HTTP, secrets, lists.

Belongs here: the strict, frozen base of all options and the annotated types that more
than one type uses. Kept out: any option of one type (it stands beside its code),
and reading YAML, which is `config`'s. Options are values; nothing here opens anything.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    SecretStr,
    WithJsonSchema,
)

from fettled.core.durations import format_duration, parse_duration

_DURATION_PATTERN = r"^\s*(\d{1,9}(\.\d{1,6})?(ms|[wdhms]))+\s*$"


def _read_duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        return parse_duration(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        msg = "is a number without a unit: add one, such as 100ms, 30s, 5m, 1h or 7d"
    else:
        msg = "is not a duration: write a number with a unit, such as 100ms, 30s, 5m, 1h or 7d"
    raise ValueError(msg)


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta():
        msg = "must be longer than zero"
        raise ValueError(msg)
    return value


#: `30s`, `1h30m`, `100ms`; zero is allowed.
Duration = Annotated[
    timedelta,
    BeforeValidator(_read_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _DURATION_PATTERN, "examples": ["30s", "5m"]}),
]
#: A duration longer than zero.
PositiveDuration = Annotated[Duration, AfterValidator(_positive)]

#: Marks text that is used as it is and shown to nobody: where a person is reached.
UNSHOWN = PlainSerializer(lambda _: "***", return_type=str, when_used="json")

_LONGEST_NAME = 253
_LONGEST_LABEL = 63


def check_host(text: str) -> str:
    """Give the host as it is used from here on; ValueError when it is none."""
    host = text.strip()
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if "%" in host:
        msg = "has a zone (%...), which is not supported: use a global or unique local address"
        raise ValueError(msg)
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        name = host.encode("ascii" if host.isascii() else "idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    # A last label of digits is an odd spelling of an address (127.1), never a name.
    if not _is_name(name) or name.rstrip(".").rpartition(".")[2].isdigit():
        msg = "is not a host: write a name such as www.example.org, or an IP address"
        raise ValueError(msg)
    return name


def _is_name(name: str) -> bool:
    labels = name.removesuffix(".").split(".")
    return len(name) <= _LONGEST_NAME and all(
        0 < len(label) <= _LONGEST_LABEL and label.replace("-", "a").replace("_", "a").isalnum()
        for label in labels
    )


#: A host name (lower case, IDNA) or an IP address; `[::1]` loses its brackets.
Host = Annotated[str, AfterValidator(check_host)]
Port = Annotated[int, Field(ge=1, le=65535)]


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _check_header(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        msg = "is not a header's name: write one such as X-Api-Key, without blanks and colons"
        raise ValueError(msg)
    return name


def _check_header_value(value: SecretStr) -> SecretStr:
    if any(c != "\t" and (c < " " or c == "\x7f") for c in value.get_secret_value()):
        msg = "holds a line break or control character: write the header's value on one line"
        raise ValueError(msg)
    return value


HeaderName = Annotated[str, AfterValidator(_check_header)]
HeaderValue = Annotated[SecretStr, AfterValidator(_check_header_value)]


def _as_tuple(value: object) -> object:
    if isinstance(value, list):
        return tuple(value)
    return value if isinstance(value, tuple) else (value,)


class _OneOrMany:
    """Tell editors that one bare item will do."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls,
        core: Any,  # noqa: ANN401 - pydantic_core's, which is not ours to import
        handler: GetJsonSchemaHandler,
    ) -> dict[str, Any]:
        many = handler(core)
        return {"anyOf": [many["items"], many]} if "items" in many else many


T = TypeVar("T")
#: A list in YAML, or one bare item; a tuple inside.
OneOrMany = Annotated[tuple[T, ...], BeforeValidator(_as_tuple), _OneOrMany]


def _write_durations(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Show the defaults of durations as people write them, not as ISO 8601."""
    for name, field in model.model_fields.items():
        shown = schema.get("properties", {}).get(field.alias or name, {})
        if isinstance(field.default, timedelta) and "default" in shown:
            shown["default"] = format_duration(field.default)


class Options(BaseModel):
    """What every block of options is: strict, frozen, without unknown keys or printed input."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        allow_inf_nan=False,
        json_schema_extra=_write_durations,
    )


class Login(Options):
    """A user name with its password."""

    username: SecretStr = Field(description="User name.")
    password: SecretStr = Field(description="Password.")


def secrets_in(value: object) -> Iterator[str]:
    """Yield each secret text inside *value*, a model, mapping, tuple or secret."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from secrets_in(getattr(value, name))
    elif isinstance(value, dict):
        for item in value.values():
            yield from secrets_in(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from secrets_in(item)


def fingerprint(options: BaseModel) -> str:
    """
    Hash *options* with their secrets, so that a rotated password replaces the probe too.

    Kept in memory only; a plain dump would show every secret as the same stars.
    """

    def reveal(value: Any) -> Any:  # noqa: ANN401 - whatever a model's dump holds
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    dump = json.dumps(options.model_dump(), default=reveal, sort_keys=True)
    return hashlib.sha256(dump.encode()).hexdigest()
