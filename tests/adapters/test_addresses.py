"""Where a receiver may be: every known way to write an inner address, and the outer ones."""

from __future__ import annotations

import pytest

from fettled.notify.addresses import refusal

#: Never, whatever is allowed.
NEVER = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.0.1",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%eth0",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "64:ff9b:1:a9fe:a9:fe00:808:808",  # as RFC 6052 writes it behind a prefix of 48 bits,
    "64:ff9b:1:a9:fe:a9fe:808:808",  # of 56,
    "64:ff9b:1:0:a9:fea9:fe08:808",  # and of 64
    "2002:a9fe:a9fe::1",
    "::169.254.169.254",
    "2001:0:a9fe:a9fe::1",
    "0.0.0.0",
    "::",
    "255.255.255.255",
    "224.0.0.1",
    "239.255.255.250",
    "ff02::1",
    "::ffff:224.0.0.1",
    "nonsense",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
]
#: Only with `allow_private`.
PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "::1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "fd12:3456::1",
    "fc00::1",
    "fec0::1",
    "100.64.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "192.88.99.1",
    "3fff::1",
    "198.51.100.1",
    "203.0.113.1",
    "240.0.0.1",
    "0.1.2.3",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1:7f00:0:100:808:808",
    "64:ff9b:1:808:8:800:808:808",  # a public one, by way of a network of one's own
    "64:ff9b:1::808:808",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2001:db8::1",
    "::127.0.0.1",
]
PUBLIC = ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", NEVER)
def test_metadata_and_groups_are_never_receivers(address: str) -> None:
    """
    Not even where private addresses are meant.

    Seen to fail where only `is_private` is asked, where nothing is unwrapped, and where of the
    local NAT64 prefix only the last 32 bits are.
    """
    assert refusal(address, allow_private=True)
    assert refusal(address, allow_private=False)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_have_to_be_allowed(address: str) -> None:
    """In every way they can be written; the sentence names the option."""
    assert "allow_private" in (refusal(address, allow_private=False) or "")
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    """Also through NAT64, and mapped."""
    assert refusal(address, allow_private=False) is None
