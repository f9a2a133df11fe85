"""Links in notifications as text: only what we wrote is read, and it is read as it was written."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from fettled.core.signed_links import ACTIONS, Offer, read_link, write_link

KEY = bytes(range(32))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
OFFER = Offer(
    id="0123456789abcdef",
    ticket=7,
    action="take",
    name="ann",
    is_person=True,
    expires_at=datetime(2026, 11, 22, tzinfo=UTC),
)
OFFERS = st.builds(
    Offer,
    id=st.text("0123456789abcdef", min_size=16, max_size=16),
    ticket=st.integers(1, 10**12),
    action=st.sampled_from(ACTIONS),
    name=st.text(max_size=60),
    is_person=st.booleans(),
    expires_at=st.datetimes(datetime(1971, 1, 1), datetime(2999, 1, 1)).map(  # noqa: DTZ001 -- UTC is put on
        lambda at: at.replace(microsecond=0, tzinfo=UTC)
    ),
    mark=st.text("0123456789abcdef", max_size=12),
)


@given(OFFERS)
def test_what_was_written_is_read(offer: Offer) -> None:
    """With the same key, and with no other; and it fits into an address as it is."""
    text = write_link(offer, KEY)
    assert read_link(text, KEY) == offer
    assert read_link(text, KEY[::-1]) is None
    assert set(text) <= set(ALPHABET)


@given(OFFERS)
def test_one_changed_character_makes_it_nothing(offer: Offer) -> None:
    """
    Wherever it stands, also where base64 would read the same bytes: at each part's end.

    Seen to fail with a signature that was compared as bytes: its last character had twins.
    """
    text = write_link(offer, KEY)
    ends = {text.index(".") - 1, len(text) - 1, 0, len(text) // 2}
    for at in ends:
        for other in set(ALPHABET + "é=\n") - {text[at]}:
            assert read_link(text[:at] + other + text[at + 1 :], KEY) is None


@given(st.text())
def test_any_text_is_read_as_none(text: str) -> None:
    """Whatever an address holds: no error, and no offer."""
    assert read_link(text, KEY) is None
    assert read_link(f"{text}.{text}", KEY) is None


def test_a_link_is_signed_for_its_purpose_and_stays_good() -> None:
    """
    The very text: what is out in people's mail must be read by every version to come.

    Seen to fail where what is signed says nothing of its purpose, or another one.
    """
    assert write_link(OFFER, KEY) == (
        "WyIwMTIzNDU2Nzg5YWJjZGVmIiw3LCJ0YWtlIiwiYW5uIix0cnVlLDE3OTUzMDU2MDBd"
        ".dvKtbnYEEQlzE7n_Osrzm5UvBq62-t3P6JIuqarDdh8"
    )


def test_what_the_same_key_signed_for_another_purpose_is_no_link() -> None:
    """
    Nor what it signed for none: whoever gets that signed gains nothing here.

    Seen to fail where the purpose is not part of what is signed.
    """
    body, _, _ = write_link(OFFER, KEY).partition(".")
    for purpose in (b"", b"fettled link 2:", b"fettled page 1:"):
        signed = hmac.digest(KEY, purpose + body.encode(), hashlib.sha256)
        text = base64.urlsafe_b64encode(signed).rstrip(b"=").decode()
        assert read_link(f"{body}.{text}", KEY) is None
