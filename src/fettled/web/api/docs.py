"""
`/openapi.json` and `/docs`: what the API is, for programs and for people.

Both are public: they hold nothing but what the source code says. The page runs one
script, which is ours to serve (see `static/VENDORED.md`), and talks to nobody but us.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator
from importlib import resources
from typing import Any

from fettled.web.openapi import document_of
from fettled.web.routes import PUBLIC, Answer, Call, RouteTable

routes = RouteTable()

HTML = "text/html; charset=utf-8"
SCRIPT = "text/javascript; charset=utf-8"

# RapiDoc puts its own <style> elements into the page; scripts only come from files.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: The file changes with the version of fettled and not else; asked for again after an hour.
_KEEP = "public, max-age=3600"


@routes.route(
    "GET", "/api/v1/openapi.json", "/openapi.json", permission=PUBLIC, answer=dict[str, Any]
)
async def show_openapi(call: Call) -> Answer:
    """Describe every route, as OpenAPI 3.1."""
    settings, today = call.services.settings(), call.services.wall().date()
    document = document_of(call.table, settings.version, settings.public_url, today)
    return Answer(chunks=_whole(document))


@routes.route("GET", "/docs", permission=PUBLIC, media="text/html")
async def show_docs(call: Call) -> Answer:  # noqa: ARG001 - as every handler
    """Show the description as a page that tries requests out."""
    headers = {"Content-Security-Policy": _POLICY}
    return Answer(headers=headers, content_type=HTML, chunks=_whole(static("docs.html")))


@routes.route("GET", "/docs/rapidoc-min.js", permission=PUBLIC, media="text/javascript")
async def show_script(call: Call) -> Answer:  # noqa: ARG001 - as every handler
    """Give the script of that page."""
    headers = {"Cache-Control": _KEEP}
    return Answer(headers=headers, content_type=SCRIPT, chunks=_whole(static("rapidoc-min.js")))


async def _whole(body: bytes) -> AsyncIterator[bytes]:
    yield body


@functools.cache
def static(name: str) -> bytes:
    """Read a file of the package's own, once."""
    return (resources.files("fettled.web") / "static" / name).read_bytes()
