"""The configuration described for editors: JSON Schema, draft 2020-12."""

from __future__ import annotations

from typing import Any

from fettled.config.schema import Settings

_DRAFT = "https://json-schema.org/draft/2020-12/schema"

#: A number or boolean may come from elsewhere, too.
_FROM_ELSEWHERE = {"type": "string", "pattern": r"\$\{"}
_NOT_TEXT = frozenset({"integer", "number", "boolean"})

#: Words under which any value may stand, rather than a schema.
_VALUES = frozenset({"default", "examples", "const", "enum", "required"})


def json_schema() -> dict[str, Any]:
    """Describe the file; durations are texts, and checks are told apart by `type`."""
    schema = Settings.model_json_schema(by_alias=True)
    return {"$schema": _DRAFT, **_admit(schema), "title": "fettled"}


def _admit(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """Admit `${...}` wherever a number or a boolean is wanted."""
    if isinstance(schema, list):
        return [_admit(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {key: part if key in _VALUES else _admit(part) for key, part in schema.items()}
    if schema.get("type") not in _NOT_TEXT:
        return changed
    outer = {key: changed.pop(key) for key in ("default", "description", "title") if key in changed}
    return {"anyOf": [changed, _FROM_ELSEWHERE], **outer}
