"""What `SqlReader` and `SqlUnit` do of audit, tokens and the forgetting of tickets; see `unit`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fettled.core.tickets import Actor
from fettled.ports import AuditFilter, Input, Token
from fettled.store import sql_audit, sql_retention, sql_tokens
from fettled.store.link import Link


class AuditAnswers:
    """What can be asked."""

    _link: Link

    def audit(self, which: AuditFilter, *, before: int | None, limit: int) -> list[Input]:
        """Rows of the audit log, newest first, at positions below *before*."""
        return sql_audit.listed(self._link, which, before=before, limit=limit)

    def audit_head(self) -> Input | None:
        """The newest row of the audit log."""
        return sql_audit.head(self._link)

    def tokens_after(self, ident: str, *, limit: int) -> list[Token]:
        """Tokens whose id comes after *ident*, by id."""
        return sql_tokens.listed(self._link, after=ident, limit=limit)


class AuditWork:
    """What a unit may do."""

    _link: Link
    _last: dict[str, Any]

    def log_input(self, kind: str, at: datetime, actor: Actor | str, data: dict[str, Any]) -> None:
        """Record an input other than an observation."""
        sql_audit.append(self._link, kind, at, actor, data)

    def revoke_token(self, token_id: str) -> bool:
        """Delete a token; whether there was one."""
        return sql_tokens.revoke(self._link, token_id)

    def forget_tickets(self, *, before: datetime, told_before: datetime, limit: int) -> list[int]:
        """Delete at most *limit* old tickets; their numbers."""
        self._last.clear()
        return sql_retention.forget_tickets(
            self._link, before=before, told_before=told_before, limit=limit
        )
