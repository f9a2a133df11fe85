"""Whose roles a token may take over."""

from pathlib import Path

import pytest

from fakes import FakeClock
from fettled.app.tokens import Tokens
from fettled.core.errors import InvalidError
from fettled.core.permissions import Role
from fettled.store import open_store


@pytest.mark.parametrize(
    ("configured", "said"), [(None, "is not configured"), (frozenset(), "has no roles")]
)
async def test_a_user_without_roles_is_not_called_unknown(
    tmp_path: Path, configured: frozenset[Role] | None, said: str
) -> None:
    """What is missing is named, since the cure is another one."""
    async with open_store(f"sqlite:///{tmp_path}/f.db") as store:
        tokens = Tokens(store, FakeClock(), lambda _: configured)
        with pytest.raises(InvalidError, match=f"none {said} under access.users"):
            await tokens.create("none")
