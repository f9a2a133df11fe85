"""
Everything of fettled that an operator can meet by name, taken from the code itself.

What is collected: options, commands, metrics, routes, log events, variables. That the
reference tells of each is tested in `meta/test_docs.py`.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import typer.main

from fettled.core.events import told_as
from source_tree import PACKAGE, nodes, strings

_LOG_CALLS = {"debug", "info", "warning", "error", "exception", "critical"}
_EVENT = re.compile(r"[a-z_]+(\.[a-z_]+)+")
_METRIC = re.compile(r"fettled_[a-z0-9_]+")
_METRIC_IN_TEXT = re.compile(r"^# HELP (fettled_[a-z0-9_]+) ", re.MULTILINE)
_VARIABLE = re.compile(r"FETTLED_[A-Z0-9_]+|[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")


def options() -> set[str]:
    """Every key that the configuration file can hold, from its JSON Schema."""
    from fettled.config.json_schema import json_schema  # noqa: PLC0415 - only this needs it

    return set(_keys(json_schema()))


def _keys(schema: object) -> Iterator[str]:
    if isinstance(schema, list):
        for part in schema:
            yield from _keys(part)
    if isinstance(schema, dict):
        for word, part in schema.items():
            if word in {"properties", "$defs", "definitions", "patternProperties"}:
                if word == "properties":
                    yield from part
                yield from _keys(list(part.values()))
            elif word not in {"default", "examples", "const", "enum"}:
                yield from _keys(part)


def commands() -> dict[str, set[str]]:
    """Every command, as it is typed, with its long options."""
    from fettled.cli.app import app  # noqa: PLC0415 - only this needs it

    return dict(_commands(typer.main.get_command(app), "fettled"))


def _commands(
    command: Any,
    typed: str,
) -> Iterator[tuple[str, set[str]]]:
    if command.hidden:
        return
    long = {
        name
        for parameter in command.params
        if parameter.param_type_name == "option" and not parameter.hidden
        for name in parameter.opts
        if name.startswith("--")
    }
    yield typed, long - {"--help", "--install-completion", "--show-completion"}
    for name, part in getattr(command, "commands", {}).items():
        yield from _commands(part, f"{typed} {name}")


def metrics() -> set[str]:
    """Every metric's name, as it stands in the telemetry's own strings."""
    found: set[str] = set()
    for text in strings(PACKAGE / "telemetry"):
        found.update(_METRIC_IN_TEXT.findall(text))
        if _METRIC.fullmatch(text):
            found.add(text)
    return found


def routes() -> set[tuple[str, str]]:
    """Every method and path that the web answers, from every route table there is."""
    from fettled import web  # noqa: PLC0415 - only this needs it
    from fettled.web.routes import RouteTable  # noqa: PLC0415 - only this needs it

    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(web.__path__, "fettled.web.")
    ]
    tables = {
        id(value): value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, RouteTable)
    }
    return {
        (route.method, path) for table in tables.values() for route in table for path in route.paths
    }


def log_events() -> set[str]:
    """Every event that is logged: given as a text, by a constant, or as a ticket's entry."""
    constants: dict[str, str] = {}
    called: set[str] = set()
    named: set[str] = set()
    for _, node in nodes(PACKAGE):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                constants[name] = text
            case ast.Call(func=ast.Attribute(attr=call), args=[ast.Constant(value=str(text)), *_]):
                if call in _LOG_CALLS:
                    called.add(text)
            case (
                ast.Call(func=ast.Attribute(attr=call), args=[ast.Name(id=name), *_])
                | ast.Call(func=ast.Attribute(attr=call), args=[ast.Attribute(attr=name), *_])
            ):
                if call in _LOG_CALLS:
                    named.add(name)
    called |= {constants[name] for name in named & constants.keys()}
    return {text for text in called if _EVENT.fullmatch(text)} | ticket_events()


def ticket_events() -> set[str]:
    """Every entry of a ticket's timeline, as the event that it is logged and sent as."""
    found: set[str] = set()
    for _, node in nodes(PACKAGE / "core", PACKAGE / "app"):
        match node:
            case ast.Call(func=ast.Name(id="Entry"), args=[ast.Constant(value=str(text)), *_]):
                found.add(text)
            case ast.Call(
                func=ast.Name(id="note") | ast.Attribute(attr="note"),
                args=[_, ast.Constant(value=str(text)), *_],
            ):
                found.add(text)
    return {told_as(event) for event in found}


def variables() -> set[str]:
    """Every environment variable that is read, by whatever means its name reaches the code."""
    found = {text for text in strings(PACKAGE) if re.fullmatch(r"FETTLED_[A-Z0-9_]+", text)}
    for _, node in nodes(PACKAGE):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="get" | "getenv" | "pop") as func,
                args=[ast.Constant(value=str(text)), *_],
            ) if "environ" in ast.unparse(func) or func.attr == "getenv":
                found.add(text)
            case ast.Subscript(value=of, slice=ast.Constant(value=str(text))):
                if ast.unparse(of).endswith("environ"):
                    found.add(text)
    return {text for text in found if _VARIABLE.fullmatch(text)}
