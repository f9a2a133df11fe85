"""
The lists that people choose from, held in memory and swapped by a reload.

Swapping is one assignment of a value that never changes, so any thread may ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from fettled.core.errors import InvalidError
from fettled.ports import Application, Lists
from fettled.ports.catalogue import NO_REGION

#: So many names are read in an error; of more, only that there are more.
_MOST_NAMED = 20
#: Looking for what was meant costs about 10 us a name.
_MOST_COMPARED = 2_000


@dataclass(frozen=True, slots=True)
class _Index:
    """The lists, and what is asked of them, by name."""

    lists: Lists
    allowed: dict[str, frozenset[str]]
    applications: dict[str, Application]
    on_subject: dict[str, tuple[str, ...]]
    on_asset: dict[str, tuple[str, ...]]


class ConfiguredCatalogue:
    """The port `Catalogue` over the configuration in force."""

    def __init__(self, lists: Lists) -> None:
        self._index = _indexed(lists)

    def configure(self, lists: Lists) -> None:
        """Swap the lists."""
        self._index = _indexed(lists)

    @property
    def lists(self) -> Lists:
        """What there is now."""
        return self._index.lists

    def check(self, fields: Mapping[str, object]) -> None:
        """Judge the fields that choose from a list; see `ports.Catalogue`."""
        index = self._index
        for field, value in fields.items():
            allowed = index.allowed.get(field)
            if not allowed or value is None:
                continue
            if isinstance(value, str) and value in allowed:
                continue
            if field == "region" and value == NO_REGION:
                continue
            raise InvalidError(_why_not(str(value), _ordered(index.lists, field)), field)

    def application(self, name: str) -> Application | None:
        """One application."""
        return self._index.applications.get(name)

    def on_subject(self, subject: str) -> tuple[str, ...]:
        """Name the applications that are hosted on a subject."""
        return self._index.on_subject.get(subject, ())

    def on_asset(self, asset: str) -> tuple[str, ...]:
        """Name the applications on an asset or its subject; a subject's key is an asset, too."""
        index = self._index
        return _each_once([*index.on_asset.get(asset, ()), *index.on_subject.get(asset, ())])


def make_catalogue(lists: Lists | None = None) -> ConfiguredCatalogue:
    """Make the catalogue of *lists*; without any, every text goes but for the category."""
    return ConfiguredCatalogue(Lists() if lists is None else lists)


def region_of(text: str | None) -> str | None:
    """Read a region as a form gives it: N/A, or nothing, is none."""
    return None if text is None or text.strip() in {"", NO_REGION} else text


def _indexed(lists: Lists) -> _Index:
    on_subject: dict[str, list[str]] = {}
    for application in lists.applications:
        for subject in application.hosted_on:
            on_subject.setdefault(subject, []).append(application.name)
    on_asset = {
        asset.name: _each_once([*asset.hosts, *on_subject.get(asset.subject or "", ())])
        for asset in lists.assets
    }
    fields = ("region", "project", "category", "application", "supplier")
    allowed = {
        field: frozenset(_ordered(lists, field))
        for field in (*fields, "asset", "client", "employee")
    }
    return _Index(
        lists=lists,
        allowed=allowed,
        applications={each.name: each for each in lists.applications},
        on_subject={subject: tuple(names) for subject, names in on_subject.items()},
        on_asset=on_asset,
    )


def _ordered(lists: Lists, field: str) -> list[str]:
    """Give the names that *field* chooses from, in the configuration's order."""
    parties = {"supplier": lists.suppliers, "client": lists.clients, "employee": lists.employees}
    if field in parties:
        return [each.name for each in parties[field]]
    if field == "application":
        return [each.name for each in lists.applications]
    if field == "asset":
        return [each.name for each in lists.assets]
    plain = {"region": lists.regions, "project": lists.projects, "category": lists.categories}
    return list(plain[field])


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _why_not(value: str, names: list[str]) -> str:
    if len(names) <= _MOST_NAMED:
        return f"must be one of {', '.join(names)}"
    close = get_close_matches(value[:200], names[:_MOST_COMPARED], n=1)
    meant = f"; did you mean {close[0]}?" if close else ""
    some = ", ".join(names[:3])
    return f"is none of the catalogue's {len(names)} (GET /api/v1/catalogue), such as {some}{meant}"
