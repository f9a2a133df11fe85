"""Where an export goes: files, links, pipes, devices, full disks; and readers that leave."""

from __future__ import annotations

import os
import resource
import select
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.fake_daemon import FakeDaemon, Fettled
from fettled.cli.address import Address
from fettled.cli.uploading import upload
from fettled.cli.wire import exchange

CSV = "/api/v1/tickets.csv"
ONE = "/api/v1/tickets/42"
#: More than any buffer on the way holds.
LONG = b"number\r\n" + b"42,a door that is off\r\n" * 100_000
MAIN = [sys.executable, "-m", "fettled"]


@contextmanager
def _reading(fifo: Path, found: bytearray) -> Iterator[None]:
    """Read *fifo* to its end, as another program would."""

    def read() -> None:
        with fifo.open("rb") as source:
            found.extend(source.read())

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    yield
    # A writer that never came would keep the reader for ever.
    os.close(os.open(fifo, os.O_RDWR | os.O_NONBLOCK))
    thread.join(5)
    assert not thread.is_alive()


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_pipe_with_a_name_is_written_into(
    fettled: Fettled, daemon: FakeDaemon, tmp_path: Path, force: tuple[str, ...]
):
    """
    What is no file is never replaced by one: whoever reads the pipe gets the list.

    Seen to fail where the new file takes the target's place whatever that is: as root
    that made a regular file of a device.
    """
    daemon.reply("GET", CSV, LONG, kind="text/csv")
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    found = bytearray()

    with _reading(fifo, found):
        result = fettled("tickets", "list", "--csv", fifo, *force, "--url", daemon.url)

    assert (result.code, result.out, result.err) == (0, "", "")
    assert fifo.is_fifo()
    assert bytes(found) == LONG


def test_a_device_stays_one(fettled: Fettled, daemon: FakeDaemon):
    """
    A terminal is written to by its name, and a PDF is poured over none.

    Seen to fail without the way into what is no file: "is there already".
    """
    daemon.reply("GET", f"{ONE}/export.csv", b"number\n42\n", kind="text/csv")
    master, slave = os.openpty()
    device = os.ttyname(slave)

    shown = fettled(
        *("tickets", "export", "42", "--format", "csv", "--force", "-o", device),
        *("--url", daemon.url),
    )
    refused = fettled("tickets", "export", "42", "--force", "-o", device, "--url", daemon.url)

    has_come, _, _ = select.select([master], [], [], 5)
    drawn = os.read(master, 100) if has_come else b""
    os.close(slave)
    os.close(master)
    assert (shown.code, shown.out, shown.err) == (0, "", "")
    assert drawn == b"number\r\n42\r\n"
    assert refused.code == 2
    assert "a terminal cannot show it" in refused.err


def test_what_can_hold_no_file_is_refused(fettled: Fettled, daemon: FakeDaemon, tmp_path: Path):
    """A socket, a directory, a link in a circle: one sentence, and nobody is asked."""
    circle = tmp_path / "circle"
    circle.symlink_to(circle)

    for target in (daemon.path, tmp_path, circle, tmp_path / "gone" / "a.csv"):
        result = fettled("tickets", "list", "--csv", target, "--force", "--url", daemon.url)
        assert (result.code, daemon.asked) == (2, [])
        assert result.err == (
            f"fettled: {target} is no place for a file: name one in a directory that exists\n"
        )
    assert daemon.path.is_socket()


@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_stays_one(fettled: Fettled, daemon: FakeDaemon, tmp_path: Path, is_there: bool):
    """
    The file behind it is written, as one step, in the file's own directory.

    Seen to fail where the new file takes the link's place.
    """
    daemon.reply("GET", CSV, b"number\r\n", kind="text/csv")
    home = tmp_path / "home"
    home.mkdir()
    if is_there:
        (home / "real.csv").write_text("old")
    link = tmp_path / "link.csv"
    link.symlink_to("home/real.csv")
    force = ("--force",) if is_there else ()

    result = fettled("tickets", "list", "--csv", link, *force, "--url", daemon.url)

    assert (result.code, result.err) == (0, "")
    assert link.is_symlink()
    assert (home / "real.csv").read_bytes() == b"number\r\n"
    assert [each.name for each in home.iterdir()] == ["real.csv"]


def test_a_file_that_is_there_is_told_with_what_the_command_has(
    fettled: Fettled, daemon: FakeDaemon, tmp_path: Path
):
    """`tickets list` has no `-o`, so nobody is sent to it."""
    (tmp_path / "a.csv").write_text("mine")

    refused = fettled("tickets", "list", "--csv", "a.csv", "--url", daemon.url)

    assert refused.code == 2
    assert refused.err == (
        "fettled: a.csv is there already: name another file, or write over it with --force\n"
    )


COMMANDS = {
    "list": ("list", "--csv"),
    "export": ("export", "42", "--format", "csv", "-o"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_reader_that_leaves_is_no_failure(daemon: FakeDaemon, command: tuple[str, ...]):
    """
    `fettled tickets list --csv - | head -1` is quiet and succeeds.

    Seen to fail where every OSError of an exchange is the connection's: "cannot reach ...
    Broken pipe", and 2.
    """
    daemon.reply("GET", CSV, LONG, kind="text/csv")
    daemon.reply("GET", f"{ONE}/export.csv", LONG, kind="text/csv")
    read, write = os.pipe()
    os.close(read)

    done = subprocess.run(
        [*MAIN, "tickets", *command, "-", "--url", daemon.url],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=30,
    )
    os.close(write)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("target", ["-", "/dev/full"])
def test_a_full_disk_is_said_to_be_full(daemon: FakeDaemon, target: str):
    """
    It is the disk that is to blame, and not the daemon, which did answer.

    Seen to fail where every OSError of an exchange is the connection's. Without `--force`,
    so that no broken variant can touch the device.
    """
    daemon.reply("GET", CSV, LONG, kind="text/csv")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*MAIN, "tickets", "list", "--csv", target, "--url", daemon.url],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=30,
        )

    place = "" if target == "-" else f"{target}: "
    assert done.returncode == 2
    assert done.stderr == f"fettled: {place}the disk is full (No space left on device)\n"


def test_a_file_that_cannot_be_finished_is_named_and_leaves_nothing(
    daemon: FakeDaemon, tmp_path: Path
):
    """
    Here the system allows no file that large; what was there is untouched.

    Seen to fail where the name is left out: "File too large" alone.
    """
    daemon.reply("GET", CSV, LONG, kind="text/csv")
    home = tmp_path / "home"
    home.mkdir()
    (home / "a.csv").write_text("old")

    done = subprocess.run(
        [*MAIN, "tickets", "list", "--csv", home / "a.csv", "--force", "--url", daemon.url],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )

    assert (done.returncode, done.stderr) == (2, f"fettled: {home}/a.csv: File too large\n")
    assert [(each.name, each.read_text()) for each in home.iterdir()] == [("a.csv", "old")]


def test_a_file_that_changes_while_it_is_sent_is_to_blame_itself(
    daemon: FakeDaemon, tmp_path: Path
):
    """
    The daemon is not said to be out of reach for it.

    Seen to fail where every OSError of an exchange is the connection's.
    """
    file = tmp_path / "a.txt"
    file.write_bytes(b"short")

    with pytest.raises(OSError, match="became shorter") as told:
        exchange(Address(daemon.path), upload(f"{ONE}/attachments", file, 10, lambda _: None))

    assert str(told.value) == f"{file} became shorter while it was sent"
