"""What the care of tokens needs of the store."""

from __future__ import annotations

from typing import Protocol

from fettled.ports.records import Token


class TokensReader(Protocol):
    """All tokens."""

    def tokens_after(self, ident: str, *, limit: int) -> list[Token]:
        """Those whose id comes after *ident*, by id; those that were revoked are gone."""
        ...


class TokensUnit(TokensReader, Protocol):
    """Tokens, to be taken away."""

    def revoke_token(self, token_id: str) -> bool:
        """Delete one; whether there was one."""
        ...
