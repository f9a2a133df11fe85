"""A copy with some fields changed is the one that dataclasses would have made."""

import dataclasses
from datetime import UTC, datetime

import pytest

from fettled.core.condition import Condition
from fettled.core.copies import replace
from fettled.core.words import Phase
from tickets_for import new_ticket


@pytest.mark.parametrize("value", [Condition("door/main"), new_ticket()])
def test_every_field_is_where_it_was(value: Condition) -> None:
    """Seen to fail with the fields in the order of their names."""
    for field in dataclasses.fields(value):
        changed = {field.name: object()}
        assert replace(value, **changed) == dataclasses.replace(value, **changed)
    assert replace(value) == value


def test_what_is_no_field_is_refused() -> None:
    """A slip in a name does not go unnoticed, nor is the original changed."""
    before = Condition("door/main")
    with pytest.raises(KeyError, match="phas"):
        replace(before, phas=Phase.FIRING)
    since = datetime(2026, 1, 1, tzinfo=UTC)
    assert replace(before, since=since).since == since
    assert before.since is None
