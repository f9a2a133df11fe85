"""The page of a link: it runs nothing, tells nobody its address, and says what went wrong."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog
from structlog.testing import capture_logs

from fettled.clock import SystemClock
from fettled.core.errors import StoreDownError, StoreUnsureError
from fettled.core.permissions import Role
from fettled.telemetry.logs import configure_logs
from street import Street, open_street
from web_house import open_house


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    """A house with people, that knows its own address."""
    async with open_street(tmp_path) as made:
        yield made


async def test_another_site_cannot_press_it(street: Street):
    """
    Nothing that a browser sends by itself counts, so there is nothing to forge.

    An administrator's token, sent along to an address that is no link, does nothing; and
    whoever knows the address needs nothing of anybody's browser.
    """
    ticket = await street.house.ticket()
    await street.link(ticket)
    admin = await street.house.headers(Role.ADMIN, "root")
    cross = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Cookie": "a=b"}
    assert (await street.ask("POST", "/links/take-1", headers=admin | cross))[0] == 404
    assert await street.now(ticket) == ticket


async def test_the_page_runs_nothing_and_tells_nobody_its_address(street: Street):
    """
    Titles come from anywhere: they are text; the page has no script, no style, no link.

    Seen to fail with a `_text` that does not escape.
    """
    title = "</title><script>alert(1)</script>\u202e \"><img src=x onerror=1> & '"
    path = await street.link(await street.house.ticket(title))
    async with street.outside.get(street.house.url + path) as response:
        page = await response.text()
        headers = response.headers
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;alert(1)" in page
    tags = " ".join(re.findall(r"<[^>]*>", page))
    assert re.findall(r"\b(?:src|href|style|action|on\w+)=", tags) == []
    assert path.removeprefix("/links/") not in page
    assert "script-src" not in headers["Content-Security-Policy"]
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; form-action 'self'")
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "noindex" in headers["X-Robots-Tag"]
    assert headers["Content-Type"] == "text/html; charset=utf-8"


async def test_no_log_tells_a_link(street: Street):
    """
    Not the path of a request, nor of one that fails, down to the finest level.

    Seen to fail with `path=request.path`, and with the log's own net taken away as well.
    """
    out, err = io.StringIO(), io.StringIO()
    configure_logs(SystemClock().wall, form="json", level="debug", out=out, errors=err)
    path = await street.link(await street.house.ticket())
    with capture_logs() as raw:
        for method in ("GET", "HEAD", "POST", "POST", "PUT"):
            await street.ask(method, path)
    assert {each["path"] for each in raw if "path" in each} == {"/links/..."}
    text = path.removeprefix("/links/")
    structlog.get_logger().error("http.request_failed", path=path, detail=f"at {path} it failed")
    assert "[redacted]" in err.getvalue()
    for part in (text, text.partition(".")[0], text.partition(".")[2]):
        assert part not in str(raw) + out.getvalue() + err.getvalue()


async def test_while_the_store_is_down_a_sentence_says_so(
    street: Street, monkeypatch: pytest.MonkeyPatch
):
    """503, and whether anything was done: it was not, or that is not known."""
    path = await street.link(await street.house.ticket())
    links = street.house.services.links
    for error, words in (
        (StoreDownError("gone"), "nothing was changed"),
        (StoreUnsureError("gone"), "it may have been done"),
    ):

        async def fail(_unit: object, error: Exception = error) -> None:
            raise error

        store = SimpleNamespace(write=fail, read=fail)
        monkeypatch.setattr(links, "_store", store)
        status, page = await street.ask("POST", path)
        assert status == 503
        assert words in page.lower()
        assert (await street.ask("GET", path))[0] == 503
        monkeypatch.undo()
    assert (await street.ask("POST", path))[0] == 200


async def test_without_an_address_there_are_no_links(tmp_path: Path):
    """Nobody said how we are reached: a link would lead nowhere."""
    async with open_house(tmp_path) as house:
        ticket = await house.ticket()
        assert await house.services.links.make_links(ticket, receiver="duty") == {}
