"""The first administrator's token: written where only the operator reads it, once."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from fettled.app.tokens import Tokens, first_admin_token
from fettled.core.errors import FettledError, StoreDownError
from fettled.core.permissions import Role
from web.fakes import FakeClock, FakeStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name the file."""
    return tmp_path / "admin-token"


async def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path):
    """No token is committed that nobody could ever read."""
    store = FakeStore()
    with pytest.raises(FettledError, match="cannot be written") as told:
        await first_admin_token(store, FakeClock(), tmp_path / "missing" / "admin-token")
    assert "\n" not in str(told.value)
    assert store.tokens == {}


async def test_a_link_in_its_place_is_replaced_not_followed(path: Path, tmp_path: Path):
    """
    A symbolic link cannot lead the token elsewhere.

    Seen to fail with the text written straight to *path*.
    """
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    os.symlink(elsewhere, path)  # noqa: PTH211 - nothing else is on this loop
    assert await first_admin_token(FakeStore(), FakeClock(), path)
    assert elsewhere.read_text() == "mine"


async def test_it_is_private_and_works(path: Path):
    """0600, one line, an administrator; a second start writes nothing."""
    store, clock = FakeStore(), FakeClock()
    assert await first_admin_token(store, clock, path)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600  # noqa: PTH116 - a local file
    text = read(path)
    tokens = Tokens(store, clock)
    token = await tokens.authenticate(text.rstrip("\n"))
    assert tokens.roles(token) == {Role.ADMIN}
    assert not await first_admin_token(store, clock, path)
    assert read(path) == text
    assert [each.name for each in path.parent.iterdir()] == [path.name]


async def test_a_crash_before_the_commit_leaves_a_way(path: Path):
    """The dud that was written is replaced by the next start."""

    class Failing(FakeStore):
        async def write(self, unit: object) -> object:
            raise StoreDownError

    with pytest.raises(StoreDownError):
        await first_admin_token(Failing(), FakeClock(), path)
    dud, store = read(path), FakeStore()
    assert await first_admin_token(store, FakeClock(), path)
    assert read(path) != dud
    assert await Tokens(store, FakeClock()).authenticate(read(path).strip()) is not None


async def test_a_user_without_a_role_is_what_the_configuration_says():
    """A token without a role follows its user; a role nobody knows grants nothing."""
    configured = {"ann": frozenset({Role.OPERATOR})}
    store = FakeStore()
    tokens = Tokens(store, FakeClock(), lambda user: configured.get(user, frozenset()))
    new = await tokens.create("ann")
    assert tokens.roles(new.token) == {Role.OPERATOR}
    del configured["ann"]
    assert tokens.roles(new.token) == frozenset()
    assert new.text not in repr(new)


def read(path: Path) -> str:
    """Read the file."""
    return path.read_text()
