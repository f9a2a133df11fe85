"""
From files to one tree of values: includes are joined, templates are laid below targets.

The tree is what `validation` and `crosscheck` judge; `Assembly.locate` leads from a path
in it back to the file, line and column it came from. What a key means is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Literal

from fettled.config.document import Budget, Document, parse
from fettled.config.faults import Fault, Path, show_key, show_path, suggest
from fettled.config.interpolation import Sources
from fettled.config.problems import Problem
from fettled.config.scalars import as_text
from fettled.core.errors import ConfigError

_SHARED = ("targets", "templates", "policies")
_ONLY_SHARED = f"unknown key; an included file holds {', '.join(_SHARED[:-1])} and {_SHARED[-1]}"

Read = Callable[[FilePath, str], str]


@dataclass(frozen=True, slots=True)
class Part:
    """One file: its path, what errors call it, and its values."""

    path: FilePath
    shown: str
    document: Document

    def section(self, name: str) -> Any:  # noqa: ANN401 - whatever the file holds
        """Give a top-level value; None when it is empty or not there."""
        return self.document.data.get(name)


@dataclass(slots=True)
class Assembly:
    """
    The joined tree.

    Attributes:
        data: the tree. Targets without a template are the file's own objects.
        targets: by index in *data*: the part, and the index in that part.
        named: by section and name: the part.
    """

    parts: list[Part]
    data: dict[str, Any]
    targets: list[tuple[Part, int]] = field(default_factory=list)
    named: dict[tuple[str, str], Part] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def locate(self, problem: Problem) -> Fault:
        """Turn *problem* into a fault of the file it came from; needs places."""
        part, path = self._origin(problem)
        places = part.document.places
        line, column = places.find(path, problem.at) if places else (0, 0)
        message = f"{self._named(problem.path)}{problem.message}"
        if problem.first is not None:
            first = self.locate(Problem(problem.first, ""))
            message += f" (the first: {first.file}:{first.line})"
        return Fault(part.shown, line, column, show_path(path), message)

    def _named(self, path: Path) -> str:
        """Name the receiver that a problem is about as a whole: nobody counts where they stand."""
        match path:
            case ("receivers", int(index)):
                item = _list(self.data.get("receivers"))[index]
                name = as_text(item.get("name")) if isinstance(item, dict) else None
                return f"{name}: " if name and show_key(name) == name else ""
            case _:
                return ""

    def _origin(self, problem: Problem) -> tuple[Part, Path]:
        path = problem.path
        match path:
            case ("targets", int(index), *_) if index < len(self.targets):
                return self._target_origin(problem, *self.targets[index])
            case (str(section), str(name), *_) if (section, name) in self.named:
                return self.named[section, name], path
        return self.parts[0], path

    def _target_origin(self, problem: Problem, part: Part, local: int) -> tuple[Part, Path]:
        """Tell what a target has itself from what its template brought."""
        rest = problem.path[2:]
        own = part.section("targets")[local]
        name = as_text(own.get("use")) if isinstance(own, dict) else None
        source = self.named.get(("templates", name)) if name is not None else None
        if name is not None and source is not None and not problem.is_missing:
            inside: Path = ("templates", name, *rest)
            if not _holds(own, rest) and _holds(source.document.data, inside):
                return source, inside
        return part, ("targets", local, *rest)


def assemble(
    path: FilePath, shown: str, read: Read, sources: Sources, *, places: bool = False
) -> Assembly:
    """
    Read the file at *path* and those it includes.

    Raises:
        ConfigError: one of them cannot be read at all.
    """
    budget = Budget()

    def part(path: FilePath, shown: str) -> Part:
        source = Sources(sources.environment, path.parent, taken=sources.taken)
        document = parse(read(path, shown), shown, source, budget, places=places)
        return Part(path, shown, document)

    main = part(path, shown)
    joined = Assembly([main], {}, faults=list(main.document.faults))
    if not isinstance(main.document.data, dict):
        joined.faults.append(_not_a_mapping(main))
        return joined
    # A section whose lines are all commented out is one that is not there.
    joined.data = {key: value for key, value in main.document.data.items() if value is not None}
    for section in _SHARED:
        _join(joined, main, section)
    for file, place in _included(main, joined):
        try:
            _include(joined, part(file, _shown_beside(file, main)))
        except ConfigError as error:
            joined.problems += [Problem(place, line) for line in str(error).splitlines()]
    _use_templates(joined)
    return joined


def _not_a_mapping(part: Part) -> Fault:
    message = "is not a mapping; begin with keys such as server:, store: and targets:"
    if part.document.data is None:
        message = "holds nothing but comments; start from config.example.yaml"
    return Fault(part.shown, 1, 1, "", message)


def _shown_beside(file: FilePath, main: Part) -> str:
    """Name an included file as it would be typed beside the main one."""
    try:
        return str(FilePath(main.shown).parent / file.relative_to(main.path.parent))
    except ValueError:
        return str(file)


def _included(main: Part, joined: Assembly) -> Iterator[tuple[FilePath, Path]]:
    """Yield the files that `include:` names, each once, in order, with the naming place."""
    patterns = main.section("include")
    seen = {main.path.resolve()}
    for index, pattern in enumerate(patterns if isinstance(patterns, list) else [patterns]):
        if not isinstance(pattern, str) or not pattern:
            continue
        place: Path = ("include", index) if isinstance(patterns, list) else ("include",)
        is_glob = any(char in pattern for char in "*?[")
        found = [main.path.parent / pattern]
        if is_glob:
            try:
                found = _glob(main.path.parent, pattern)
            except (ValueError, IndexError, NotImplementedError):
                message = "is not a glob that can be followed; ** stands alone between slashes"
                joined.problems.append(Problem(place, message))
                continue
            if not found:
                joined.notes.append(f"{show_path(place)}: no file matches this glob")
        for file in found:
            resolved = file.resolve()
            if resolved in seen:
                if resolved == main.path.resolve():
                    joined.problems.append(Problem(place, "names the file that it stands in"))
                continue
            seen.add(resolved)
            yield file, place


def _glob(directory: FilePath, pattern: str) -> list[FilePath]:
    anchor = FilePath(pattern).anchor
    base = FilePath(anchor) if anchor else directory
    return sorted(base.glob(pattern.removeprefix(anchor)))


def _include(joined: Assembly, part: Part) -> None:
    joined.parts.append(part)
    joined.faults += part.document.faults
    data = part.document.data
    if data is None:
        return
    if not isinstance(data, dict):
        joined.faults.append(_not_a_mapping(part))
        return
    for key, value in data.items():
        if key not in _SHARED:
            message = _ONLY_SHARED + suggest(key, _SHARED)
            joined.faults.append(_fault(part, (key,), "key", message))
        elif value is not None:
            _join(joined, part, key)


def _join(joined: Assembly, part: Part, section: str) -> None:
    """Add one section of *part* to the tree; what has the wrong shape is told of there."""
    value = part.section(section)
    is_main = part is joined.parts[0]
    if section == "targets":
        if isinstance(value, list):
            joined.targets += [(part, index) for index in range(len(value))]
            joined.data["targets"] = (
                value if is_main else [*_list(joined.data.get(section)), *value]
            )
        elif value is not None and not is_main:
            joined.faults.append(_fault(part, (section,), "value", "must be a list"))
    elif isinstance(value, dict):
        known = joined.data.get(section)
        into = dict(known) if isinstance(known, dict) and not is_main else {}
        for name, item in value.items():
            if (section, name) in joined.named:
                other = joined.named[section, name].shown
                message = f"is given in {other} already; rename one of the two"
                joined.faults.append(_fault(part, (section, name), "key", message))
                continue
            joined.named[section, name] = part
            into[name] = item
        joined.data[section] = into
    elif value is not None and not is_main:
        joined.faults.append(_fault(part, (section,), "value", "must be a mapping"))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _fault(part: Part, path: Path, at: Literal["key", "value"], message: str) -> Fault:
    line, column = part.document.places.find(path, at) if part.document.places else (0, 0)
    return Fault(part.shown, line, column, show_path(path), message)


def _use_templates(joined: Assembly) -> None:
    """Lay each target over the template it names."""
    templates = joined.data.get("templates")
    templates = templates if isinstance(templates, dict) else {}
    targets = joined.data.get("targets")
    if not isinstance(targets, list):
        return
    joined.data["targets"] = used = list(targets)
    for index, target in enumerate(targets):
        if not isinstance(target, dict) or (name := as_text(target.get("use"))) is None:
            continue
        template = templates.get(name)
        if isinstance(template, dict):
            used[index] = _lay(_without_rival(template, target), target)
        elif name not in templates:
            message = f"there is no template of that name{suggest(name, templates)}"
            joined.problems.append(Problem(("targets", index, "use"), message))


def _without_rival(template: dict[str, Any], target: dict[str, Any]) -> dict[str, Any]:
    """Leave out `check` where the target has `checks`, and the other way round."""
    rivals = {"checks": "check", "check": "checks"}
    out = {rivals[key] for key in rivals if key in target}
    return {key: value for key, value in template.items() if key not in out}


def _lay(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Lay *over* on *under*, mapping by mapping; a check of another type replaces the whole."""
    # A target's own type is no check's type: it may differ from its template's.
    is_check = "subject" not in over
    if is_check and {"type"} <= under.keys() & over.keys() and under["type"] != over["type"]:
        return over
    laid = dict(under)
    for key, value in over.items():
        below = under.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            laid[key] = _lay(below, value)
        else:
            laid[key] = value
    return laid


def _holds(data: Any, path: Path) -> bool:  # noqa: ANN401 - any tree
    """Whether *path* leads to something in *data*."""
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True
