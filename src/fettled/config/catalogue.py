"""
`catalogue:`: the keys of its lists, and the lists that they make.

An entry is a mapping with a name, or the bare name. What two entries must agree on is
`catalogue_faults`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Protocol

from pydantic import BeforeValidator, Field

from fettled.config.bare import OrText
from fettled.config.names import SubjectKey, Title
from fettled.config.scalars import as_text
from fettled.options import OneOrMany, Options
from fettled.ports import Application, Asset, Lists, Party
from fettled.ports.catalogue import CATEGORIES

#: People choose from these lists; what is longer is an inventory, and belongs elsewhere.
_MOST = 10_000
_MOST_HOSTS = 1_000


class CatalogueName(Options):
    """A name to choose."""

    name: Title = Field(description="Name, unique in its list.")


class CatalogueApplication(CatalogueName):
    """An application, and where it runs."""

    hosted_on: Annotated[OneOrMany[SubjectKey], Field(max_length=_MOST_HOSTS)] = Field(
        (),
        description="Subjects that must all be up for it to be available; a ticket about one of"
        " them proposes it.",
    )


class CatalogueAsset(CatalogueName):
    """A thing of the house."""

    subject: SubjectKey | None = Field(None, description="Subject that watches it.")
    hosts: Annotated[OneOrMany[Title], Field(max_length=_MOST_HOSTS)] = Field(
        (), description="Applications that linking it proposes, beside those on its subject."
    )


class CatalogueParty(CatalogueName):
    """A client, an employee or a supplier."""

    contact: Title | None = Field(None, description="How to reach them; shown, and never used.")


def _expand(value: object) -> object:
    """Write a bare name out as a mapping."""
    text = as_text(value)
    return value if text is None else {"name": text}


if TYPE_CHECKING:
    NameRef = CatalogueName
    ApplicationRef = CatalogueApplication
    AssetRef = CatalogueAsset
    PartyRef = CatalogueParty
else:
    NameRef = Annotated[CatalogueName, BeforeValidator(_expand), OrText]
    ApplicationRef = Annotated[CatalogueApplication, BeforeValidator(_expand), OrText]
    AssetRef = Annotated[CatalogueAsset, BeforeValidator(_expand), OrText]
    PartyRef = Annotated[CatalogueParty, BeforeValidator(_expand), OrText]


class CatalogueSection(Options):
    """What tickets choose from; a list that is empty or missing lets any text through."""

    applications: Annotated[list[ApplicationRef], Field(max_length=_MOST)] = Field(
        [], description="Applications, with the subjects they run on."
    )
    assets: Annotated[list[AssetRef], Field(max_length=_MOST)] = Field(
        [], description="Things of the house that tickets link to."
    )
    clients: Annotated[list[PartyRef], Field(max_length=_MOST)] = Field(
        [], description="Clients that tickets link to."
    )
    employees: Annotated[list[PartyRef], Field(max_length=_MOST)] = Field(
        [], description="Employees that tickets link to."
    )
    suppliers: Annotated[list[PartyRef], Field(max_length=_MOST)] = Field(
        [], description="Suppliers that tickets are escalated to."
    )
    regions: Annotated[list[NameRef], Field(max_length=_MOST)] = Field(
        [], description="Regions; `N/A` is none, and need not be named."
    )
    projects: Annotated[list[NameRef], Field(max_length=_MOST)] = Field(
        [], description="Enterprise projects."
    )
    categories: Annotated[list[NameRef], Field(max_length=_MOST)] = Field(
        [],
        description=f"Categories; default: {', '.join(f'`{name}`' for name in CATEGORIES)}.",
    )


class Section(Protocol):
    """The settings, as far as this section goes."""

    @property
    def catalogue(self) -> CatalogueSection:
        """The section."""
        ...


def catalogue_lists(settings: Section) -> Lists:
    """Make the lists of the file."""
    section = settings.catalogue
    return Lists(
        applications=tuple(
            Application(each.name, tuple(dict.fromkeys(each.hosted_on)))
            for each in section.applications
        ),
        assets=tuple(
            Asset(each.name, each.subject, tuple(dict.fromkeys(each.hosts)))
            for each in section.assets
        ),
        clients=_parties(section.clients),
        employees=_parties(section.employees),
        suppliers=_parties(section.suppliers),
        regions=_names(section.regions),
        projects=_names(section.projects),
        categories=_names(section.categories) or CATEGORIES,
    )


def _parties(entries: Iterable[CatalogueParty]) -> tuple[Party, ...]:
    return tuple(Party(each.name, each.contact) for each in entries)


def _names(entries: Iterable[CatalogueName]) -> tuple[str, ...]:
    return tuple(each.name for each in entries)
