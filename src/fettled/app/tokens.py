"""
Bearer tokens: made, shown once, kept as a digest, and recognised.

`ftl_<id>_<secret>`: the id finds the row, the secret proves the bearer. Limiting
failed tries belongs to the door they come through; what a role may do, to
`fettled.core.permissions`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from fettled.core.audit import MACHINES
from fettled.core.errors import (
    FettledError,
    InvalidError,
    NotFoundError,
    StoreDownError,
    StoreUnsureError,
)
from fettled.core.permissions import Permission, Role, permissions_of
from fettled.core.scopes import within
from fettled.core.tickets import SYSTEM, Actor
from fettled.ports import Clock, DeskStore, DeskUnit, Token

#: Anything else is refused before the store is asked.
_SHAPE = re.compile(r"ftl_([0-9a-f]{12})_([0-9a-f]{64})")
#: What people and machines are called in tokens: no control characters, no markup.
USER = r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}"
_USER = re.compile(USER)

#: How long a row is believed without asking the store again; a token that was taken
#: away works for this long at most.
_FRESH_SECONDS = 5.0
#: Enough for every device that pushes heartbeats; a row is about 500 bytes.
_REMEMBERED = 10_000
_LONGEST = timedelta(days=3650)
#: Compared with when there is no such token, so that both answers take as long.
_NOBODY = hashlib.sha256(b"nobody").hexdigest()


# Named here, since the method `list` hides the type below itself.
Some = list[Token]


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token with its *text*, which is told once and kept nowhere."""

    text: str
    token: Token

    def __repr__(self) -> str:
        """Keep the secret out of logs and tracebacks."""
        return f"NewToken({self.token.id})"


def token_id(presented: str) -> str | None:
    """Name the id of *presented*; None when it has not the shape of a token."""
    match = _SHAPE.fullmatch(presented)
    return match[1] if match else None


def make_token(
    clock: Clock,
    user: str,
    role: Role | None,
    expires: timedelta | None,
    scope: Iterable[Permission] | None = None,
) -> NewToken:
    """Make a token with 256 bits of secret."""
    ident, secret = secrets.token_hex(6), secrets.token_hex(32)
    now = clock.wall()
    token = Token(
        id=ident,
        digest=_digest(secret),
        user=user,
        role=role.value if role else None,
        created_at=now,
        expires_at=None if expires is None else now + expires,
        scope=None if scope is None else tuple(sorted(each.value for each in scope)),
    )
    return NewToken(f"ftl_{ident}_{secret}", token)


class Tokens:
    """
    The use cases around tokens.

    *roles_of* tells the roles of a configured user, and is None for any other name.
    """

    def __init__(
        self,
        store: DeskStore,
        clock: Clock,
        roles_of: Callable[[str], frozenset[Role] | None] = lambda _: None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._roles_of = roles_of
        self._known: OrderedDict[str, tuple[Token, float]] = OrderedDict()
        #: A read that began before one was revoked may end after it; ids are never given twice.
        self._revoked: set[str] = set()

    async def create(
        self,
        user: str,
        role: Role | None = None,
        expires: timedelta | None = None,
        scope: frozenset[Permission] | None = None,
        by: Actor = SYSTEM,
    ) -> NewToken:
        """
        Make and keep a token of *role* for any name, or of a configured *user*'s roles.

        Args:
            user: whom it is for.
            role: its own; None: the user's.
            expires: after so long; None: never.
            scope: permissions beyond which it does not go; None: all that its roles have.
            by: who makes it.

        Raises:
            InvalidError: the name is not one, the user has no roles, the scope leaves
                nothing of a role, or the time is not one.
        """
        if not _USER.fullmatch(user):
            msg = "must be 1 to 64 letters, digits or . _ @ + -, and begin with a letter or digit"
            raise InvalidError(msg, "user")
        if user in MACHINES:
            msg = "is what fettled calls a part of itself: choose another name"
            raise InvalidError(msg, "user")
        if role is None and not (held := self._roles_of(user)):
            lack = "is not configured" if held is None else "has no roles"
            msg = f"{user} {lack} under access.users: configure that, or give a role"
            raise InvalidError(msg, "user")
        if expires is not None and not timedelta() < expires <= _LONGEST:
            msg = "must be more than nothing and at most ten years"
            raise InvalidError(msg, "expires")
        if scope is not None and role is not None and not within(permissions_of([role]), scope):
            msg = f"names nothing that the role {role} has"
            raise InvalidError(msg, "scope")
        new = make_token(self._clock, user, role, expires, scope)
        await self._store.write(lambda unit: _keep(unit, new.token, by))
        return new

    async def list(self, after: str, limit: int) -> Some:
        """Tokens whose id comes after *after*, by id."""
        return await self._store.read(lambda reader: reader.tokens_after(after, limit=limit))

    async def revoke(self, ident: str, by: Actor = SYSTEM) -> None:
        """
        Take a token away; it is refused from now on.

        Raises:
            NotFoundError: there is none of that id.
            StoreDownError: it is still good.
            StoreUnsureError: it may be gone, and is refused until this process ends.
        """
        at, is_gone = self._clock.wall(), False

        def work(unit: DeskUnit) -> bool:
            token = unit.token(ident)
            if token is None:
                return False
            unit.revoke_token(ident)
            data = {"token": ident, "user": token.user, "role": token.role}
            unit.log_input("token.revoke", at, by, data)
            return True

        try:
            is_gone = await self._store.write(work)
        except (StoreUnsureError, asyncio.CancelledError):
            is_gone = True  # as far as is known: better refused than believed
            raise
        finally:
            if is_gone:
                self._revoked.add(ident)
                self._known.pop(ident, None)
        if not is_gone:
            msg = f"there is no token {ident}"
            raise NotFoundError(msg)

    def remembers(self, presented: str) -> bool:
        """Whether *presented* proved itself lately; asks nobody."""
        match = _SHAPE.fullmatch(presented)
        held = self._known.get(match[1]) if match else None
        return match is not None and held is not None and _proves(match[2], held[0])

    async def authenticate(self, presented: str) -> Token | None:
        """
        Recognise *presented*; None when it is malformed, unknown, wrong or expired.

        A row is read at most every few seconds. While the store is down, tokens that
        proved themselves before go on working: nothing could take them away meanwhile,
        and heartbeats must not be lost for it.

        Raises:
            StoreDownError: the store does not answer and the token is not remembered.
        """
        match = _SHAPE.fullmatch(presented)
        if match is None:
            _proves("", None)
            return None
        token = await self._row(match[1])
        if not _proves(match[2], token) or token is None:
            return None
        if token.expires_at is not None and token.expires_at <= self._clock.wall():
            return None
        return token

    def roles(self, token: Token) -> frozenset[Role]:
        """What *token* is allowed to be: its own role, or its user's."""
        if token.role is None:
            return self._roles_of(token.user) or frozenset()
        with suppress(ValueError):
            return frozenset({Role(token.role)})
        return frozenset()  # a role of another version of the program grants nothing here

    def permissions(self, token: Token) -> frozenset[Permission]:
        """What *token* may do: what its roles allow, as far as its scope goes."""
        return within(permissions_of(self.roles(token)), token.scope)

    async def _row(self, ident: str) -> Token | None:
        held = self._known.get(ident)
        if held is not None and time.monotonic() - held[1] < _FRESH_SECONDS:
            return held[0]
        try:
            token = await self._store.read(lambda reader: reader.token(ident))
        except StoreDownError:
            if held is None:
                raise
            return held[0]
        if token is None or ident in self._revoked:
            # Unknown ids are not remembered: guesses must not push out what is known.
            self._known.pop(ident, None)
            return None
        self._known[ident] = (token, time.monotonic())
        self._known.move_to_end(ident)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return token


def _keep(unit: DeskUnit, token: Token, by: Actor) -> None:
    """Add *token* and log that; its secret is not in it, so it cannot get there."""
    unit.add_token(token)
    data = {
        "token": token.id,
        "user": token.user,
        "role": token.role,
        "scope": token.scope,
        "expires_at": token.expires_at,
    }
    unit.log_input("token.create", token.created_at, by, data)


async def first_admin_token(store: DeskStore, clock: Clock, path: Path) -> bool:
    """
    Write an admin's token to *path*, 0600, if the store has no token at all.

    The file comes first: a token that was committed and never written down could never
    be learnt. A crash between the two leaves a dud, which the next start replaces.

    Raises:
        FettledError: the file cannot be written.
    """
    if await store.read(lambda reader: reader.token_count()):
        return False
    new = make_token(clock, "admin", Role.ADMIN, None)
    _write_private(path, new.text + "\n")

    def keep(unit: DeskUnit) -> bool:
        # Read again where it is written: a token made meanwhile makes this one needless.
        if unit.token_count():
            return False
        _keep(unit, new.token, SYSTEM)
        return True

    kept = await store.write(keep)
    if not kept:
        _remove(path)
    return kept


def _write_private(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(fresh, flags, 0o600), "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)  # replaces a symbolic link itself, never what it points to
    except OSError as error:
        _remove(fresh)
        msg = (
            f"{path}: the first admin token cannot be written ({error.strerror}): "
            "make the directory writable for the daemon, or configure `access:`"
        )
        raise FettledError(msg) from None


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _proves(secret: str, token: Token | None) -> bool:
    known = _NOBODY if token is None else token.digest
    return hmac.compare_digest(_digest(secret), known) and token is not None
