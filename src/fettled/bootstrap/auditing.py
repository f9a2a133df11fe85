"""What `fettled audit` does beside a running daemon, or without one: it only reads."""

from __future__ import annotations

from collections.abc import Callable

from fettled.app.audit import Head, Verified, head_of, verify
from fettled.store import open_reader


def verify_audit(url: str, anchor: str | None, tell: Callable[[int, int], None]) -> Verified:
    """
    Verify the chain of the store at *url*; *tell* hears the position, and that of the end.

    Raises:
        StoreError: it cannot be read.
    """
    with open_reader(url) as reader:
        end = head_of(reader).position
        return verify(reader, anchor, lambda position: tell(position, end))


def audit_head(url: str) -> Head:
    """
    Give the head of the chain of the store at *url*.

    Raises:
        StoreError: it cannot be read.
    """
    with open_reader(url) as reader:
        return head_of(reader)
