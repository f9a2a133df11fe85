from __future__ import annotations

import json
import subprocess
import sys

import pytest

#: What costs 0.1 s or more to import, and is of no use for a small command.
HEAVY = {"pydantic", "sqlalchemy", "alembic", "aiohttp", "apscheduler", "structlog", "uvloop"}


def _modules_after(*args: str) -> tuple[int, set[str]]:
    code = (
        "import json, sys\n"
        "from fettled.cli import main\n"
        f"code = main({list(args)!r})\n"
        "print(json.dumps([code, sorted(sys.modules)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    exit_code, modules = json.loads(done.stdout.splitlines()[-1])
    return exit_code, {name.partition(".")[0] for name in modules}


def test_version_imports_nothing_but_the_standard_library():
    """
    `fettled --version` answers at once, so it loads no library at all.

    Seen to fail with typer imported at the top of fettled.cli.
    """
    code, modules = _modules_after("--version")

    assert code == 0
    assert not modules & (HEAVY | {"typer", "rich", "asyncio", "http", "yaml"})


@pytest.mark.parametrize(
    "args",
    [
        ("--help",),
        ("tickets", "list", "--json", "--url", "unix:/nowhere/at-all"),
        ("health-check", "--url", "http://127.0.0.1:1"),
    ],
    ids=" ".join,
)
def test_small_commands_do_not_pay_for_the_daemon(args: tuple[str, ...]):
    """Asking a daemon by its address loads neither the store nor the HTTP stack."""
    _, modules = _modules_after(*args)

    # typer itself reads arguments by pydantic, so that one cannot be left out.
    assert not modules & ((HEAVY - {"pydantic"}) | {"rich", "yaml"})


def test_python_m_fettled_is_the_same_command():
    """`python -m fettled` prints what `fettled` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "fettled", "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    assert done.stdout.startswith("fettled ")
