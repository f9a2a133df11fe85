"""What is no configuration at all is refused in one sentence, soon, and in little memory."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import fettled
from fettled.config.loader import load
from fettled.core.errors import ConfigError

SOURCE = Path(fettled.__file__).parents[1]
#: Address space of the child; importing the loader takes about a third of it.
MEMORY = 700 * 1024 * 1024
CPU_SECONDS = 20

CHILD = """
import resource, sys, time
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
from fettled.config.loader import load
from fettled.core.errors import ConfigError
start = time.process_time()
try:
    load(sys.argv[1], {{}})
except ConfigError as error:
    print(time.process_time() - start)
    print(error)
"""

BOMBS = {
    "a billion laughs": "a: &a ["
    + "x, " * 9
    + "x]\n"
    + "".join(
        f"{b}: &{b} [" + f"*{a}, " * 9 + f"*{a}]\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "laughs in merged mappings": "a: &a {x: ["
    + "y, " * 99
    + "y]}\n"
    + "".join(
        f"{b}: &{b} {{<<: [" + f"*{a}, " * 9 + f"*{a}], {b}: *{a}}}\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "one long list named often": "a: &a [" + "x, " * 9999 + "x]\nb: [" + "*a, " * 9999 + "*a]\n",
    "brackets": "a: " + "[" * 4_000_000,
    "dashes": "- " * 2_000_000,
    "a circle": "a: &a\n  b: &b [*a, *b]\n",
}


def load_in_child(path: Path) -> tuple[float, str]:
    """Load *path* in a process of limited memory; CPU seconds it took, and what it said."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD.format(memory=MEMORY), str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS)),
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seconds, _, message = done.stdout.partition("\n")
    return float(seconds), message.strip()


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_within_a_second_of_work_and_little_memory(
    bomb: str, tmp_path: Path
) -> None:
    """
    Aliases are counted before they are expanded, and depth before it is followed.

    Seen to fail with the aliases' budget removed, and with the depth's limit removed.
    """
    path = tmp_path / "bomb.yaml"
    path.write_text(BOMBS[bomb])

    seconds, message = load_in_child(path)

    assert seconds < 1
    assert len(message.splitlines()) == 1
    assert "bomb.yaml:" in message
    assert "nested more than 40" in message or "alias" in message


@pytest.mark.parametrize(
    "garbage",
    {
        "more values than any fleet": "targets: [" + "a," * 2_000_000 + "a]",
        "keys that nobody knows": "".join(f"k{i}: v\n" for i in range(150_000)),
        "targets that are none": "targets:\n" + "".join(f"- {i}\n" for i in range(150_000)),
        "the same key again and again": "a: b\n" * 500_000,
    }.items(),
    ids=lambda item: item[0],
)
def test_garbage_that_parses_is_refused_in_bounded_memory(
    garbage: tuple[str, str], tmp_path: Path
) -> None:
    """Only so many faults are worked out and told; the rest is a number or left out."""
    path = tmp_path / "garbage.yaml"
    path.write_text(garbage[1])

    _, message = load_in_child(path)

    assert 0 < len(message.splitlines()) <= 201


def test_ten_megabytes_are_refused_without_being_parsed(tmp_path: Path) -> None:
    """The size is looked at first."""
    path = tmp_path / "large.yaml"
    path.write_bytes(b"targets: [" + b"a," * 5_000_000 + b"]")

    seconds, message = load_in_child(path)

    assert seconds < 1
    assert message == (
        f"{path}: is larger than 8 MiB; split the targets into files and name them by include:"
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", ": is empty; start from config.example.yaml"),
        (b" \n\n", ": is empty; start from config.example.yaml"),
        (b"# nothing\n", ":1:1: holds nothing but comments; start from config.example.yaml"),
        (b"\x7fELF\x00\x00", ": is a binary file; the configuration is YAML text"),
        (b"log: {}\nx: \xff", ":2: is not UTF-8 text; save the file in the encoding UTF-8"),
        ("log: {}\nå: \x01".encode(), ":2:4: is a control character; remove it"),
        (b"- a\n", ":1:1: is not a mapping; begin with keys such as server:, store: and targets:"),
    ],
)
def test_what_is_no_yaml_text_gets_one_sentence(
    content: bytes, sentence: str, tmp_path: Path
) -> None:
    """Each sentence names the file, what it is, and the cure."""
    path = tmp_path / "fettled.yaml"
    path.write_bytes(content)

    with pytest.raises(ConfigError) as caught:
        load(path, {})

    assert str(caught.value) == f"{path}{sentence}"


def test_a_path_that_is_no_file_gets_one_sentence(tmp_path: Path) -> None:
    """
    A directory, a pipe (which must not be waited for), a socket, a device, nothing at all.

    Seen to hang at the pipe without O_NONBLOCK.
    """
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        said = {}
        for name in (
            tmp_path,
            tmp_path / "pipe",
            tmp_path / "socket",
            Path("/dev/zero"),
            tmp_path / "no",
            tmp_path / "pipe/x",
            Path("x\0y"),
        ):
            with pytest.raises(ConfigError) as caught:
                load(name, {})
            said[name.name] = str(caught.value).removeprefix(f"{name}: ")

    assert said == {
        tmp_path.name: "is a directory; name the YAML file in it",
        "pipe": "is not a regular file; copy it to one",
        "socket": "cannot be read: No such device or address",
        "zero": "is not a regular file; copy it to one",
        "no": "does not exist; correct its name",
        "x": "does not exist; correct its name",
        "x\0y": "cannot be read: its name is not valid",
    }


def test_a_file_of_somebody_else_gets_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs the tests may be root, who may read everything; so the kernel's no is played."""
    path = tmp_path / "fettled.yaml"
    path.touch(0o600)

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(ConfigError) as caught:
        load(path, {})

    assert str(caught.value) == (f"{path}: may not be read by this user; change its owner or mode")
