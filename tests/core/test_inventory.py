"""The brake on mass removal: how much is too much."""

import pytest

from fettled.core.inventory import is_doubtful, signature

GONE = {
    "ten of ten may go": (10, 10, False),
    "eleven of eleven may not": (11, 11, True),
    "a fifth may go, however many that is": (200, 1000, False),
    "one more than a fifth may not": (201, 1000, True),
    "eleven of a hundred are few": (11, 100, False),
    "eleven of fifty-four are more than a fifth": (11, 54, True),
    "eleven of fifty-five are a fifth": (11, 55, False),
    "nothing of nothing": (0, 0, False),
}


@pytest.mark.parametrize(("gone", "of", "doubtful"), GONE.values(), ids=GONE)
def test_more_than_ten_and_more_than_a_fifth_at_once(gone: int, of: int, *, doubtful: bool) -> None:
    """Both must be exceeded. Seen to fail with either alone."""
    assert is_doubtful(gone, of) is doubtful


def test_a_signature_tells_sets_apart_and_knows_no_order() -> None:
    """It fits into a signed 64-bit integer."""
    assert signature(["a", "b"]) == signature({"b": 1, "a": 2}) != signature(["ab"])
    assert 0 <= signature(str(n) for n in range(1000)) < 2**63
