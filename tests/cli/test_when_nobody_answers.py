"""Servers that are not there, hang, trickle, or are not fettled at all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from cli.fake_daemon import TICKET, FakeDaemon, Fettled
from fettled.cli.client import Address, UnreachableError, address_of, get
from fettled.core.errors import InvalidError

SECONDS = 0.3


@contextmanager
def serving(path: Path, talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[None]:
    """Accept one connection on a unix socket and hand it to *talk*."""
    over = threading.Event()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(5)

        def accept() -> None:
            connection, _ = listener.accept()
            with connection:
                talk(connection, over)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def test_a_socket_that_hangs_is_given_up_at_the_deadline(tmp_path: Path):
    """A daemon that accepts and never answers costs the deadline, not the evening."""

    def mute(_: socket.socket, over: threading.Event) -> None:
        over.wait(5)

    with serving(tmp_path / "s", mute):
        began = monotonic()
        with pytest.raises(UnreachableError, match=r"did not answer within 0\.3 s"):
            get(Address(socket=tmp_path / "s", deadline=SECONDS), "/health-check")

    assert monotonic() - began < 3


def test_an_answer_that_trickles_is_given_up_at_the_deadline(tmp_path: Path):
    """
    The deadline is over the whole request: a byte now and then does not stretch it.

    Seen to fail without the timer that cuts the socket, with the socket's timeout alone.
    """

    def trickle(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            if over.wait(SECONDS / 6):
                return
            try:
                connection.sendall(b" ")
            except OSError:
                return

    with serving(tmp_path / "s", trickle):
        began = monotonic()
        with pytest.raises(UnreachableError, match="did not answer within"):
            get(Address(socket=tmp_path / "s", deadline=SECONDS), "/health-check")

    assert monotonic() - began < 2


@pytest.mark.parametrize(
    "said",
    [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"],
    ids=["hangs up", "ssh", "half an answer"],
)
def test_what_does_not_speak_http_is_told_so(tmp_path: Path, said: bytes):
    """A wrong port is named as such, not as an internal error."""

    def talk(connection: socket.socket, _: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(said)

    with (
        serving(tmp_path / "s", talk),
        pytest.raises(UnreachableError, match="does not speak HTTP, or hung up"),
    ):
        get(Address(socket=tmp_path / "s", deadline=5), "/health-check")


def test_a_daemon_that_is_gone_is_one_sentence(fettled: Fettled, tmp_path: Path):
    """A socket that is not there is named with the reason."""
    result = fettled("tickets", "list", "--url", f"unix:{tmp_path}/gone")

    assert (result.code, result.out) == (2, "")
    assert result.err == f"fettled: cannot reach {tmp_path}/gone: No such file or directory\n"


def test_a_port_where_nobody_listens_is_one_sentence(fettled: Fettled):
    """Refused is told as refused."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        result = fettled("subjects", "list", "--url", url)

    assert (result.code, result.err) == (2, f"fettled: cannot reach {url}: Connection refused\n")


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (500, "text/html", b"<html><h1>Internal Server Error</h1></html>"),
        (502, "text/html", b"<html>Bad Gateway</html>"),
        (302, "text/html", b""),
        (200, "text/html", b"<html>Welcome</html>"),
        (200, "application/json", b'{"hello": "world"}'),
        (200, "application/json", b"[1, 2]"),
        (500, "application/problem+json", b"{broken"),
        (599, "application/json", b"\xff\xfe"),
    ],
)
def test_a_stranger_s_answer_is_told_as_such(
    fettled: Fettled, daemon: FakeDaemon, status: int, kind: str, body: bytes
):
    """A proxy's page or another program's JSON is one sentence, without its markup."""
    daemon.reply("GET", "/api/v1/tickets", body, status, kind)

    result = fettled("tickets", "list", "--url", daemon.url)

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"fettled: {daemon.path} answered {status}")
    assert result.err.endswith("is it the right one?\n")


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (401, "the token is not known"),
        (403, "this needs the permission ticket.update"),
        (404, "there is no ticket 42"),
        (409, "the ticket is closed, which is final"),
        (429, "too many requests"),
        (503, "the store does not answer"),
    ],
)
def test_a_refusal_is_told_in_the_daemon_s_words(
    fettled: Fettled, daemon: FakeDaemon, status: int, detail: str
):
    """problem+json becomes its detail; a wrong token also tells where tokens come from."""
    daemon.problem("POST", "/api/v1/tickets/42/actions", status, detail)

    result = fettled("tickets", "reopen", "42", "--url", daemon.url)

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"fettled: {detail}")
    assert ("$FETTLED_TOKEN" in result.err) == (status == 401)


def test_faults_of_fields_are_each_on_a_line(fettled: Fettled, daemon: FakeDaemon):
    """422 names the fields; each fault can be read and cured."""
    faults = [
        {"field": "code", "detail": "is not a code"},
        {"field": "summary", "detail": "is too long"},
    ]
    daemon.problem("POST", "/api/v1/tickets/42/actions", 422, "two fields", errors=faults)

    err = fettled("tickets", "resolve", "42", "--url", daemon.url).err

    assert err.splitlines() == [
        "fettled: two fields",
        "code: is not a code",
        "summary: is too long",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8080",
        "ftp://host",
        "http://",
        "http://host:99999",
        "http://host:http",
        "http://ann:secret@host",
        "http://host/?q=1",
        "http://[::1",
    ],
)
def test_an_address_that_cannot_be_one_is_refused(url: str):
    """The forms that work are named, and a password in the address is not repeated."""
    with pytest.raises(InvalidError, match="--url") as refused:
        address_of(url, None)

    assert "secret" not in str(refused.value)


def test_addresses_are_read_as_people_write_them():
    """Ports have their usual values, and a base with /api/v1 is the same as without."""
    assert str(address_of("https://f.example.org", None)) == "https://f.example.org:443"
    assert address_of("https://f.example.org", None).tls
    assert str(address_of("http://[::1]:8080/", None)) == "http://::1:8080"
    assert address_of("http://h/base/api/v1/", None).prefix == "/base"
    assert address_of("unix:/run/f.sock", None).socket == Path("/run/f.sock")


def test_a_token_never_shows(fettled: Fettled, daemon: FakeDaemon, tmp_path: Path):
    """Neither a refused token nor one for a dead daemon is repeated on a terminal."""
    daemon.problem("GET", "/api/v1/tickets", 401, "the token is not known")

    for url in (daemon.url, f"unix:{tmp_path}/gone"):
        result = fettled("tickets", "list", "--url", url, "--token", "ftl_a_verysecret")
        assert "verysecret" not in result.out + result.err


def test_a_token_that_cannot_be_one_is_refused_here(fettled: Fettled, daemon: FakeDaemon):
    """A line break in a token never becomes a header of its own."""
    daemon.reply("GET", "/api/v1/tickets/42", TICKET)

    result = fettled("tickets", "show", "42", "--url", daemon.url, "--token", "a\r\nX-Evil: 1")

    assert result.code == 2
    assert daemon.asked == []
