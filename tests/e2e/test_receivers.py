"""Receivers by the command line, on the real daemon and on its store alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from standardwebhooks.webhooks import Webhook

from live import FAST, daemon, wait_for

#: Part of the URL, as a provider's secret path is.
CANARY = "s3cret-path-c4nary"
SITE = """
  - {subject: door, type: device}
"""


class Listening(BaseHTTPRequestHandler):
    """Keeps what it is told, and answers with the status that its server says."""

    def do_POST(self) -> None:
        """Take one."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server: Hook = self.server  # type: ignore[assignment] # whose class that is
        server.got.append((dict(self.headers.items()), body))
        self.send_response(server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Hook(ThreadingHTTPServer):
    """A receiver in a thread."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Listening)
        self.status = 204
        self.got: list[tuple[dict[str, str], bytes]] = []


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A receiver that listens."""
    with Hook() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_from_a_secret_to_an_event_that_arrives_at_last(tmp_path: Path, hook: Hook) -> None:
    """
    Beside the daemon and without it: tried, disabled by a 410, enabled, and sent again.

    Nothing that is printed or logged tells where the receiver is, or what is signed with.
    """
    with daemon(tmp_path / "home") as fettled:
        fettled.write(SITE, FAST)
        printed: list[str] = []

        def run(*args: str, code: int = 0) -> str:
            done = fettled.run(*args)
            assert done.returncode == code, (args, done.stderr)
            assert "Traceback" not in done.stderr
            printed.append(done.stdout + done.stderr)
            return done.stdout + done.stderr

        secret = fettled.run("receivers", "secret", config=False).stdout.strip()
        url = f"http://127.0.0.1:{hook.server_port}/{CANARY}"
        told = (
            f"{{name: hook, type: webhook, url: '{url}', secret: '{secret}', allow_private: true}}"
        )
        fettled.write(SITE, f"{FAST}\nreceivers: [{told}]")
        fettled.start()
        assert run("receivers", "test", "hook").startswith("hook: delivered after ")
        head, body = hook.got.pop()
        lower = {name.lower(): text for name, text in head.items()}
        assert Webhook(secret).verify(body, lower)["type"] == "fettled.test"
        hook.status = 410
        assert "410" in run("receivers", "test", "hook", code=1)
        assert "did you mean hook?" in run("receivers", "test", "hok", code=2)

        run("tickets", "create", "Broken")
        wait_for(lambda: "disabled" in run("receivers"), "a 410 that is obeyed")
        assert "ticket.opened" in run("dead-letters", "--receiver", "hook")
        (action,) = json.loads(run("tickets", "actions", "1", "--json"))["items"]
        assert (action["outcome"], action["data"]["status"]) == ("failed", 410)
        fettled.stop()

        # The same without a daemon, on the store itself.
        hook.status = 204
        hook.got.clear()
        assert "disabled" in run("receivers", "list")
        assert "enable it first" in run("dead-letters", "resend", "--receiver", "hook", code=2)
        assert run("receivers", "test", "hook").startswith("hook: delivered after ")
        assert "1 event never arrived" in run("receivers", "enable", "hook")
        assert run("dead-letters", "resend", "--all") == "1 event is sent again\n"
        assert len(hook.got) == 1  # the sample; the daemon sends what is due
        fettled.start()
        wait_for(lambda: len(hook.got) > 1, "the event that is sent again")
        assert json.loads(hook.got[-1][1])["data"]["id"] == action["data"]["id"]
        wait_for(lambda: "delivered" in run("receivers"), "what came of it")
        everything = "".join([*printed, fettled.out, fettled.err])
        for hidden in (CANARY, secret, secret.removeprefix("whsec_")):
            assert hidden not in everything
