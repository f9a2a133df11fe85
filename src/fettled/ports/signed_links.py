"""What the links in notifications need of the store: a key, and which of them were used."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class SignedLinksReader(Protocol):
    """The key and the used links."""

    def secret(self, name: str) -> str | None:
        """A secret of the daemon's own."""
        ...

    def link_used_at(self, ident: str) -> datetime | None:
        """When a link did what it was for; None: it did not, or has expired since."""
        ...


class SignedLinksUnit(SignedLinksReader, Protocol):
    """The same, to be written."""

    def put_secret(self, name: str, value: str, at: datetime) -> None:
        """Keep a secret, unless there is one of that name already."""
        ...

    def use_link(self, ident: str, at: datetime, expires_at: datetime) -> bool:
        """Note that a link does what it is for; False: it did before."""
        ...

    def forget_links(self, before: datetime, *, limit: int) -> int:
        """Delete at most *limit* that expired before; how many were."""
        ...
