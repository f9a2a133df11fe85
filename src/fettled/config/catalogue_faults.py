"""
What is wrong between the entries of `catalogue:`: names given twice, hosts that are not there.

Judged in the tree as it was read, so that these faults are told beside all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fettled.config.catalogue import CatalogueSection
from fettled.config.crosscheck import Tree, mapping, mappings
from fettled.config.faults import Path, suggest
from fettled.config.problems import Problem
from fettled.config.scalars import as_text


def catalogue_problems(data: Tree) -> Iterator[Problem]:
    """Yield names given twice, and what is hosted on nothing that there is."""
    section = mapping(data.get("catalogue"))
    named = {field: dict(_named(section, field)) for field in CatalogueSection.model_fields}
    for field in named:
        seen: dict[str, Path] = {}
        for path, name in _named(section, field):
            if name in seen:
                message = "is the name of another one too; change one of the two"
                yield Problem(path, message, first=seen[name])
            seen.setdefault(name, path)
    subjects = dict.fromkeys(
        key for _, target in mappings(data, "targets") if (key := as_text(target.get("subject")))
    )
    applications = dict.fromkeys(named["applications"].values())
    for path, entry in mappings(section, "applications"):
        yield from _unknown(_several(entry, (*_placed(path), "hosted_on")), subjects, "subject")
    for path, entry in mappings(section, "assets"):
        place = _placed(path)
        yield from _unknown(_several(entry, (*place, "subject")), subjects, "subject")
        yield from _unknown(_several(entry, (*place, "hosts")), applications, "application")


def _placed(path: Path) -> Path:
    return ("catalogue", *path)


def _named(section: Tree, field: str) -> Iterator[tuple[Path, str]]:
    """Yield each name of a list, with its path."""
    entries = section.get(field)
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        place: Path = ("catalogue", field, index)
        if isinstance(entry, dict):
            entry, place = entry.get("name"), (*place, "name")  # noqa: PLW2901 - either spelling
        if text := as_text(entry):
            yield place, text


def _several(entry: Tree, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield what stands under the last key of *path*, one text or a list of them."""
    value = entry.get(str(path[-1]))
    items = enumerate(value) if isinstance(value, list) else [(None, value)]
    for index, item in items:
        if text := as_text(item):
            yield (path if index is None else (*path, index)), text


def _unknown(
    given: Iterable[tuple[Path, str]], known: dict[str, None], what: str
) -> Iterator[Problem]:
    for path, text in given:
        if text not in known:
            yield Problem(path, f"there is no {what} of that name{suggest(text, known)}")
