"""https with the configured files, or one sentence that says what is wrong with them."""

import ssl
from pathlib import Path

import aiohttp
import pytest
import trustme
from aiohttp import web

from fettled.core.errors import ConfigError
from fettled.web.listening import open_web


async def _hello(_request: web.Request) -> web.Response:
    return web.Response(text="hello")


def _app() -> web.Application:
    app = web.Application()
    app.router.add_get("/", _hello)
    return app


async def test_it_speaks_https_with_the_given_certificate(tmp_path: Path) -> None:
    """And its URL says so."""
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(str(cert))
    issued.private_key_pem.write_to_path(str(key))
    client = ssl.create_default_context()
    authority.configure_trust(client)
    files = (str(cert), str(key))
    async with open_web(_app(), listen=[("127.0.0.1", 0)], tls=files) as listening:
        await listening.start()
        assert listening.urls[0].startswith("https://127.0.0.1:")
        async with (
            aiohttp.ClientSession() as session,
            session.get(listening.urls[0], ssl=client) as answer,
        ):
            assert await answer.text() == "hello"


ENCRYPTED = b"""-----BEGIN ENCRYPTED PRIVATE KEY-----
MIIBvTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQI
-----END ENCRYPTED PRIVATE KEY-----
"""


@pytest.mark.parametrize("key", [None, b"", b"garbage", ENCRYPTED, bytes(range(256))])
async def test_files_that_cannot_be_used(tmp_path: Path, key: bytes | None) -> None:
    """Missing, empty, garbage, encrypted: a sentence that names them, and no question."""
    cert = tmp_path / "cert.pem"
    trustme.CA().issue_cert("localhost").cert_chain_pems[0].write_to_path(str(cert))
    if key is not None:
        (tmp_path / "key.pem").write_bytes(key)
    with pytest.raises(ConfigError, match=r"server\.tls: .*key\.pem cannot be used"):
        async with open_web(
            _app(), listen=[("127.0.0.1", 0)], tls=(str(cert), str(tmp_path / "key.pem"))
        ):
            pytest.fail("it listens")
