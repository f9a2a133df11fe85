"""
One canary as it is written: `host:port`, or a check's options without its schedule.

A canary is asked on demand and stands for no subject, so what has to do with slots,
policies and tickets is refused. The section around them is `schema`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, GetJsonSchemaHandler

from fettled.config.checks import Check, Scheduled, options_of
from fettled.probes import TYPES

#: What a check has and a canary has not.
_SCHEDULE = ("interval", "retry_interval", "policy", "primary", "formerly")


def _expand(value: object) -> object:
    """Write `host:port` out as the options of a TCP connect."""
    if not isinstance(value, str):
        return value
    host, colon, port = value.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        colon = ""
    if not (colon and host and port.isascii() and port.isdigit()):
        msg = "must be host:port, such as 192.0.2.1:443 or [2001:db8::1]:443, or a mapping"
        raise ValueError(msg)
    return {"type": "tcp", "host": host, "port": int(port)}


def _check(canary: Scheduled) -> Scheduled:
    if TYPES[canary.type].passive:
        msg = f"a {canary.type} reports by itself and cannot be asked; use another type"
        raise ValueError(msg)
    if given := [name for name in _SCHEDULE if getattr(canary, name)]:
        msg = f"a canary is asked on demand and has no {' or '.join(given)}; remove it"
        raise ValueError(msg)
    return canary


class _OrHostAndPort:
    """Tell editors that a text will do."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls,
        core: Any,  # noqa: ANN401 - pydantic_core's, which is not ours to import
        handler: GetJsonSchemaHandler,
    ) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, handler(core)]}


if TYPE_CHECKING:
    CanaryRef = Scheduled
else:
    CanaryRef = Annotated[Check, BeforeValidator(_expand), AfterValidator(_check), _OrHostAndPort]


def name_of(canary: Scheduled) -> str:
    """Name a canary as it is told of in messages."""
    options = options_of(canary)
    host = TYPES[canary.type].host(options) or canary.type
    port = getattr(options, "port", None)
    return f"{host}:{port}" if canary.type == "tcp" else f"{host} ({canary.type})"
