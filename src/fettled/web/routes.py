"""
The route table: what a route is, and the one decorator that makes one.

A route declares everything there is to know about it: method, paths, permission, the
models of its query and body, and the status of success. The server, the tests that walk
it, and the API's description are made from this table and from nothing else. A route
that does not say who may use it cannot be made.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from fettled.core.alarms import Message
from fettled.core.permissions import Permission, Principal
from fettled.web.keys import Services, Settings
from fettled.web.problems import JSON
from fettled.web.uploads import MOST_UPLOADED, UPLOAD_SECONDS, Upload

#: Of a body, unless the route says otherwise.
MAX_BODY = 1024 * 1024
#: Longer than reading the largest configuration takes, shorter than a caller's patience.
CALL_SECONDS = 30.0


class Public(Enum):
    """The word a route must say to need no token."""

    PUBLIC = "public"


PUBLIC = Public.PUBLIC


class Model(BaseModel):
    """What a caller may send: nothing but the fields named, and no value guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoQuery(Model):
    """The query of a route that takes none."""


async def _nobody() -> Principal:
    msg = "this caller cannot be recognised again"
    raise NotImplementedError(msg)


def _uncounted() -> None:
    """Count nothing: nobody tries anything here."""


@dataclass(frozen=True, slots=True)
class Proven:
    """
    A caller that a route recognised by what it sent.

    Attributes:
        message: what it signed, if that is how, and if it can be told from the next.
    """

    principal: Principal
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """
    A request whose caller, query and body have been judged already.

    Attributes:
        path: the parts of the path by name, decoded.
        target: the path as it was asked for, for links to further pages.
        query, body: instances of the route's models; the body is None if it has none.
        headers: by name, whatever their case.
        upload: what is still to be read, of a route that takes files.
        table: every route that is served, for those that tell of the others.
        renew: recognise the caller once more, as for a new request; raises as for one.
        miss: count a failed try to prove who one is; raises 429 after too many.
        turn: whose holder alone reads and writes out a page of what is exported.
        message: what the caller proved itself by, where it signed it.
    """

    services: Services
    principal: Principal
    path: Mapping[str, str]
    target: str
    query: Any
    body: Any
    headers: Mapping[str, str]
    upload: Upload | None = None
    table: tuple[Route, ...] = ()
    renew: Callable[[], Awaitable[Principal]] = _nobody
    miss: Callable[[], None] = _uncounted
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a handler answers.

    Attributes:
        data: written as JSON; None for no content.
        chunks: instead of data, bytes that are made piece by piece, and sent as one.
        stream: instead of data, bytes that are sent as they are made; nobody holds them all.
        length: of the stream, where it is known.
        is_live: the stream tells what happens as it happens, for as long as somebody listens.
        status: None for the route's status of success.
    """

    data: object = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON
    chunks: AsyncIterator[bytes] | None = None
    stream: AsyncGenerator[bytes] | None = None
    length: int | None = None
    is_live: bool = False
    status: int | None = None


Handler = Callable[[Call], Awaitable[Answer]]
#: Recognises a caller by what it sends: the services, the path's parts, the headers, the body.
Proof = Callable[
    [Services, Mapping[str, str], Mapping[str, str], Callable[[], Awaitable[bytes]]],
    Awaitable[Proven | None],
]


@dataclass(frozen=True, slots=True)
class Route:
    """
    One route.

    Attributes:
        permission: who may; `PUBLIC` for everybody.
        guarded: for a route that is public only as long as the settings leave it so.
        body: a model, or a union of models by a tag; None for no body.
        may_lack_body: no body at all is taken as one that is empty.
        takes_files: the handler reads the body itself, as `Call.upload`.
        answer: a model of what is answered, for the API's description; None: any JSON.
        media: the content type of success.
        max_body: in bytes.
        seconds: how long the handler may take.
        tells_secret: the answer holds what is told once and kept nowhere.
        free: not counted against the limits of requests: what machines ask all the time.
        if_match: it takes `If-Match`.
        switched: whether the settings leave it served at all; None: always.
        may_exist: what it would make may be there already; then it answers 200.
        proof: recognises callers that have no token of ours; None: there are no such.
        pages: further statuses that it answers with a page of its own, and when.
    """

    method: str
    paths: tuple[str, ...]
    permission: Permission | Public | None
    handler: Handler
    query: type[Model]
    body: TypeAdapter[Any] | None
    status: int
    guarded: Callable[[Settings], bool] | None
    may_lack_body: bool = False
    takes_files: bool = False
    answer: Any = None
    media: str = JSON
    max_body: int = MAX_BODY
    seconds: float = CALL_SECONDS
    tells_secret: bool = False
    free: bool = False
    if_match: bool = False
    switched: Callable[[Settings], bool] | None = None
    may_exist: bool = False
    proof: Proof | None = None
    pages: tuple[tuple[int, str], ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.permission, Permission | Public):
            msg = f"{self.method} {self.paths[0]} does not declare who may use it"
            raise TypeError(msg)

    @property
    def answers_ticket(self) -> bool:
        """Whether what it answers is one ticket, as it is after."""
        return getattr(self.answer, "__name__", "") == "TicketAnswer"

    @property
    def takes_key(self) -> bool:
        """
        Whether it takes an `Idempotency-Key`.

        Of a public route everybody is the same caller, and would get one another's answers.
        """
        is_public = self.permission is PUBLIC
        return self.method == "POST" and not self.takes_files and not is_public

    @property
    def summary(self) -> str:
        """What it does, in one line."""
        return (inspect.getdoc(self.handler) or "").split("\n", 1)[0]

    def needs(self, settings: Settings) -> Permission | None:
        """Name the permission that a caller must hold; None for a public route."""
        if isinstance(self.permission, Permission):
            return self.permission if self.guarded is None or self.guarded(settings) else None
        return None


class RouteTable:
    """Routes, in the order in which they were declared."""

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def route(
        self,
        method: str,
        *paths: str,
        permission: Permission | Public | None = None,
        guarded: Callable[[Settings], bool] | None = None,
        query: type[Model] = NoQuery,
        body: Any = None,  # noqa: ANN401 - a model or an annotated union: no one type says that
        may_lack_body: bool = False,
        takes_files: bool = False,
        status: int = 200,
        answer: Any = None,  # noqa: ANN401 - a model, or a generic one of a model
        media: str = JSON,
        max_body: int = MAX_BODY,
        seconds: float = CALL_SECONDS,
        tells_secret: bool = False,
        free: bool = False,
        if_match: bool = False,
        switched: Callable[[Settings], bool] | None = None,
        may_exist: bool = False,
        proof: Proof | None = None,
        pages: tuple[tuple[int, str], ...] = (),
    ) -> Callable[[Handler], Handler]:
        """
        Declare the decorated function as a route; see `Route` for the arguments.

        Raises:
            TypeError: no permission is declared.
        """

        def declare(handler: Handler) -> Handler:
            adapter = None if body is None else TypeAdapter(body)
            self._routes.append(
                Route(
                    method=method,
                    paths=paths,
                    permission=permission,
                    handler=handler,
                    query=query,
                    body=adapter,
                    status=status,
                    guarded=guarded,
                    may_lack_body=may_lack_body,
                    takes_files=takes_files,
                    answer=answer,
                    media=media,
                    max_body=MOST_UPLOADED if takes_files else max_body,
                    seconds=seconds + UPLOAD_SECONDS * takes_files,
                    tells_secret=tells_secret,
                    free=free,
                    if_match=if_match,
                    switched=switched,
                    may_exist=may_exist,
                    proof=proof,
                    pages=pages,
                )
            )
            return handler

        return declare
