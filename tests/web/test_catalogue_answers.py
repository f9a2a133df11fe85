"""What is written of the catalogue and what hangs from tickets is what the API describes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import BaseModel

from fettled.core.availability import Availability
from fettled.core.links import LinkType, TicketLink
from fettled.ports import Asset, Lists, Party
from fettled.web import answers_catalogue as answers
from fettled.web import shapes_catalogue as shapes
from web.catalogue_fakes import MARKER, TILL, WORK
from web.fakes import AT

HOUR = timedelta(hours=1)
LINK = TicketLink(42, LinkType.ASSET, "Rack 1", AT, "ann", id=1)
LISTS = Lists(
    applications=(TILL,),
    assets=(Asset("Rack 1"),),
    clients=(Party("Staff"),),
    regions=("oslo",),
)
UP = Availability(AT - HOUR, AT, HOUR, timedelta(), timedelta(), timedelta())


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        (answers.CatalogueAnswer, shapes.lists_json(LISTS)),
        (answers.LinkOfTicket, shapes.link_json(LINK)),
        (answers.LinkAnswer, shapes.whole_link_json(LINK)),
        (answers.MaintenanceRecord, shapes.maintenance_json(WORK)),
        (answers.ChangeAnswer, shapes.change_json(MARKER)),
        (answers.AvailabilityAnswer, shapes.availability_json(TILL, UP)),
    ],
)
def test_each_shape_is_its_model(model: type[BaseModel], shown: dict[str, object]) -> None:
    """Key by key, none too many and none missing."""
    model.model_validate(shown)
    assert list(shown) == list(model.model_fields)
