"""
The API's description, as OpenAPI 3.1, made from the route table and the models.

Nothing is written by hand twice: paths, permissions, statuses and sizes are the routes',
fields and their bounds the models', texts the docstrings'. What a handler judges beyond
its models (a time that has passed, a key that is not one) is 422 all the same.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import orjson
from pydantic import TypeAdapter

from fettled.core.permissions import Permission
from fettled.web.answers import ProblemAnswer
from fettled.web.openapi_words import (
    DESCRIPTION,
    HEADERS,
    PARTS,
    PARTS_ELSE,
    PROBLEMS,
    Json,
    refusals,
)
from fettled.web.problems import JSON, PROBLEM
from fettled.web.routes import PUBLIC, NoQuery, Route
from fettled.web.saying import dated

_REF = "#/components/schemas/{model}"
_PART = re.compile(r"{(\w+)(?::[^}]*)?}")

#: What is described: the handler's input or output, of which route.
_Key = tuple[str, int]


@functools.lru_cache(maxsize=4)
def document_of(table: tuple[Route, ...], version: str, public_url: str, today: date) -> bytes:
    """Write the description of *table* as JSON, with examples that are good *today*."""
    return orjson.dumps(dated(describe(table, version, public_url), today))


def describe(table: tuple[Route, ...], version: str, public_url: str = "") -> Json:
    """Describe *table*."""
    schemas, components = _schemas(table)
    paths: dict[str, Json] = {}
    queries = {ref for (what, _), ref in _refs(schemas) if what == "query"}
    for number, route in enumerate(table):
        for place, path in enumerate(route.paths):
            operation = _operation(route, number, path, schemas, components)
            name = route.handler.__name__
            operation["operationId"] = name if place == 0 else f"{name}_{place + 1}"
            paths.setdefault(_PART.sub(r"{\1}", path), {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {
            "title": "fettled",
            "version": version,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url or "/"}],
        "tags": [{"name": name} for name in sorted({_tag(r) for r in table})],
        "paths": paths,
        "components": {
            "schemas": {k: v for k, v in components.items() if k not in queries},
            "responses": {name: _problem(text) for name, text in PROBLEMS.values()},
            "headers": HEADERS,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "ftl_<id>_<secret>",
                    "description": "`fettled token create` makes one, and shows it once.",
                }
            },
        },
    }


#: What a route takes that takes files.
_FILES = {
    "type": "object",
    "required": ["file"],
    "additionalProperties": False,
    "properties": {
        "file": {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "minItems": 1,
            # No words of a schema say it, and what a sender calls them does not count.
            "description": "JPG, PNG, DOCX, TXT or PDF by their content, of at most 10 MiB each.",
        }
    },
}


def _schemas(table: tuple[Route, ...]) -> tuple[dict[_Key, Json], dict[str, Json]]:
    """Make the schemas of all models at once, so that each is described in one place."""
    wanted: list[tuple[_Key, Any, TypeAdapter[Any]]] = [
        (("problem", 0), "serialization", TypeAdapter(ProblemAnswer))
    ]
    for number, route in enumerate(table):
        if route.body is not None:
            wanted.append((("body", number), "validation", route.body))
        if route.answer is not None:
            wanted.append((("answer", number), "serialization", TypeAdapter(route.answer)))
        if route.query is not NoQuery:
            wanted.append((("query", number), "validation", TypeAdapter(route.query)))
    made, rest = TypeAdapter.json_schemas(wanted, ref_template=_REF)
    schemas = {key: schema for (key, _), schema in made.items()}
    components = rest.get("$defs", {})
    for (what, number), name in _refs(schemas):
        if what == "body" and table[number].method in {"PATCH", "PUT"}:
            # What is left out stays as it is, whatever the model says instead.
            for field in components[name]["properties"].values():
                field.pop("default", None)
    return schemas, components


def _refs(schemas: dict[_Key, Json]) -> Iterator[tuple[_Key, str]]:
    """Which of *schemas* is a component, and by which name."""
    for key, schema in schemas.items():
        if "$ref" in schema:
            yield key, schema["$ref"].rpartition("/")[2]


def _operation(
    route: Route, number: int, path: str, schemas: dict[_Key, Json], components: dict[str, Json]
) -> Json:
    operation: Json = {
        "tags": [_tag(route)],
        "summary": route.summary,
        "description": "\n\n".join(_described(route)),
        "parameters": [
            *_path_parameters(path),
            *_query_parameters(schemas.get(("query", number)), components),
            *_header_parameters(route),
        ],
        "responses": _responses(route, schemas.get(("answer", number))),
    }
    if not operation["parameters"]:
        del operation["parameters"]
    if isinstance(route.permission, Permission):
        # A guarded route is public as long as the configuration leaves it so.
        operation["security"] = [{"bearer": []}] + ([{}] if route.guarded is not None else [])
    if route.takes_files:
        content: Json = {"multipart/form-data": {"schema": _FILES}}
        operation["requestBody"] = {"required": True, "content": content}
    elif route.body is not None:
        schema = schemas["body", number]
        content = {JSON: {"schema": schema, "examples": _examples(schema, components)}}
        operation["requestBody"] = {"required": not route.may_lack_body, "content": content}
    return operation


def _examples(schema: Json, components: dict[str, Json]) -> dict[str, Json]:
    """Gather what the models of a body say as examples: those of each, where it is one of many."""
    found: dict[str, Json] = {}
    for each in schema.get("oneOf", [schema]):
        model = components[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for value in model["examples"]:
            # Named by its action where it has one; pages show the names.
            name = str(value.get("action", "example"))
            name = name if name not in found else f"{name}_{len(found) + 1}"
            found[name] = {"summary": model["description"], "value": value}
    return found


def _described(route: Route) -> Iterator[str]:
    text = inspect.getdoc(route.handler) or ""
    _, _, rest = text.partition("\n")
    if rest.strip():
        yield rest.strip()
    if route.permission is PUBLIC:
        yield "Needs no token."
    elif route.guarded is not None:
        yield f"Needs `{route.permission}` only where the configuration says so."
    else:
        yield f"Needs `{route.permission}`."


def _path_parameters(path: str) -> Iterator[Json]:
    for name in _PART.findall(path):
        about = PARTS.get(name, PARTS_ELSE)
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": about.says,
            "schema": {"type": "string", "pattern": about.pattern},
        }


def _query_parameters(schema: Json | None, components: dict[str, Json]) -> Iterator[Json]:
    if schema is None:
        return
    if "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    for name, field in schema.get("properties", {}).items():
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            **({"description": field["description"]} if "description" in field else {}),
            "schema": _as_text(_without_null(field)),
        }


def _without_null(field: Json) -> Json:
    """A query cannot say null; it leaves the parameter out."""
    if "anyOf" not in field:
        return field
    left = [one for one in field["anyOf"] if one != {"type": "null"}]
    rest = {name: value for name, value in field.items() if name != "anyOf"}
    if rest.get("default", 0) is None:
        del rest["default"]
    return {**rest, **left[0]} if len(left) == 1 else {**rest, "anyOf": left}


def _as_text(field: Json) -> Json:
    """Say of a parameter what its reading from text adds to it."""
    if "ge" in field:
        field = {"minimum": field["ge"], **{k: v for k, v in field.items() if k != "ge"}}
    if "le" in field:
        field = {"maximum": field["le"], **{k: v for k, v in field.items() if k != "le"}}
    # What is said twice counts once.
    field = {name: value for name, value in field.items() if name != "uniqueItems"}
    items = field.get("items", {})
    if items.get("type") == "string" and "enum" not in items:
        # Several values may stand in one parameter, with commas between them.
        field = {**field, "items": {**items, "allOf": [{"pattern": "^[^,]+$"}]}}
    return field


def _header_parameters(route: Route) -> Iterator[Json]:
    if route.takes_key:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Sent again within 24 hours with the same request: the same answer,"
            " and nothing is done twice.",
            "schema": {"type": "string", "pattern": '^([!#-~]{1,200}|"[!#-~]{1,200}")$'},
        }
    if route.if_match:
        yield {
            "name": "If-Match",
            "in": "header",
            "description": "The `ETag` that was read: 412 where it is another one by now.",
            "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,18}")$'},
            "example": '"3"',
        }


def _responses(route: Route, schema: Json | None) -> Json:
    success: Json = {"description": "As asked for."}
    if route.status != 204:  # noqa: PLR2004 - the one that has no content
        success["content"] = {route.media: {"schema": schema if schema is not None else {}}}
    named = ["ETag"] if route.answers_ticket else []
    if route.takes_key:
        named.append("Idempotency-Replayed")
    if "cursor" in route.query.model_fields:
        named.append("Link")
    if named:
        success["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in named}
    given: Json = {str(route.status): success}
    if route.may_exist:
        given["200"] = {**success, "description": "It is there already."}
    if route.paths[0] == "/health-check":
        given["503"] = {**success, "description": "The daemon is not well."}
    for status, text in route.pages:
        given[str(status)] = _page(route, status, text)
    for status in refusals(route):
        name, _ = PROBLEMS[status]
        given.setdefault(str(status), {"$ref": f"#/components/responses/{name}"})
    return given


def _problem(text: str) -> Json:
    schema = {"$ref": _REF.format(model="ProblemAnswer")}
    return {"description": text, "content": {PROBLEM: {"schema": schema}}}


def _page(route: Route, status: int, text: str) -> Json:
    """Describe an error that is a page; what goes wrong around a handler is a problem still."""
    page: Json = {"description": text, "content": {route.media: {"schema": {}}}}
    if status in refusals(route):
        page["content"] |= _problem(text)["content"]
    return page


def _tag(route: Route) -> str:
    """Name the group of a route: what stands first in its path after the version."""
    parts = [part for part in route.paths[0].split("/") if part not in {"", "api", "v1"}]
    return re.sub(r"\.json$", "", parts[0]) if parts else "other"
