"""`/docs` and the description: valid, complete, and served without anybody else's help."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import aiohttp
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

import fettled.web
from fettled.core.permissions import Permission
from fettled.web.app import ROUTES
from fettled.web.openapi import describe
from web.conftest import House

STATIC = Path(fettled.web.__file__).parent / "static"


def read(name: str) -> str:
    """Read one of the files."""
    return (STATIC / name).read_text(encoding="utf-8")


def vendored() -> list[Path]:
    """Everything there that runs."""
    return [path for path in STATIC.iterdir() if path.suffix in {".js", ".css", ".woff2"}]


def test_the_description_is_valid():
    """As OpenAPI 3.1 itself defines it."""
    document = json.loads(json.dumps(describe(ROUTES, "1.2.3")))
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_route_is_described_with_its_permission():
    """From the table that serves them, so none can be left out."""
    paths = describe(ROUTES, "1.2.3")["paths"]
    for route in ROUTES:
        for path in route.paths:
            operation = paths[path][route.method.lower()]
            assert operation["summary"]
            assert str(route.status) in operation["responses"]
            if isinstance(route.permission, Permission):
                assert f"`{route.permission}`" in operation["description"]
                assert {"bearer": []} in operation["security"]
                assert "401" in operation["responses"]
            else:
                assert "security" not in operation
    names = [operation["operationId"] for each in paths.values() for operation in each.values()]
    assert len(names) == len(set(names))


def test_vendored_files_are_those_that_are_listed():
    """Byte for byte what their packages hold; whoever changes one says so in VENDORED.md."""
    listed = dict(
        re.findall(r"^\| `([^`]+)` \|.*\| ([0-9a-f]{64}) \|$", read("VENDORED.md"), re.MULTILINE)
    )
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in vendored()}
    assert found == listed
    assert all((STATIC / f"{name}.LICENSE.txt").exists() for name in found)


def test_the_page_holds_no_script_of_its_own_and_names_no_other_host():
    """What the policy forbids is not tried; the page works without a network."""
    page = read("docs.html")
    assert re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL) == [
        (' type="module" src="/docs/rapidoc-min.js"', "")
    ]
    assert not re.search(r"""(src|href)=["'](https?:)?//""", page)
    assert not re.search(r"\son\w+=", page)
    assert 'load-fonts="false"' in page


async def test_the_page_is_served_under_a_strict_policy(anyone: aiohttp.ClientSession):
    """Scripts from here only, connections to here only, framed by nobody, no guessing of types."""
    page = await anyone.get("/docs")
    assert page.status == 200
    assert page.content_type == "text/html"
    policy = page.headers["Content-Security-Policy"]
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == rules["form-action"] == "'none'"
    script = await anyone.get("/docs/rapidoc-min.js")
    assert script.content_type == "text/javascript"
    assert hashlib.sha256(await script.read()).hexdigest() in read("VENDORED.md")
    for response in (page, script):
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/openapi.json", "/api/v1/openapi.json"])
async def test_the_description_is_public_and_tells_the_version(
    anyone: aiohttp.ClientSession, path: str
):
    """It holds nothing but what the source code says."""
    document = await (await anyone.get(path)).json()
    assert document["openapi"].startswith("3.1")
    assert document["info"]["version"] == "0.1.0"


async def test_links_are_of_the_configured_address(house: House, anyone: aiohttp.ClientSession):
    """`server.public_url` is where the page's requests would go; without it, here."""
    assert (await (await anyone.get("/openapi.json")).json())["servers"] == [{"url": "/"}]
