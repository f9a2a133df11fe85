"""Probes never take the last file descriptor."""

import pytest

from fettled.bootstrap.descriptors import room_for_probes

ROOM = {64: 16, 128: 32, 1024: 384, 20_000: 9872, 2: 1, 0: 1}


@pytest.mark.parametrize(("descriptors", "probes"), ROOM.items())
def test_some_are_kept_for_whoever_asks_how_we_are(descriptors: int, probes: int) -> None:
    """A quarter of a thousand, or half of fewer; two for each probe."""
    assert room_for_probes(descriptors) == probes
