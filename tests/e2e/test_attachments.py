"""Files on the real daemon: killed while one is being sent, and asked for afterwards."""

from __future__ import annotations

import http.client
import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

from fettled import store
from live import Daemon, daemon, wait_for

BOUNDARY = "b0"
#: Several pieces long.
CONTENT = b"a line of a long log\n" * 100_000
HEAD = b'--b0\r\nContent-Disposition: form-data; name="file"; filename="long.txt"\r\n\r\n'
BODY = HEAD + CONTENT + b"\r\n--b0--\r\n"


def begin(fettled: Daemon, announced: int) -> socket.socket:
    """Begin an upload to ticket 1 over the control socket."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(40)
    sock.connect(str(fettled.home / "control"))
    sock.sendall(
        b"POST /api/v1/tickets/1/attachments HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Content-Type: multipart/form-data; boundary=b0\r\n"
        b"Content-Length: %d\r\n\r\n" % announced
    )
    return sock


def answer(sock: socket.socket) -> tuple[int, bytes]:
    """Read an answer whole."""
    response = http.client.HTTPResponse(sock)
    response.begin()
    return response.status, response.read()


def kept(home: Path) -> tuple[int, int, int]:
    """Count attachments, their pieces, and entries that tell of one."""
    # Not read-only: what a killed daemon left in its log can then not be taken in.
    with closing(sqlite3.connect(home / "fettled.db")) as db:
        questions = (
            "SELECT count(*) FROM attachments",
            "SELECT count(*) FROM attachment_bytes",
            "SELECT count(*) FROM timeline WHERE event = 'attachment_added'",
        )
        one, two, three = (db.execute(each).fetchone()[0] for each in questions)
    return one, two, three


def test_kill_9_while_a_file_is_sent_leaves_no_half_of_it(tmp_path: Path) -> None:
    """
    Killed before the last byte, and at any instant after it: the whole file, or none.

    The answer is what counts: a file that was acknowledged is there after the kill.
    """
    home = tmp_path / "home"
    with daemon(home) as fettled:
        fettled.write("  []")
        fettled.start()
        assert fettled.post("/api/v1/tickets", {"title": "Door stuck"})["number"] == 1
        with begin(fettled, len(BODY)) as sock:
            sock.sendall(BODY[: len(BODY) // 2])
            fettled.kill()
        assert kept(home) == (0, 0, 0)
        for cut in range(3):  # the last bytes are sent, and the kill comes whenever it comes
            fettled.start()
            with begin(fettled, len(BODY)) as sock:
                sock.sendall(BODY[:-1])
                sock.sendall(BODY[-1:])
                if cut:
                    wait_for(lambda: kept(home)[0], "the file")
                fettled.kill()
            files, pieces, told = kept(home)
            assert files == told
            assert (pieces > 0) == (files == 1)
            assert store.check(f"sqlite:///{home}/fettled.db") == []

        fettled.start()
        with begin(fettled, len(BODY)) as sock:
            sock.sendall(BODY)
            status, body = answer(sock)
        assert status == 201
        item = json.loads(body)["items"][0]
        fettled.kill()
        fettled.start()
        assert kept(home)[0] == 1
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(40)
            sock.connect(str(home / "control"))
            path = f"/api/v1/tickets/1/attachments/{item['id']}"
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            assert answer(sock) == (200, CONTENT)
        assert fettled.events(1).count("attachment_added") == 1
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(60)
            sock.connect(str(home / "control"))
            path = "/api/v1/tickets/1/export.pdf"
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            status, pdf = answer(sock)
        assert status == 200
        assert pdf.startswith(b"%PDF-")
        assert fettled.stop() == 0
