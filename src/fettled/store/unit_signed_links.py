"""The ports `SignedLinksReader` and `SignedLinksUnit`, over one connection."""

from __future__ import annotations

from datetime import datetime

from fettled.store import sql_signed_links
from fettled.store.link import Link


class SignedLinksReading:
    """What can be asked."""

    _link: Link

    def secret(self, name: str) -> str | None:
        """Give a secret of the daemon's own."""
        return sql_signed_links.secret(self._link, name)

    def link_used_at(self, ident: str) -> datetime | None:
        """Say when a link did what it was for."""
        return sql_signed_links.used_at(self._link, ident)


class SignedLinksWriting:
    """What can be written."""

    _link: Link

    def put_secret(self, name: str, value: str, at: datetime) -> None:
        """Keep a secret, unless there is one of that name already."""
        sql_signed_links.put_secret(self._link, name, value, at)

    def use_link(self, ident: str, at: datetime, expires_at: datetime) -> bool:
        """Note that a link does what it is for."""
        return sql_signed_links.use(self._link, ident, at, expires_at)

    def forget_links(self, before: datetime, *, limit: int) -> int:
        """Delete those that expired before."""
        return sql_signed_links.forget(self._link, before, limit=limit)
