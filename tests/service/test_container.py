"""The Dockerfile's structure; building it needs an engine, which tests cannot count on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def instructions() -> list[tuple[str, str]]:
    """Read the Dockerfile as (instruction, rest), with continued lines joined."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def of(name: str) -> list[str]:
    """What follows each instruction called *name*."""
    return [rest for word, rest in instructions() if word == name]


@pytest.mark.parametrize("name", ["RUN", "ENTRYPOINT", "CMD"])
def test_every_command_is_in_exec_form(name: str) -> None:
    """No shell: PID 1 is the daemon itself and gets SIGTERM."""
    assert of(name)
    for command in of(name):
        assert all(isinstance(word, str) for word in json.loads(command))


def test_it_runs_as_a_numeric_user_that_is_not_root() -> None:
    """The last USER holds, is a number, and comes after everything that needs root."""
    assert of("USER") == ["10001:10001"]
    words = [word for word, _ in instructions()]
    assert words.index("USER") > max(n for n, word in enumerate(words) if word in {"RUN", "COPY"})


def test_the_health_check_is_the_clis_own() -> None:
    """Exec form, no curl in the image."""
    (check,) = of("HEALTHCHECK")
    options, _, command = check.partition(" CMD ")
    assert "--interval=" in options
    assert json.loads(command) == ["/opt/fettled/bin/fettled", "health-check"]


def test_nothing_is_fetched_but_by_hash() -> None:
    """No ADD, no curl or wget; what pip takes from an index is in the lock with hashes."""
    text = (ROOT / "Dockerfile").read_text()
    assert not re.search(r"^ADD\b|\bcurl\b|\bwget\b|https?://|--index-url", text, re.MULTILINE)
    installs = [json.loads(run) for run in of("RUN") if '"install", "--no-cache' in run]
    assert installs
    for install in installs:
        assert "--require-hashes" in install or "--no-index" in install


def test_the_state_is_a_volume_and_two_stages_keep_the_tools_out() -> None:
    """The database survives the container, and the final stage copies only the environment."""
    assert json.loads(of("VOLUME")[0]) == ["/var/lib/fettled"]
    assert len(of("FROM")) == 2
    copies = of("COPY")
    assert copies[-1] == "--from=build /opt/fettled /opt/fettled"


def test_the_build_sees_only_what_it_copies() -> None:
    """An allow list: a database or a secret beside the sources cannot get into a layer."""
    ignore = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] != "#"]
    assert ignore[0] == "*"
    allowed = {line[1:] for line in ignore if line.startswith("!")}
    sources = {
        name
        for copy in of("COPY")
        if not copy.startswith("--from")
        for name in copy.removesuffix(" ./").removesuffix(" ./src").split()
    }
    assert sources == allowed
