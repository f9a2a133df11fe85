"""Files that go onto a ticket, and files that are made of one."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any

import pytest

from cli.fake_daemon import TICKET, FakeDaemon, Fettled
from cli.terminal import drawn, plain
from fettled.cli import ticket_files
from fettled.cli.ticket_files import MOST_BYTES
from fettled.core import attachments

ONE = "/api/v1/tickets/42"
FILES = f"{ONE}/attachments"
PDF = b"%PDF-1.7\n\x00\xff"


def _uploads(daemon: FakeDaemon) -> list[tuple[str | None, bytes]]:
    """The names and the bytes that arrived, read by another hand than ours."""
    found = []
    for asked in daemon.asked:
        if asked.method == "POST":
            head = f"Content-Type: {asked.headers['Content-Type']}\r\n\r\n".encode()
            message: Any = BytesParser(policy=HTTP).parsebytes(head + asked.body)
            (part,) = message.iter_parts()
            assert part.get_param("name", header="content-disposition") == "file"
            found.append((part.get_filename(), part.get_payload(decode=True)))
    return found


def _daemon(daemon: FakeDaemon, count: int = 0) -> None:
    daemon.reply("GET", FILES, {"items": [{"id": n} for n in range(count)], "next": None})
    daemon.reply("POST", FILES, {"items": [{"id": 1, "name": "a"}], "next": None}, 201)


def test_a_file_that_is_too_large_is_not_sent(fettled: Fettled, daemon: FakeDaemon, tmp_path: Path):
    """One byte too many is said at once, and not after a long upload; 10 MiB are taken."""
    _daemon(daemon)
    file = tmp_path / "a.pdf"
    file.write_bytes(b"x" * (MOST_BYTES + 1))

    refused = fettled("tickets", "attach", "42", file, "--url", daemon.url)

    assert (refused.code, daemon.asked) == (2, [])
    assert "10 MiB at most" in refused.err
    file.write_bytes(b"x" * MOST_BYTES)
    assert fettled("tickets", "attach", "42", file, "--url", daemon.url).code == 0


@pytest.mark.parametrize("there", [0, 8])
def test_the_eleventh_file_is_refused_before_any_is_sent(
    fettled: Fettled, daemon: FakeDaemon, tmp_path: Path, there: int
):
    """Those on the ticket count, too."""
    _daemon(daemon, there)
    files = [tmp_path / f"{n}.txt" for n in range(11 - there)]
    for file in files:
        file.write_text("x")

    result = fettled("tickets", "attach", "42", *files, "--url", daemon.url)

    assert result.code == 2
    assert "10 at most" in result.err
    assert _uploads(daemon) == []


@pytest.mark.parametrize("what", ["gone", "directory", "empty"])
def test_what_is_no_file_is_named(fettled: Fettled, daemon: FakeDaemon, tmp_path: Path, what: str):
    """A slip in a path is one sentence that repeats it."""
    path = tmp_path / what
    if what == "directory":
        path.mkdir()
    elif what == "empty":
        path.touch()

    result = fettled("tickets", "attach", "42", path, "--url", daemon.url)

    assert (result.code, daemon.asked) == (2, [])
    assert str(path) in result.err
    assert len(result.err.splitlines()) == 1


def test_no_path_leaves_the_machine(fettled: Fettled, daemon: FakeDaemon, tmp_path: Path):
    """The file's own name is all that is told of where it lay; its bytes arrive as they are."""
    _daemon(daemon)
    home = tmp_path / "secret-project"
    home.mkdir()
    content = bytes(range(256)) * 1000 + b"\r\n--fettled-"
    (home / "door picture.png").write_bytes(content)

    result = fettled("tickets", "attach", "42", home / "door picture.png", "--url", daemon.url)

    assert (result.code, result.err) == (0, "")
    assert result.out == "#42 has door picture.png (250 KiB)\n"
    assert _uploads(daemon) == [("door picture.png", content)]
    assert b"secret-project" not in daemon.asked[-1].body


def test_no_name_can_forge_a_header(fettled: Fettled, daemon: FakeDaemon, tmp_path: Path):
    """Quotes and line ends in a name stay a part of the name."""
    _daemon(daemon)
    name = 'a"; name="evil\r\nX-Evil: 1\r\n\r\n.txt'
    (tmp_path / name).write_text("x")

    fettled("tickets", "attach", "42", tmp_path / name, "--url", daemon.url)

    ((sent, content),) = _uploads(daemon)
    assert sent == "a%22; name=%22evil%0D%0AX-Evil: 1%0D%0A%0D%0A.txt"
    assert content == b"x"


def test_one_file_s_refusal_stops_no_other(fettled: Fettled, daemon: FakeDaemon, tmp_path: Path):
    """What the daemon takes is there, what it refuses is named with its reason."""
    _daemon(daemon)
    daemon.replies["POST", FILES].clear()
    daemon.problem("POST", FILES, 415, "is no PDF, whatever its name says")
    daemon.reply("POST", FILES, {"items": [{"id": 2}], "next": None}, 201)
    for name in ("bad.pdf", "good.txt"):
        (tmp_path / name).write_text("x")

    result = fettled(
        "tickets", "attach", "42", tmp_path / "bad.pdf", tmp_path / "good.txt", "--url", daemon.url
    )

    assert (result.code, result.out) == (1, "#42 has good.txt (1 byte)\n")
    assert result.err == "fettled: bad.pdf: is no PDF, whatever its name says\n"


def test_a_file_that_was_there_is_not_told_as_news(
    fettled: Fettled, daemon: FakeDaemon, tmp_path: Path
):
    """The daemon keeps a file once, and answers 200 instead of 201."""
    _daemon(daemon)
    daemon.replies["POST", FILES].clear()
    daemon.reply("POST", FILES, {"items": [{"id": 1, "name": "a.txt"}], "next": None}, 200)
    (tmp_path / "a.txt").write_text("x")

    out = fettled("tickets", "attach", "42", tmp_path / "a.txt", "--url", daemon.url).out

    assert out == "#42 has a.txt (1 byte) already, nothing changed\n"


def test_the_limits_are_the_daemon_s():
    """What is refused here would be refused there, and nothing else."""
    assert (ticket_files.MOST_FILES, MOST_BYTES) == (attachments.MOST_FILES, attachments.MOST_BYTES)


def test_an_upload_whose_answer_was_lost_is_sent_once_more(
    fettled: Fettled, daemon: FakeDaemon, tmp_path: Path
):
    """From its first byte on, and without a key: the daemon knows a file by its bytes."""
    _daemon(daemon)
    daemon.losing[FILES] = 1
    (tmp_path / "a.txt").write_text("all of it")

    assert fettled("tickets", "attach", "42", tmp_path / "a.txt", "--url", daemon.url).code == 0

    assert _uploads(daemon) == [("a.txt", b"all of it")] * 2
    assert not any("Idempotency-Key" in asked.headers for asked in daemon.asked)


def test_a_file_that_is_there_is_kept(fettled: Fettled, daemon: FakeDaemon, tmp_path: Path):
    """Only `--force` writes over it; without, nobody is asked, and not a byte is changed."""
    daemon.reply("GET", f"{ONE}/export.pdf", PDF, kind="application/pdf")
    target = tmp_path / "a.pdf"
    target.write_bytes(b"mine")

    refused = fettled("tickets", "export", "42", "-o", target, "--url", daemon.url)

    assert (refused.code, daemon.asked, target.read_bytes()) == (2, [], b"mine")
    assert "--force" in refused.err
    assert (
        fettled("tickets", "export", "42", "-o", target, "--force", "--url", daemon.url).code == 0
    )
    assert target.read_bytes() == PDF


@pytest.mark.parametrize(
    "answer",
    [
        (501, "application/problem+json", b'{"detail": "install fettled[pdf]"}'),
        (200, "text/html", b"<html>Welcome</html>"),
    ],
)
def test_what_is_refused_leaves_no_file(
    fettled: Fettled, daemon: FakeDaemon, tmp_path: Path, answer: tuple[int, str, bytes]
):
    """Neither half a file nor a stranger's page ends up under the name, nor beside it."""
    daemon.replies["GET", f"{ONE}/export.pdf"] = [answer]
    home = tmp_path / "out"
    home.mkdir()

    result = fettled("tickets", "export", "42", "-o", home / "a.pdf", "--url", daemon.url)

    assert (result.code, result.out) == (2, "")
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("reference", "name"),
    [("INC-20261121-000042", "INC-20261121-000042.pdf"), ("../../etc/x", "etcx.pdf")],
)
def test_an_export_is_named_after_its_ticket(
    fettled: Fettled, daemon: FakeDaemon, tmp_path: Path, reference: str, name: str
):
    """In the directory one is in, whatever the other side says its reference is."""
    daemon.reply("GET", ONE, {**TICKET, "reference": reference})
    daemon.reply("GET", f"{ONE}/export.pdf", PDF, kind="application/pdf")

    result = fettled("tickets", "export", "42", "--url", daemon.url)

    assert (result.code, result.out) == (0, f"#42 is in {name}\n")
    assert (tmp_path / name).read_bytes() == PDF
    assert (tmp_path / name).stat().st_mode & 0o077 == 0, "a ticket is nobody else's to read"


def test_a_pipe_gets_the_bytes_as_they_are(fettled: Fettled, daemon: FakeDaemon):
    """`-o -` writes to stdout, and nothing else does."""
    daemon.reply("GET", f"{ONE}/export.json", b'{"number": 42}', kind="application/json")

    result = fettled("tickets", "export", "42", "--format", "json", "-o", "-", "--url", daemon.url)

    assert (result.code, result.out, result.err) == (0, '{"number": 42}', "")


def test_a_pdf_is_not_poured_over_a_terminal(daemon: FakeDaemon):
    """Its bytes would steer it; the cure is named, and nobody was asked."""
    daemon.reply("GET", f"{ONE}/export.pdf", PDF, kind="application/pdf")

    out = plain(drawn("tickets", "export", "42", "-o", "-", "--url", daemon.url))

    assert "-o FILE" in out
    assert daemon.asked == []


def test_the_list_as_csv_has_the_list_s_filters(
    fettled: Fettled, daemon: FakeDaemon, tmp_path: Path
):
    """What is filtered on the screen is filtered in the file, without the screen's limit."""
    daemon.reply("GET", "/api/v1/tickets.csv", b"number\r\n42\r\n", kind="text/csv")

    result = fettled(
        *("tickets", "list", "--status", "open", "--mine", "--csv", tmp_path / "a.csv"),
        *("--url", daemon.url),
    )

    assert (result.code, result.out) == (0, "")
    assert (tmp_path / "a.csv").read_bytes() == b"number\r\n42\r\n"
    assert daemon.asked[0].path.endswith("?status=open&assignee=me")
