"""
Which keys the schema knows at a path: what a misspelt key may have meant.

Walks the models' annotations beside the tree, since pydantic says which key is unknown
but not which ones are known there.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from fettled.config.checks import CHECKS, Scheduled
from fettled.config.faults import Path
from fettled.config.policies import PolicyPatch
from fettled.config.receivers import RECEIVERS
from fettled.config.schema import Settings

_CHECK = "belongs to a check"
_CHECK_OR_DEFAULTS = "belongs to a check, or to defaults"
_POLICY = "belongs to a policy: under policy of a target or check, or under policies"

#: Where a key belongs that stands at a wrong level; `policy` and `formerly` have several.
_BELONGS: dict[str, str] = {
    **dict.fromkeys(PolicyPatch.model_fields, _POLICY),
    **dict.fromkeys(Scheduled.model_fields, _CHECK_OR_DEFAULTS),
    "primary": _CHECK,
    "requires": "belongs to a target or a check",
}
_SEVERAL = ("policy", "formerly")


def belongs(key: str) -> str | None:
    """Say where *key* belongs; None for a key that has no one place of its own."""
    return None if key in _SEVERAL else _BELONGS.get(key)


def known_keys(data: Any, path: Path) -> Iterable[str]:  # noqa: ANN401 - any tree
    """Give the keys that a mapping at *path* of *data* may have; none where any may stand."""
    kind: Any = Settings
    for part in path:
        kind = _inside(_choose(kind, data), part)
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return ()
    kind = _choose(kind, data)
    return _fields(kind) if isinstance(kind, type) and issubclass(kind, BaseModel) else ()


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _choose(kind: Any, data: Any) -> Any:  # noqa: ANN401 - annotations are of any type
    """Strip what surrounds an annotation, and pick the member of a union that *data* is."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) not in {Union, UnionType}:
        return kind
    members = [_choose(member, data) for member in get_args(kind)]
    if isinstance(data, dict):
        kind = str(data.get("type"))
        for typed in (CHECKS, RECEIVERS):
            if (named := typed.get(kind)) in members:
                return named
        typed_ones = {*CHECKS.values(), *RECEIVERS.values()}
        members = [m for m in members if m not in typed_ones and _is_mapping(m)]
    return next((member for member in members if member is not type(None)), None)


def _is_mapping(kind: Any) -> bool:  # noqa: ANN401 - as above
    return get_origin(kind) is dict or (isinstance(kind, type) and issubclass(kind, BaseModel))


def _inside(kind: Any, part: str | int) -> Any:  # noqa: ANN401 - as above
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _fields(kind).get(str(part))
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return arguments[1]
    return arguments[0] if arguments else None
