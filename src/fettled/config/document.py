"""
From YAML text to plain values, guarded: one pass over the parser's events.

The events are libyaml's (the parser of CSafeLoader), and the values are built here,
since the stock constructor keeps the last of duplicate keys silently, reads YAML 1.1's
surprises, and expands an alias bomb before anybody can refuse it. Included files and
templates are `assemble`'s; what the keys mean is `schema`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from fettled.config.faults import Fault, Path, render, show_path
from fettled.config.interpolation import Sources
from fettled.config.places import Places
from fettled.config.scalars import resolve
from fettled.config.syntax import explain
from fettled.core.errors import ConfigError

#: Deeper than any option, shallower than Python's stack.
MAX_DEPTH = 40
#: A file with more of them is not one that somebody is editing.
_MOST_FAULTS = 1000
_STR_TAGS = frozenset({None, "!", "tag:yaml.org,2002:str"})
_MERGE = "<<"
_UNFINISHED = object()


@dataclass(slots=True)
class Budget:
    """
    What one configuration may hold, all its files together.

    Attributes:
        values: scalars, mappings and lists; 50,000 targets have about 600,000.
        aliased: those that come by aliases, counted each time they are named.
    """

    values: int = 1_200_000
    aliased: int = 500_000


@dataclass(slots=True)
class Document:
    """
    One file's values, with the faults that do not end the reading.

    Attributes:
        data: mappings, lists and scalars; aliases share one object, so never change it.
        places: where everything stands, if that was asked for.
    """

    data: Any
    faults: list[Fault] = field(default_factory=list)
    places: Places | None = None


def parse(
    text: str, shown: str, sources: Sources, budget: Budget, *, places: bool = False
) -> Document:
    """
    Parse *text*, which errors call *shown*.

    Raises:
        ConfigError: it is no YAML, or none that a configuration would be.
    """
    reading = _Reading(text, shown, sources, budget, Places() if places else None)
    try:
        data = reading.document()
    except yaml.YAMLError as error:
        line, column, message = explain(error, text)
        raise ConfigError(render([Fault(shown, line, column, "", message)])) from None
    return Document(data, reading.faults, reading.places)


def read_sections(text: str, shown: str, wanted: Collection[str]) -> dict[str, Any]:
    """
    Read the top-level values *wanted*, as they are written; what follows is not looked at.

    Raises:
        ConfigError: what stands before the last of them is no YAML.
    """
    reading = _Reading(text, shown, _AsWritten({}, FilePath()), Budget(), None)
    try:
        return reading.sections(wanted)
    except yaml.YAMLError as error:
        line, column, message = explain(error, text)
        raise ConfigError(render([Fault(shown, line, column, "", message)])) from None


class _AsWritten(Sources):
    """Sources of nothing: what stands for a value from elsewhere stays."""

    def interpolate(self, text: str) -> str:
        """Leave *text* as it is."""
        return text


class _Reading:
    """One pass over one text; a class for the state that all of its steps share."""

    def __init__(
        self, text: str, shown: str, sources: Sources, budget: Budget, places: Places | None
    ) -> None:
        self.next: Callable[[], Any] = yaml.CSafeLoader(text).get_event
        self.shown = shown
        self.sources = sources
        self.budget = budget
        self.places = places
        self.faults: list[Fault] = []
        self.path: list[str | int] = []
        # By anchor: the value, how many values it holds, and its path.
        self.anchors: dict[str, tuple[Any, int, Path]] = {}

    def document(self) -> Any:  # noqa: ANN401 - whatever the file holds
        """Read the one document of the stream."""
        self.next()  # the start of the stream
        if isinstance(self.next(), StreamEndEvent):
            return None
        data = self.value(self.next(), 0)
        while isinstance(event := self.next(), DocumentEndEvent):
            pass
        if not isinstance(event, StreamEndEvent):
            self.refuse(event, "begins a second document; keep one, and put the rest in include:")
        return data

    def sections(self, wanted: Collection[str]) -> dict[str, Any]:
        """Read the top-level mapping until all of *wanted* were read, or to its end."""
        self.next()  # the start of the stream
        if not isinstance(self.next(), StreamEndEvent):
            event = self.next()
            if type(event) is MappingStartEvent:
                return self.mapping(1, enough=wanted)
        where = f"{self.shown}: is not a mapping; begin with keys such as server: and store:"
        raise ConfigError(where)

    def value(self, event: Any, depth: int) -> Any:  # noqa: ANN401 - events ship no common type
        """Read the value that begins with *event*."""
        kind = type(event)
        if self.places is not None:
            mark = event.start_mark
            self.places.values[tuple(self.path)] = (mark.line + 1, mark.column + 1)
        if kind is AliasEvent:
            return self.alias(event)
        before = self.budget.values
        self.budget.values = before - 1
        if before <= 0:
            self.refuse(event, "holds more values than any fleet needs; split it")
        if event.anchor is not None:
            self.anchors[event.anchor] = (_UNFINISHED, 0, tuple(self.path))
        if kind is ScalarEvent:
            value = self.scalar(event)
        else:
            if depth >= MAX_DEPTH:
                self.refuse(event, f"is nested more than {MAX_DEPTH} levels deep; flatten it")
            if event.tag is not None:
                self.refuse(event, "has a YAML tag (!...); remove it")
            value = (
                self.mapping(depth + 1) if kind is MappingStartEvent else self.sequence(depth + 1)
            )
        if event.anchor is not None:
            size = before - self.budget.values
            self.anchors[event.anchor] = (value, size, tuple(self.path))
        return value

    def scalar(self, event: Any) -> Any:  # noqa: ANN401 - any scalar
        """Read a scalar, and replace what stands in it for a value from elsewhere."""
        text: str = event.value
        if event.tag not in _STR_TAGS:
            self.refuse(event, "has a YAML tag (!...); remove it, and quote it where it is text")
        if "$" in text:
            try:
                text = self.sources.interpolate(text)
            except ValueError as error:
                self.fault(event, str(error))
                return ""
            if "\0" not in text:
                return text
        if "\0" in text:
            # No file name, host or password of any system can hold one.
            self.fault(event, "holds a NUL character; remove it")
            return ""
        return resolve(text) if event.implicit[0] else text

    def mapping(self, depth: int, enough: Collection[str] = ()) -> dict[str, Any]:
        """Read a mapping up to its end, or until it has all the keys that are *enough*."""
        values: dict[str, Any] = {}
        path = self.path
        while type(event := self.next()) is not MappingEndEvent:
            if type(event) is not ScalarEvent:
                self.refuse(event, "is not text, so it cannot be a key; quote it")
            key: str = event.value
            path.append(key)
            if self.places is not None and key not in values:
                mark: Any = event.start_mark
                self.places.keys[tuple(path)] = (mark.line + 1, mark.column + 1)
            if key in values:
                self.fault(event, "is given a second time; keep one of the two")
                self.skip(depth)
            else:
                values[key] = self.value(self.next(), depth)
            path.pop()
            if enough and key in enough and values.keys() >= set(enough):
                return values
        if _MERGE in values:
            self.merge(values)
        return values

    def skip(self, depth: int) -> None:
        """Read a value for its faults only: its place belongs to the first of the two."""
        places, self.places = self.places, None
        self.value(self.next(), depth)
        self.places = places

    def sequence(self, depth: int) -> list[Any]:
        """Read a list up to its end."""
        values: list[Any] = []
        path = self.path
        while type(event := self.next()) is not SequenceEndEvent:
            path.append(len(values))
            values.append(self.value(event, depth))
            path.pop()
        return values

    def alias(self, event: Any) -> Any:  # noqa: ANN401 - whatever the anchor holds
        """Give the anchor's value, within the budget."""
        if event.anchor not in self.anchors:
            self.refuse(event, "is an alias (*) of an anchor (&) that does not stand above it")
        value, size, path = self.anchors[event.anchor]
        if value is _UNFINISHED:
            self.refuse(event, "is an alias (*) inside its own anchor (&); it would never end")
        self.budget.aliased -= size
        self.budget.values -= size
        if self.budget.aliased < 0 or self.budget.values < 0:
            self.refuse(event, "is an alias (*) that makes the file too large; use templates:")
        if self.places is not None:
            self.places.redirects[tuple(self.path)] = path
        return value

    def merge(self, values: dict[str, Any]) -> None:
        """Apply `<<: *anchor`: its keys, except those that the mapping has itself."""
        merged = values.pop(_MERGE)
        here = (*self.path, _MERGE)
        parts = (
            [((*here, i), part) for i, part in enumerate(merged)]
            if isinstance(merged, list)
            else [(here, merged)]
        )
        for path, part in parts:
            if not isinstance(part, dict):
                line, column = self.places.find(path, "value") if self.places else (0, 0)
                message = "is not a mapping; << takes an alias (*) of one"
                self.faults.append(Fault(self.shown, line, column, show_path(path), message))
                continue
            for key, value in part.items():
                if key not in values:
                    values[key] = value
                    if self.places is not None:
                        self.places.redirects[*self.path, key] = (*path, key)

    def fault(self, event: Any, message: str) -> None:  # noqa: ANN401 - events have no type
        """Note a fault at *event*, and go on."""
        mark = event.start_mark
        path = show_path(tuple(self.path))
        self.faults.append(Fault(self.shown, mark.line + 1, mark.column + 1, path, message))
        if len(self.faults) > _MOST_FAULTS:
            raise ConfigError(render(self.faults))

    def refuse(self, event: Any, message: str) -> NoReturn:  # noqa: ANN401 - as above
        """End the reading: there is no sense in what follows."""
        self.fault(event, message)
        raise ConfigError(render(self.faults))
