"""The daemon's door on loopback, over fakes, for every test of the web."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog

from desk import Desk, open_desk
from fettled import calendar
from fettled.app.attachments import AttachmentDesk
from fettled.app.audit import Audit
from fettled.app.comments import Comments
from fettled.app.directory import Directory
from fettled.app.exports import Exports
from fettled.app.quiet import Quiet
from fettled.app.silences import Silences
from fettled.app.tokens import Tokens
from fettled.core.errors import ConfigError
from fettled.core.permissions import Role
from fettled.core.tickets import SYSTEM, Actor
from fettled.telemetry.logs import configure_logs
from fettled.telemetry.metrics import Metrics
from fettled.web.app import ROUTES, make_app
from fettled.web.keys import Services, Settings
from fettled.web.keys_catalogue import CatalogueServices
from fettled.web.listening import Limits, open_web
from stores import migrated_file, sqlite_store_url  # noqa: F401 - fixtures
from web.catalogue_fakes import fake_catalogue
from web.explanations import FakeAccounts, FakeExplainer, FakeHistories
from web.fakes import (
    AT,
    KEPT,
    WATCHED,
    FakeClock,
    FakeHealth,
    FakeHeartbeats,
    FakeLinks,
    FakeSearching,
    FakeStore,
    FakeSubjects,
    FakeTickets,
)


@dataclass
class Logs:
    """What was logged, from info upwards: what happened, and what failed."""

    out: io.StringIO = field(default_factory=io.StringIO)
    err: io.StringIO = field(default_factory=io.StringIO)

    @property
    def text(self) -> str:
        return self.out.getvalue() + self.err.getvalue()


@pytest.fixture(autouse=True)
def logs() -> Iterator[Logs]:
    """Collect the log of every test, and leave logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    made = Logs()
    configure_logs(lambda: AT, form="json", out=made.out, errors=made.err)
    yield made
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@dataclass
class House:
    """A served application and everything behind it."""

    clock: FakeClock = field(default_factory=FakeClock)
    store: FakeStore = field(default_factory=FakeStore)
    tickets: FakeTickets = field(default_factory=FakeTickets)
    subjects: FakeSubjects = field(default_factory=FakeSubjects)
    explainer: FakeExplainer = field(default_factory=FakeExplainer)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    heartbeats: FakeHeartbeats = field(default_factory=FakeHeartbeats)
    health: FakeHealth = field(default_factory=FakeHealth)
    metrics: Metrics = field(default_factory=lambda: Metrics("0.1.0"))
    settings: Settings = field(default_factory=lambda: Settings(version="0.1.0"))
    limits: Limits = field(default_factory=Limits)
    routes: tuple = ROUTES
    control: Path | None = None
    config_error: ConfigError | None = None
    url: str = ""
    forced: bool | None = None
    catalogue: CatalogueServices | None = None
    reloaded_by: Actor | None = None

    def __post_init__(self) -> None:
        # What hangs on tickets is tried over a real store: see `office`.
        self.comments: Any = None
        self.attachments: Any = None
        self.exports: Any = None
        self.tokens = Tokens(self.store, self.clock)
        self.directory = Directory(calendar.shift)
        self.quiet = Quiet(store=self.store, clock=self.clock, expand=calendar.around)
        self.silences = Silences(
            quiet=self.quiet,
            store=self.store,
            clock=self.clock,
            check=calendar.check,
            source="/etc/fettled.yaml",
        )
        self.quiet.fleet_changed(WATCHED)
        for spec in KEPT:
            self.quiet.register(spec)

    async def reload(self, *, force: bool = False, by: Actor = SYSTEM) -> list[str]:
        self.forced, self.reloaded_by = force, by
        if self.config_error is not None:
            raise self.config_error
        return ["1 check changed"]

    async def config(self) -> dict[str, object]:
        return {"server": {"listen": "127.0.0.1:8080"}}

    async def token(self, role: Role = Role.ADMIN, user: str = "ann") -> str:
        """Make a token and give its text."""
        return (await self.tokens.create(user, role)).text

    async def headers(self, role: Role = Role.ADMIN, user: str = "ann") -> dict[str, str]:
        """Make the header that a caller of *role* sends."""
        return {"Authorization": f"Bearer {await self.token(role, user)}"}

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        return host, int(port)

    def services(self) -> Services:
        """Give what the web may call here."""
        return Services(
            tickets=self.tickets,
            removals=self.tickets,
            subjects=self.subjects,
            heartbeats=self.heartbeats,
            tokens=self.tokens,
            directory=self.directory,
            explainer=self.explainer,
            accounts=self.accounts,
            histories=FakeHistories(),
            silences=self.silences,
            catalogue=self.catalogue or fake_catalogue(self.tickets),
            # Tried over the real thing, in tests/web_house.py.
            incidents=None,
            comments=self.comments,
            attachments=self.attachments,
            exports=self.exports,
            searching=FakeSearching(self.tickets),
            audit=Audit(self.store),
            links=FakeLinks(),
            reload=self.reload,
            config=self.config,
            health=self.health,
            expose=self.metrics.expose,
            wall=self.clock.wall,
            settings=lambda: self.settings,
        )

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        app = make_app(self.services(), self.routes)
        async with open_web(
            app, listen=[("127.0.0.1", 0)], control=self.control, limits=self.limits
        ) as listening:
            await listening.start()
            self.url = listening.urls[0]
            yield


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """Serve a house."""
    made = House()
    async with made.serve():
        yield made


@pytest.fixture
async def client(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    """Give an administrator's client of it."""
    headers = await house.headers()
    async with aiohttp.ClientSession(house.url, headers=headers) as session:
        yield session


@pytest.fixture
async def anyone(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    """Give a client without a token."""
    async with aiohttp.ClientSession(house.url) as session:
        yield session


@pytest.fixture
async def real(sqlite_store_url: str) -> AsyncIterator[Any]:  # noqa: F811 - the fixture
    """Serve the real use cases over a real store; a `real_desk.Real`."""
    from web.real_desk import serve_real  # noqa: PLC0415 - it needs this module

    async with serve_real(sqlite_store_url) as made:
        yield made


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Open the use cases on a real store."""
    async with open_desk(tmp_path / "fettled.db") as made:
        yield made


@pytest.fixture
async def office(desk: Desk) -> AsyncIterator[House]:
    """Serve a house whose tickets are kept in a real store."""
    made = House(tickets=desk.tickets)
    made.comments = Comments(desk.store)
    made.attachments = AttachmentDesk(desk.store, desk.clock, desk.memory, desk.sink)
    made.exports = Exports(desk.store, desk.clock)
    async with made.serve():
        yield made


@pytest.fixture
async def worker(office: House) -> AsyncIterator[aiohttp.ClientSession]:
    """Give an operator's client of the office, where there is a ticket: ann's."""
    async with aiohttp.ClientSession(
        office.url, headers=await office.headers(Role.OPERATOR)
    ) as session:
        await session.post("/api/v1/tickets", json={"title": "Door stuck"})
        yield session
