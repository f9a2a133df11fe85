"""The lists that tickets choose from: what they let through, and what they say."""

from __future__ import annotations

import pytest

from fettled.app.catalogue import make_catalogue, region_of
from fettled.core.errors import InvalidError
from fettled.ports import Application, Asset, Lists, Party

LISTS = Lists(
    applications=(Application("Till", ("hub", "door-1")), Application("Shop", ("hub",))),
    assets=(Asset("Rack 1", "hub", ("Mail", "Shop")), Asset("Rack 2")),
    clients=(Party("Example AS"),),
    employees=(Party("Bo"),),
    suppliers=(Party("Lifts Ltd"),),
    regions=("oslo", "bergen"),
    projects=("North",),
)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("region", "Oslo"),
        ("region", ""),
        ("project", "South"),
        ("category", "weather"),
        ("application", "till"),
        ("supplier", "Lifts"),
        ("asset", "Rack 3"),
        ("client", "Bo"),
        ("employee", "Example AS"),
        ("region", 7),
        ("region", ["oslo"]),
    ],
)
def test_what_is_not_in_its_list_names_the_field_and_what_is(field: str, value: object) -> None:
    """Exactly as it is written there; whatever else is given beside it."""
    with pytest.raises(InvalidError, match=r"^must be one of .*[^,]$") as caught:
        make_catalogue(LISTS).check({"title": "x", field: value})
    assert caught.value.field == field


def test_of_a_long_list_some_names_are_told_and_the_nearest() -> None:
    """One sentence, however long the list is."""
    lists = Lists(regions=tuple(f"region-{n:04}" for n in range(9_000)))
    with pytest.raises(InvalidError) as caught:
        make_catalogue(lists).check({"region": "regoin-0007"})
    assert str(caught.value) == (
        "is none of the catalogue's 9000 (GET /api/v1/catalogue), such as region-0000, "
        "region-0001, region-0002; did you mean region-0007?"
    )


def test_what_is_not_given_or_has_no_list_goes() -> None:
    """None is no choice, a list that is empty lets any text through, N/A is no region."""
    full = make_catalogue(LISTS)
    full.check({"region": None, "application": "Till", "category": "other", "labels": {"a": "b"}})
    full.check({"region": "N/A", "project": "North", "supplier": "Lifts Ltd"})
    empty = make_catalogue()
    empty.check(dict.fromkeys(("region", "project", "application", "supplier"), "anything"))
    empty.check(dict.fromkeys(("asset", "client", "employee"), "anything"))
    with pytest.raises(InvalidError, match="hardware, software, network, access, other"):
        empty.check({"category": "anything"})


@pytest.mark.parametrize(
    ("text", "region"), [("N/A", None), (" ", None), ("", None), (None, None), ("oslo", "oslo")]
)
def test_not_applicable_is_no_region(text: str | None, region: str | None) -> None:
    """As a form says it."""
    assert region_of(text) == region


def test_what_is_hosted_where() -> None:
    """By the asset's own list and by its subject; a subject's key is an asset, too; each once."""
    catalogue = make_catalogue(LISTS)
    assert catalogue.on_subject("hub") == ("Till", "Shop")
    assert catalogue.on_subject("nothing") == ()
    assert catalogue.on_asset("Rack 1") == ("Mail", "Shop", "Till")
    assert catalogue.on_asset("hub") == ("Till", "Shop")
    assert catalogue.on_asset("Rack 2") == ()
    catalogue.configure(Lists())
    assert catalogue.on_asset("Rack 1") == ()
    assert catalogue.application("Till") is None
