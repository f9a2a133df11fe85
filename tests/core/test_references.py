"""What names a ticket, and what does not."""

from datetime import date

import pytest

from fettled.core.references import Reference, parse_reference

DAY = date(2026, 11, 21)

NAMES = {
    "42": Reference(42),
    "#42": Reference(42),
    "INC-20261121-000042": Reference(42, DAY),
    "inc-20261121-000042": Reference(42, DAY),
    "INC-20261121-1234567": Reference(1234567, DAY),
    "9" * 18: Reference(int("9" * 18)),
    "INC-20261121-" + "9" * 18: Reference(int("9" * 18), DAY),
}

NOBODY = [
    "", "#", "##1", " 42", "42\n", "0", "#0", "042", "-1", "+1", "1e3", "4 2", "4_2", "x",
    "9" * 19, "\u0661", "\u00bc\u00b2", "42/actions", "../subjects",
    "INC-20261121-42", "INC-20261121-0000042", "INC-20261121-000000", "INC-20261121-",
    "INC-20261399-000042", "INC-2026112-000042", "INC-00000000-000042",
    "INC-20261121-\u0661\u0661\u0661\u0661\u0661\u0661", "INC-20261121-" + "9" * 19,
    "\u0131nc-20261121-000042", "#INC-20261121-000042", "x" * 9999,
]  # fmt: skip


@pytest.mark.parametrize(("text", "reference"), NAMES.items())
def test_a_number_or_a_reference_names_a_ticket(text: str, reference: Reference) -> None:
    """And written again it is what the API takes."""
    named = parse_reference(text)

    assert named == reference
    assert str(named) == text.removeprefix("#").upper()


@pytest.mark.parametrize("text", NOBODY)
def test_anything_else_names_none(text: str) -> None:
    """Half a reference, another padding, an impossible day, other scripts' digits."""
    assert parse_reference(text) is None
