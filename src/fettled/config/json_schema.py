"""The configuration described for editors: JSON Schema, draft 2020-12."""

from __future__ import annotations

from typing import Any

from fettled.config.schema import Settings

_DRAFT = "https://json-schema.org/draft/2020-12/schema"

#: Whatever is not free text may come from elsewhere, too.
_FROM_ELSEWHERE = {"type": "string", "pattern": r"\$\{"}
_SCALARS = ("integer", "number", "boolean", "string")

_FREE = {"type": "object"}
_EITHER = {
    "if": {"required": ["use"]},
    "then": {"$ref": "#/$defs/PartialTarget"},
    "else": {"$ref": "#/$defs/WholeTarget"},
}

#: Words under which values stand, and those under which schemas stand by name.
_VALUES = frozenset({"default", "examples", "const", "enum", "required", "propertyNames"})
_NAMES = frozenset({"properties", "patternProperties", "$defs"})


def json_schema() -> dict[str, Any]:
    """Describe the file; durations are texts, and checks are told apart by `type`."""
    schema = _admit(Settings.model_json_schema(by_alias=True))
    whole = schema["$defs"].pop("Target")
    # What a template brings is not known here, so nothing but the key is required.
    partial = {
        **whole,
        "properties": {**whole["properties"], "check": _FREE, "checks": _FREE},
        "required": ["subject"],
    }
    schema["$defs"] |= {"WholeTarget": whole, "PartialTarget": partial, "Target": _EITHER}
    return {"$schema": _DRAFT, **schema}


def _admit(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """Admit `${...}` wherever something else than free text is wanted."""
    if isinstance(schema, list):
        return [_admit(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {key: _part(key, part) for key, part in schema.items()}
    is_free = schema.get("type") == "string" and not {"pattern", "enum"} & schema.keys()
    if schema.get("type") not in _SCALARS or is_free:
        return changed
    outer = {key: changed.pop(key) for key in ("default", "description", "title") if key in changed}
    return {"anyOf": [changed, _FROM_ELSEWHERE], **outer}


def _part(word: str, part: Any) -> Any:  # noqa: ANN401 - as above
    if word in _VALUES:
        return part
    if word in _NAMES:
        return {name: _admit(inner) for name, inner in part.items()}
    return _admit(part)
